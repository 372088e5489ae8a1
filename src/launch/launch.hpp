// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"
#include "launch/say.hpp"
#include "launch/watcher_link.hpp"
#include "sys/inherited.hpp"

namespace dbgscope {

/// carry_out() comes back only with one of these.
struct Outcome {
    Error error;                       ///< meaningful without `watcher`: the launch has failed
    std::optional<WatchStart> watcher; ///< this process is the session's watcher now: free everything, then watch
};

/// Carries the plan out; after the last step the process has become the command. Returns on failure, and in the watcher
/// the plan asks for. `inherited` is given back to the command. `environment` is the command's before the plan's
/// changes, "NAME=VALUE". The process must have one thread. plan.notices are the caller's to say; those of a fallback
/// that is taken are said here, and so is the announcement. On failure the process is back in the cgroup it came from
/// and what was made is removed, unless the credentials for that were given up already: then the next start's sweep
/// does it. Errors: no_command and not_executable are about the command alone (exit status 127, 126); all others are
/// ours (125).
[[nodiscard]] Outcome carry_out(const LaunchPlan &plan, const std::vector<std::string> &environment, const Say &say,
                                Inherited inherited = {});

} // namespace dbgscope
