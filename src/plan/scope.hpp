// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"
#include "plan/budget.hpp"

namespace dbgscope {

struct WatchPlan;

/// What `-p` asked for, sorted by who applies it.
struct PropertyWishes {
    std::vector<ScopeProperty> scope;   ///< in the order given
    std::vector<Step> steps;            ///< rlimits, nice, … applied by dbgscope before exec
    std::vector<EnvChange> environment; ///< -p Environment=
};

/// Reads every `property` setting. Errors: usage.
[[nodiscard]] Result<PropertyWishes> read_properties(const Request &request);

/// The memory, CPU, IO and task limits among `settings` as properties of a unit; memory.max is MemoryMax.
[[nodiscard]] std::vector<ScopeProperty> resource_properties(const Settings &settings);

/// The transient scope. Errors: usage (unit or slice name).
[[nodiscard]] Result<CreateScope> plan_scope(const Facts &facts, const Request &request, const Budget &budget,
                                             const PropertyWishes &wishes, bool user_manager, const WatchPlan &watch);

/// The directory of the cgroupfs backend. `ignored` receives a sentence for each setting it has no file for.
[[nodiscard]] Result<CreateCgroup> plan_cgroup(const Facts &facts, const Request &request, const Budget &budget,
                                               const PropertyWishes &wishes, const WatchPlan &watch,
                                               std::vector<std::string> &ignored);

} // namespace dbgscope
