// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/facts.hpp"
#include "dbgscope/request.hpp"
#include "plan/watch.hpp"

namespace dbgscope {

/// What takes programs in the kernel can be had (-Dbpf).
[[nodiscard]] bool built_with_bpf();

/// What of the debuggee's allocations is told (`alloc.*`), into `plan.watch`; and why not, where it has no effect: a
/// session without a cgroup of its own, a dbgscope `with_bpf` false. Whether the kernel lets us see it turns out when
/// it is tried.
void plan_alloc(const Facts &facts, const Request &request, WatchPlan &plan, bool with_bpf = built_with_bpf());

} // namespace dbgscope
