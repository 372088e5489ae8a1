// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

namespace CLI {
class App;
}

namespace dbgscope {

void declare_doctor(CLI::App &app);

/// `doctor [CHECK...]`: the table of findings on stdout, or JSON. The value is 0, or 1 when something is warned of or
/// wrong. Errors: usage, for a check there is none of, a bad port, or a check named without the option it works on.
[[nodiscard]] Result<int> doctor_verb(const CLI::App &parsed, const Invocation &invocation);

} // namespace dbgscope
