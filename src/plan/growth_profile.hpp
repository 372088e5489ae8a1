// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dbgscope/facts.hpp"
#include "dbgscope/request.hpp"
#include "plan/watch.hpp"

namespace dbgscope {

/// Whether it is sampled who grows the debuggee's memory (`--growth-profile`), into `plan.watch`; and why not, where
/// somebody may have expected it. Never of Go: its heap profile names who holds the memory, which is the answer there.
/// auto: where split is and the debuggee has a cap. on: where split is.
void plan_growth_profile(const Facts &facts, const Request &request, WatchPlan &plan);

/// A few hundred samples for a program that fills its cap, but no more than cost little.
[[nodiscard]] std::uint64_t growth_period(Limit cap);

} // namespace dbgscope
