// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "dbgscope/facts.hpp"
#include "probe/sys_root.hpp"

namespace dbgscope {

/// Fills facts.cgroup.system_place or user_place: the memory chain down to `slice` of that manager (empty: where it
/// puts a scope by default). A slice that does not run yet has no cgroup: the manager is asked for its MemoryMax then,
/// and only then. Facts of cgroup and systemd must be there. A user manager limits no memory on cgroup v1: its place is
/// our own.
void probe_place(const SysRoot &root, bool user_manager, std::string_view slice, Facts &facts);

} // namespace dbgscope
