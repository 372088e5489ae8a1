// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// What the watcher starts when the fuse trips (watch/holders.hpp). A reason why nothing can be told is no news to
/// anybody then, but for a snapshot that somebody wants.
[[nodiscard]] Result<int> held_by(const std::vector<std::string> &words);

/// What it starts once a Go program has grown: where its collector's state lies.
[[nodiscard]] Result<int> gc_places_of(const std::vector<std::string> &words);

} // namespace dbgscope
