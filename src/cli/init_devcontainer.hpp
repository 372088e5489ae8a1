// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

namespace CLI {
class App;
}

namespace dbgscope {

struct InitCall;

/// `init devcontainer [DIR]`: the folder's devcontainer.json. One that is not there is not made up. Errors: usage,
/// not_found (there is none), config (several, or one that cannot be edited safely), denied, refused.
[[nodiscard]] Result<int> init_devcontainer(const InitCall &call, const CLI::App &parsed, const Invocation &invocation);

} // namespace dbgscope
