// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dbgscope/facts.hpp"
#include "dbgscope/request.hpp"
#include "plan/watch.hpp"

namespace dbgscope {

/// Whether the watcher switches the debuggee's own heap profile on (`--heap-profile`), into `plan.watch`; and why not,
/// where somebody may have expected it. auto: where split is, the debuggee is Go and has a cap. on: where split is.
/// Where the watcher may not and dlv may: `plan.init`.
void plan_heap_profile(const Facts &facts, const Request &request, WatchPlan &plan);

/// plan_heap_profile's step before the Execute step, and dlv's --init in that.
void add_init_file(const std::optional<Step> &init, Execute &execute, std::vector<Step> &steps);

/// A thousand samples for a program that fills its cap, but not more often than each 128 KiB, which costs, and not more
/// seldom than the runtime's own 512 KiB; a power of two.
[[nodiscard]] std::uint64_t heap_profile_rate(Limit cap);

} // namespace dbgscope
