// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// `notify-desktop SESSION`, which the watcher starts at a hold or a kill (watch/desktop.hpp). It shows what it reads,
/// one notification that is replaced, and gives the session more when a person asks for that there.
[[nodiscard]] Result<int> notify_desktop(const std::vector<std::string> &words);

} // namespace dbgscope
