// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace dbgscope {

void declare_history(CLI::App &app);
/// 1: --drift, and something has drifted.
[[nodiscard]] Result<int> history_verb(const CLI::App &parsed, const Invocation &invocation);

} // namespace dbgscope
