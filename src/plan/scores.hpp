// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/watch.hpp"

namespace dbgscope {

/// oom_score_adj of debugger and debuggee, into `plan`. The debuggee's is the share of the machine that its cap is, in
/// thousandths, at most what the built-in setting says, and above the debugger's; one that somebody asked for is taken
/// as it is.
void plan_scores(const Facts &facts, const Request &request, const Budget &budget, const PropertyWishes &wishes,
                 WatchPlan &plan);

} // namespace dbgscope
