// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace dbgscope {

void declare_report(CLI::App &app);
[[nodiscard]] Result<int> report_verb(const CLI::App &parsed, const Invocation &invocation);

} // namespace dbgscope
