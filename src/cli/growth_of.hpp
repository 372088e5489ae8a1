// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// Samples for the watcher who grows a debuggee's memory: watch/growth_sampler.hpp has what it is given.
[[nodiscard]] Result<int> growth_of(const std::vector<std::string> &words);

} // namespace dbgscope
