// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"

namespace dbgscope {

/// Decides everything about one launch. Pure: the same facts and request give the same plan.
/// Errors: not_found / not_executable (the tool or command), limit, refused, usage, unsupported (under --require).
[[nodiscard]] Result<LaunchPlan> make_plan(const Facts &facts, const Request &request);

} // namespace dbgscope
