// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/profile.hpp"
#include "sys/inherited.hpp"

namespace dbgscope {

/// One start of the program. `arguments` is argv with the program's name first.
struct Invocation {
    std::vector<std::string> arguments;
    std::vector<std::string> environment; ///< "NAME=VALUE" as in environ
    Inherited inherited;                  ///< what is given back to the program that is started
    Settings given = {};                  ///< by options before a verb with options of its own
};

/// Runs one invocation; the value is the exit status. A launch returns only when it failed.
[[nodiscard]] Result<int> run_cli(const Invocation &invocation);

} // namespace dbgscope
