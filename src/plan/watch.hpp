// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"
#include "plan/backend.hpp"
#include "plan/budget.hpp"
#include "plan/scope.hpp"

namespace dbgscope {

/// Below this the fuse line and the cap are too close: 8 MiB apart a throttled program passes both before it is held.
inline constexpr std::uint64_t kSmallestFusedCapBytes = 64 * kMiB;

/// The watcher of one backend's plan: what it is told, and the two cgroups of split.
struct WatchPlan {
    std::optional<Watch> watch;       ///< nothing: no watcher. `session` and `command` are the caller's to fill
    std::string reason;               ///< of the StartWatcher step
    std::optional<Division> division; ///< set when watch->split
    std::optional<Step> debugger_score;
    std::optional<Step> init; ///< the WriteInitFile step
    std::vector<Notice> notices;
    std::vector<Notice> left_out;
};

/// Decides watcher, split, fuse, reaction to pressure and the oom scores for one way of making the scope.
/// Errors: usage (--wait beside --no-watch), unsupported (--require=split or fuse, and it cannot be had).
[[nodiscard]] Result<WatchPlan> plan_watch(const Facts &facts, const Request &request, const Budget &budget,
                                           const PropertyWishes &wishes, const BackendOption &option);

} // namespace dbgscope
