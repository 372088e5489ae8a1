// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"
#include "plan/scope.hpp"

namespace dbgscope {

/// A memory limit that systemd takes, or may leave out, other than MemoryMax: "MemoryHigh", "MemoryZSwapMaxScale".
[[nodiscard]] bool is_memory_limit(std::string_view property);

/// systemd takes MemoryHigh=, MemoryLow=, MemoryMin=, MemorySwapMax= and MemoryZSwapMax= on cgroup v1 too, and nothing
/// comes of them: one notice for each that somebody asked for. `split`: the debuggee's swap is limited all the same.
/// Errors: limit, under --require=limit.
[[nodiscard]] Result<std::vector<Notice>> lost_on_v1(const Facts &facts, const Request &request,
                                                     const PropertyWishes &wishes, bool split);

} // namespace dbgscope
