// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"
#include "plan/backend.hpp"
#include "plan/budget.hpp"
#include "plan/watch.hpp"

// A debug session where no cgroup can be made: in most containers.
namespace dbgscope {

struct Obstacle {
    std::string why;         ///< empty: there is none
    bool unforeseen = false; ///< a property of this machine or tool that nobody chose, and nothing else speaks of
};
/// Why the seccomp filter that tells of debuggees cannot be installed.
[[nodiscard]] Obstacle filter_obstacle(const Facts &facts, const Request &request);

/// Whether debuggees are watched all the same: not where nothing was asked for but the environment (--backend=none).
[[nodiscard]] bool watched_without_cgroup(const Request &request);

/// `watch` for such a session: what it shares with others, and the soft fuse. `obstacle`: why the filter cannot be
/// installed; empty: it can.
void plan_without_cgroup(const Facts &facts, const Request &request, const Budget &budget, const std::string &obstacle,
                         WatchPlan &plan);

/// The same of a command under `run`, which is its own debuggee where it is to leave a snapshot.
void plan_command_without_cgroup(const Facts &facts, const Request &request, WatchPlan &plan);

/// What is said at the start: of all limits one line, with what was asked for, what is in force, and whose it is.
[[nodiscard]] std::vector<Notice> without_cgroup_notices(const Facts &facts, const Request &request,
                                                         const Budget &budget, const BackendChoice &choice,
                                                         const WatchPlan &watch);

} // namespace dbgscope
