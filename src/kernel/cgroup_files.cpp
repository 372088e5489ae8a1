// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup_files.hpp"

#include <array>

namespace dbgscope {
namespace {

using enum CgroupFile;

struct Row {
    CgroupFile file;
    const char *v1;
    const char *v2;
};

constexpr std::array kFiles{
    Row{limit, "memory.limit_in_bytes", "memory.max"},
    Row{high, "", "memory.high"},
    Row{low, "", "memory.low"},
    Row{min, "", "memory.min"},
    Row{swap_limit, "", "memory.swap.max"},
    Row{both_limit, "memory.memsw.limit_in_bytes", ""},
    Row{usage, "memory.usage_in_bytes", "memory.current"},
    Row{kernel_usage, "memory.kmem.usage_in_bytes", ""},
    Row{peak, "memory.max_usage_in_bytes", "memory.peak"},
    Row{swap_usage, "", "memory.swap.current"},
    Row{stat, "memory.stat", "memory.stat"},
    Row{events, "", "memory.events"},
    Row{events_local, "", "memory.events.local"},
    Row{failures, "memory.failcnt", ""},
    Row{both_failures, "memory.memsw.failcnt", ""},
    Row{oom_control, "memory.oom_control", ""},
    Row{event_control, "cgroup.event_control", ""},
    Row{pressure, "", "memory.pressure"},
    Row{procs, "cgroup.procs", "cgroup.procs"},
    Row{enter, "tasks", "cgroup.procs"},
    Row{freeze, "", "cgroup.freeze"},
    Row{kill, "", "cgroup.kill"},
    Row{state, "", "cgroup.events"},
    Row{type, "", "cgroup.type"},
    Row{release_agent, "release_agent", ""},
    Row{controllers, "", "cgroup.controllers"},
    Row{subtree_control, "", "cgroup.subtree_control"},
    Row{tasks_limit, "", "pids.max"},
    Row{cpu_weight, "", "cpu.weight"},
    Row{cpu_idle, "", "cpu.idle"},
    Row{cpu_limit, "", "cpu.max"},
    Row{io_weight, "", "io.weight"},
};

/// A row for each, in the enumeration's order.
constexpr bool complete()
{
    for (std::size_t i = 0; i < kFiles.size(); ++i)
        if (static_cast<std::size_t>(kFiles[i].file) != i)
            return false;
    return kFiles.size() == static_cast<std::size_t>(io_weight) + 1;
}
static_assert(complete());

} // namespace

const char *file_name(CgroupFile file, int version)
{
    const Row &row = kFiles[static_cast<std::size_t>(file)];
    return version == 1 ? row.v1 : row.v2;
}

bool has_file(CgroupFile file, int version)
{
    return *file_name(file, version) != '\0';
}

std::string control_text(Limit limit, int version)
{
    if (limit.finite())
        return std::to_string(limit.bytes());
    return version == 1 ? "-1" : "max";
}

} // namespace dbgscope
