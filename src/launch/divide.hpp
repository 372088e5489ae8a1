// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/session.hpp"
#include "launch/say.hpp"

// Split: the scope's cgroup gets children, so that the debuggee's limit is not the debugger's.
namespace dbgscope {

/// Makes `debugger` below the open directory `scope` (at `path`) and moves this process there, which must have one
/// thread. Errors: cgroup_error's.
[[nodiscard]] Result<void> enter_debugger_leaf(int scope, const std::string &path, int version);
/// The same of a debuggee's cgroup that is there.
[[nodiscard]] Result<void> enter_debuggee(const SessionPlace &place);

/// v2, systemd: the watcher lives in `watch`. Errors: cgroup_error's.
[[nodiscard]] Result<void> place_watcher(int scope, const std::string &path, pid_t watcher);

/// Makes `debuggee` with its limits and gives the debugger its own; on v2 `scope` may hold no process any more (the
/// no-internal-process rule). Errors: cgroup_error's; the scope's own limit holds as before then.
[[nodiscard]] Result<void> divide(int scope, const std::string &path, const Division &division, const Say &say);

/// One control file; a missing optional one is said. `directory` is open, `path` its name for people.
[[nodiscard]] Result<void> write_limit(int directory, const std::string &path, const CgroupWrite &write,
                                       const Say &say);

} // namespace dbgscope
