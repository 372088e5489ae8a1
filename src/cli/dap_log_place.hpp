// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"

namespace dbgscope {

/// `--dap-log` of a launch: a FILE is made absolute, as the debugger may change its directory first; the place of the
/// sessions' own logs is named in the request. Not asked for: nothing is done.
void place_dap_log(Request &request);

/// Where a log of the session's own is going to be kept: makes that place, and room in it. What cannot be made is told
/// when the log itself cannot be.
void make_room_for_dap_log(const Request &request, const LaunchPlan &plan);

} // namespace dbgscope
