// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace dbgscope {

/// Closes every descriptor from `first` on but those of `keep`, which are in ascending order and not below `first`. For
/// a child between fork and its own work. Without close_range(2) (before Linux 5.9): up to 65535.
void close_all_but(int first, std::span<const int> keep);

} // namespace dbgscope
