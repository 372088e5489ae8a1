// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// Watches a debuggee's allocations for the watcher: watch/alloc_watcher.hpp has what it is given.
[[nodiscard]] Result<int> alloc_of(const std::vector<std::string> &words);

} // namespace dbgscope
