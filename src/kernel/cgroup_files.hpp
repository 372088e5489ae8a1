// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "dbgscope/bytes.hpp"

// What the control files of a cgroup are called in both versions. No I/O.
// Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst.
namespace dbgscope {

/// What a control file is for. Some exist in one version only.
enum class CgroupFile : std::uint8_t {
    limit,           ///< beyond it the kernel reclaims, then kills
    high,            ///< v2: beyond it the kernel reclaims and slows down
    low,             ///< v2: below it nothing is taken while others have something
    min,             ///< v2: below it nothing is taken at all
    swap_limit,      ///< v2: of swap alone
    both_limit,      ///< v1: of memory and swap together; only with swap accounting, never below `limit`
    usage,           ///< bytes charged now
    kernel_usage,    ///< v1: of that what the kernel itself holds; v2 has it in `stat`
    peak,            ///< the highest they were; v2: since 5.19
    swap_usage,      ///< v2
    stat,            ///< lines of KEY VALUE
    events,          ///< v2: counts of what the limits led to, of this cgroup and its children
    events_local,    ///< v2: of this cgroup alone, since 5.2
    failures,        ///< v1: how often `limit` was hit
    both_failures,   ///< v1: how often `both_limit` was hit
    oom_control,     ///< v1: "1" keeps the killer out, what allocates waits; also counts the kills
    event_control,   ///< v1: registers an eventfd
    pressure,        ///< v2: stalls for memory (PSI)
    procs,           ///< pids of the processes in it; writing one moves it here
    enter,           ///< for a process of one thread that moves itself: v1's `tasks` does not wait for an RCU grace
                     ///< period (5 to 8 ms measured), cgroup.procs does (cgroup_procs_write_start); v2 has no such file
    freeze,          ///< v2: since 5.2
    kill,            ///< v2: since 5.14
    state,           ///< v2: populated, frozen; not in the hierarchy's own root
    type,            ///< v2: not in the hierarchy's own root
    release_agent,   ///< v1: in the hierarchy's own root alone
    controllers,     ///< v2: what may be enabled for children
    subtree_control, ///< v2: what is
    tasks_limit,     ///< v2; v1 has it in another hierarchy
    cpu_weight,      ///< v2; v1 has cpu.shares in another hierarchy
    cpu_idle,        ///< v2: since 5.15
    cpu_limit,       ///< v2: µs in each period; v1 has two files in another hierarchy
    io_weight,       ///< v2; v1 has blkio's in another hierarchy
};

/// The file's name in the hierarchy of that version; empty: it has none. Any version but 1 is 2.
[[nodiscard]] const char *file_name(CgroupFile file, int version);

[[nodiscard]] bool has_file(CgroupFile file, int version);

/// As a control file of that version wants a limit: bytes; "max" (v2), "-1" (v1).
[[nodiscard]] std::string control_text(Limit limit, int version);

} // namespace dbgscope
