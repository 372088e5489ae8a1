// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"

namespace dbgscope {

/// What the debuggee's Go runtime is told, and why.
struct GoEnvironment {
    std::vector<EnvChange> changes; ///< GOMEMLIMIT, GODEBUG
    std::string reason;             ///< one sentence for the plan; empty when nothing is set
    std::vector<Notice> notices;
};

/// GOMEMLIMIT and GODEBUG to fit `cap` (nothing: no cap) and the debuggee's Go version.
/// Errors: usage (a malformed --go-memlimit).
[[nodiscard]] Result<GoEnvironment> plan_go_environment(const Facts &facts, const Request &request,
                                                        std::optional<Limit> cap);

/// The variable as the launched process would inherit it: --setenv over the caller's environment.
[[nodiscard]] std::optional<std::string> inherited(const Request &request, std::string_view name);

} // namespace dbgscope
