// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// The memory of the process' cgroup as one line of JSON: path, version, and what its control files say: limits and
/// usage in bytes (null: there is no such file; "infinity"), the lines of memory.stat and memory.events as numbers,
/// memory.pressure as text. Errors: as of a process that has gone; not_found (no cgroup that accounts memory is
/// visible here).
[[nodiscard]] Result<std::string> cgroup_json(pid_t pid);

/// Why the process' threads do not run on now, for the summary of a snapshot; empty: by no doing of its cgroup.
[[nodiscard]] std::string_view standstill_by_cgroup(pid_t pid);

} // namespace dbgscope
