// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace dbgscope {

void declare_top(CLI::App &app);
/// 0, or 128 and the signal that ended it.
[[nodiscard]] Result<int> top_verb(const CLI::App &parsed, const Invocation &invocation);

} // namespace dbgscope
