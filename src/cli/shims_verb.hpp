// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

namespace CLI {
class App;
}

namespace dbgscope {

void declare_shims(CLI::App &app);

/// Makes links named after debuggers that lead to this program, or takes them away. Exit status 1: some could not be
/// made. Errors: usage, denied, system.
[[nodiscard]] Result<int> shims_verb(const CLI::App &parsed, const Invocation &invocation);

} // namespace dbgscope
