// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "watch/parting.hpp"

namespace dbgscope {

/// Ends what the debugger left behind in its own and the debuggee's cgroup, with SIGKILL, until nothing is left or
/// `patience` is over, but for who lives on by `rules`. Returns whether nothing but those is left.
bool kill_leftovers(const OpenSession &session, const PartingRules &rules, bool use_cgroup_kill,
                    std::chrono::milliseconds patience);

/// Removes the cgroups inside the scope, and of a plain cgroup the scope itself. What still holds processes after
/// `patience` stays.
void remove_cgroups(const OpenSession &session, std::chrono::milliseconds patience);

/// Removes the directories of a launch that was killed while it made them; its process leaves them as it ends.
void remove_abandoned(const SessionPlace &place, std::chrono::milliseconds patience);

} // namespace dbgscope
