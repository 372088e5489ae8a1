// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the kernel's out-of-memory killer writes to its log: the only place that names the victim and its size.
namespace dbgscope {

/// One victim. Pids are of the initial pid namespace: in a container they are not those of /proc.
struct OomKill {
    int pid = 0;
    std::string name;          ///< comm, at most 15 bytes, unescaped
    std::uint64_t bytes = 0;   ///< anon-rss + shmem-rss of its "Killed process" line
    bool sized = false;        ///< that line has been seen
    bool machine_wide = false; ///< global_oom: no cgroup's limit
    bool nodes_only = false;   ///< a cpuset or a memory policy: only the NUMA nodes it may use were full
    bool scope_known = true;   ///< false: the lines that say whose memory ran out were not logged
    /// machine_wide: who else had the most, where the kernel logged its table of processes. Empty: unknown, or itself.
    std::string largest_name;
    std::uint64_t largest_bytes = 0;
    /// From the root of the hierarchy, not of our namespace. Empty: not logged (the kernel limits that part to ten
    /// kills in five seconds).
    std::string limit_cgroup, victim_cgroup;
};

/// The text of one /dev/kmsg record (Documentation/ABI/testing/dev-kmsg) with \xNN resolved. Nothing when it is
/// malformed, or when a process wrote it: those have a facility other than 0.
[[nodiscard]] std::optional<std::string> kmsg_text(std::string_view record);

/// Cheap: false says that take_oom_line() would do nothing with it.
[[nodiscard]] bool may_be_oom_line(std::string_view text);

/// Takes one line of text in, of kernels before 5.1 too; kills already in `kills` (same pid, not sized yet) are
/// completed, new ones added. At most 64 are kept; the oldest goes first. Lines about anything else do nothing.
void take_oom_line(std::string_view text, std::vector<OomKill> &kills);

} // namespace dbgscope
