// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/request.hpp"
#include "plan/watch.hpp"

// `on:`: what an event leads to besides what the watcher does anyway.
namespace dbgscope {

/// pressure.watch, or what on.pressure asks for where that is more; whatever is to be done, it is to be said.
[[nodiscard]] std::string pressure_word(const Settings &settings);

/// fuse.action, or what on.growth asks for where that is more.
[[nodiscard]] std::string fuse_word(const Settings &settings);

/// An event may lead to less CPU time for the debuggee, so that it has to be scheduled as one.
[[nodiscard]] bool lowers_weight(const Watch &watch);

/// The lists, into `plan.watch`, after everything else of it was decided. What cannot happen here is said; `no_weight`:
/// why the debuggee cannot be given less CPU time, or empty.
void plan_reactions(const Settings &settings, const std::string &no_weight, WatchPlan &plan);

} // namespace dbgscope
