// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

namespace CLI {
class App;
}

namespace dbgscope {

void declare_explain(CLI::App &app);

/// Says what happened according to a log. Exit status 0: something is known about it, 1: nothing.
/// Errors: usage, and those of LogReader::open.
[[nodiscard]] Result<int> explain_verb(const CLI::App &parsed, const Invocation &invocation);

} // namespace dbgscope
