// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/request.hpp"
#include "plan/watch.hpp"

namespace dbgscope {

/// Whether the watcher keeps a recording (`--record`), into `plan.watch`. `auto`: of debuggers that start a program.
/// Without a watcher there is none, which is said where it was asked for.
void plan_recording(const Request &request, WatchPlan &plan);

} // namespace dbgscope
