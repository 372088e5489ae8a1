// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/facts.hpp"
#include "dbgscope/request.hpp"
#include "plan/watch.hpp"

namespace dbgscope {

/// `--rlimit-data`, into `plan.watch->around`: only where no cgroup can be made, since a cgroup counts what is used,
/// not what is mapped. Says why it has no effect where a size was asked for. After plan_without_cgroup().
void plan_data_limit(const Facts &facts, const Request &request, WatchPlan &plan);

/// Where there is no watcher, for `why`: whoever asked for it on the command line is told.
void note_no_data_limit(const Request &request, const std::string &why, WatchPlan &plan);

/// "; hard cap: each debuggee may map 640M (--rlimit-data)", or empty.
[[nodiscard]] std::string data_limit_words(const Request &request, const Watch &watch);

} // namespace dbgscope
