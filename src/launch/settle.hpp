// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "dbgscope/plan.hpp"
#include "launch/say.hpp"
#include "launch/watcher_link.hpp"

namespace dbgscope {

/// Inside a scope systemd has made, with `watcher` in it too: finds its directories from /proc/self/cgroup, moves the
/// watcher into `watch` and, where the plan divides, this process into `debugger`. What cannot be done is said once and
/// left out; the scope's own limit holds in any case.
[[nodiscard]] SessionPlace settle_in_scope(const CreateScope &scope, pid_t watcher, const Say &say);

} // namespace dbgscope
