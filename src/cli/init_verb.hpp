// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

namespace CLI {
class App;
}

namespace dbgscope {

void declare_init(CLI::App &app);

/// `init TOOL [DIR]`: what makes a tool start its debugger through dbgscope. stdout gets a unified diff of the files it
/// would change, or the text to paste; with --write the files are changed. Errors: usage, config (a file that cannot be
/// edited safely), not_found (no link named dlv, under --write), denied, refused (a file changed meanwhile).
[[nodiscard]] Result<int> init_verb(const CLI::App &parsed, const Invocation &invocation);

} // namespace dbgscope
