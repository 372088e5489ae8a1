// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "dbgscope/alloc_thresholds.hpp"

namespace dbgscope {

struct AllocPlace {
    std::string directory; ///< of the cgroup, in the hierarchy that carries memory
    int version = 0;       ///< of that
};

/// Tells what passes a threshold in that cgroup and those below it, by AllocLines' rules, first what cannot be seen.
/// Sleeps while nothing of the kind happens. Each byte on `nudges` says that a process is new there; it ends with the
/// last other end of that, or with the cgroup.
void serve_allocs(const AllocPlace &place, const AllocThresholds &asked, int nudges,
                  const std::function<void(std::string_view)> &say);

} // namespace dbgscope
