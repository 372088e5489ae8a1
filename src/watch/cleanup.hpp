// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <set>

#include "watch/open_session.hpp"

namespace dbgscope {

/// Ends what the debugger left behind in its own and the debuggee's cgroup, with SIGKILL, until nothing is left or
/// `patience` is over. A process whose pid, process group, session or parent is in `detached` is meant to live.
/// Returns whether nothing but those is left.
bool kill_leftovers(const OpenSession &session, const std::set<pid_t> &detached, bool use_cgroup_kill,
                    std::chrono::milliseconds patience);

/// Removes the cgroups inside the scope, and of a plain cgroup the scope itself. What still holds processes after
/// `patience` stays.
void remove_cgroups(const OpenSession &session, std::chrono::milliseconds patience);

/// Removes the directories of a launch that was killed while it made them; its process leaves them as it ends.
void remove_abandoned(const SessionPlace &place, std::chrono::milliseconds patience);

} // namespace dbgscope
