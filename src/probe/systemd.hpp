// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "dbgscope/facts.hpp"
#include "kernel/reader.hpp"
#include "probe/sys_root.hpp"

namespace dbgscope {

/// Is systemd the init system, and how its managers are reached: the private socket (path) and the bus (address
/// or path).
/// `cgroup` must have been probed: the user manager's controllers are read from its cgroup2 directory; without v2
/// memory the list has no "memory", which is the truth about what such a manager enforces.
void probe_systemd(Reader &reader, const SysRoot &root, const CgroupFacts &cgroup, SystemdFacts &systemd);

/// The version of the running manager, asked over its socket with a deadline of 2 s: not for the launch path, which
/// asks for no version at all. Under a SysRoot that is not the real machine: unknown.
void probe_systemd_version(const SysRoot &root, SystemdFacts &systemd);

/// MemoryMax of a slice, which the manager loads for that where it is not running. Unknown: the manager does not say.
[[nodiscard]] Fact<Limit> ask_slice_limit(const SystemdFacts &systemd, bool user_manager, std::string_view slice);

/// "252.39-1~deb12u1" → 252; nothing when it does not start with a number.
[[nodiscard]] Fact<int> parse_systemd_version(std::string_view text);

} // namespace dbgscope
