// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"

// What the process does to itself before exec: none of this is a scope property (systemd.scope(5)).
namespace dbgscope {

/// Writes /proc/self/oom_score_adj. Below the value in force it needs CAP_SYS_RESOURCE: denied.
[[nodiscard]] Result<void> set_oom_score(int value);

/// RLIMIT_* number of a name as prlimit(1) and systemd write it without their prefix: "NOFILE", "AS".
[[nodiscard]] std::optional<int> rlimit_number(std::string_view name);
/// Errors: usage (unknown name, soft above hard), denied (hard above the one in force without CAP_SYS_RESOURCE).
[[nodiscard]] Result<void> set_rlimit(const SetRlimit &wanted);

/// setpriority(2) of the process. Errors: denied.
[[nodiscard]] Result<void> set_nice(int value);

/// PR_SET_THP_DISABLE of prctl(2) for this process and all that comes of it; Linux 3.15. Errors: system.
[[nodiscard]] Result<void> no_huge_pages();

/// chdir(2). Errors: denied, not_found, system.
[[nodiscard]] Result<void> change_directory(const std::string &path);

/// Applies the changes in order to "NAME=VALUE" strings; every earlier occurrence of a name goes away.
void change_environment(const std::vector<EnvChange> &changes, std::vector<std::string> &environment);

} // namespace dbgscope
