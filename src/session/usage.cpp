// SPDX-License-Identifier: Apache-2.0
#include "session/usage.hpp"

#include <algorithm>

#include "dbgscope/plan.hpp"
#include "kernel/cgroup.hpp"
#include "kernel/cgroup_tree.hpp"
#include "kernel/memory_stat.hpp"
#include "kernel/process_memory.hpp"
#include "kernel/process_stat.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

template <class T> std::optional<T> known(const Result<T> &result)
{
    return result ? std::optional(*result) : std::nullopt;
}

/// By the main threads: a debugger that stops a program stops all of them, but for the non-stop modes.
bool all_stopped(const std::vector<int> &debuggees, const std::vector<pid_t> &present)
{
    bool any = false;
    for (const int pid : debuggees) {
        if (std::ranges::find(present, pid) == present.end())
            continue;
        const auto stat = read_process_stat(pid);
        if (!stat || stat->ended())
            continue;
        if (stat->state != 't')
            return false;
        any = true;
    }
    return any;
}

/// Still under its debugger, and not in the place that the cap is on. v1 tells the watcher nothing of that.
bool any_outside(const SessionRecord &record)
{
    const auto inside = pids_below(record.place.capped());
    return std::ranges::any_of(record.debuggees, [&](int pid) {
        const auto traced = [&] { return thread_group(tracer_of(pid)) == record.debugger.pid; };
        return std::ranges::find(inside, pid) == inside.end() && traced();
    });
}

/// No cgroup counts for it alone.
Usage usage_of_processes(const SessionRecord &record)
{
    Usage usage;
    bool any = false;
    for (const int pid : record.debuggees)
        if (const auto bytes = own_memory_of(pid)) {
            usage.current_bytes = usage.current_bytes.value_or(0) + *bytes;
            any = true;
        }
    usage.cap = record.cap;
    usage.stopped = any && all_stopped(record.debuggees, record.debuggees);
    if (record.debuggee_peak_bytes != 0)
        usage.peak_bytes = record.debuggee_peak_bytes;
    return usage;
}

} // namespace

std::optional<std::uint64_t> Usage::kept_bytes() const
{
    if (!current_bytes)
        return std::nullopt;
    return *current_bytes - std::min(file_bytes.value_or(0), *current_bytes);
}

bool has_no_cgroup(const SessionRecord &record)
{
    return record.place.scope.empty() && record.backend == backend_name(Backend::none);
}

Usage read_usage(const SessionRecord &record)
{
    if (has_no_cgroup(record))
        return usage_of_processes(record);
    const auto directory = open_directory(record.place.capped());
    if (!directory)
        return {};
    const Cgroup capped(directory->get(), record.place.version);
    Usage usage;
    usage.current_bytes = known(capped.read_number(CgroupFile::usage));
    usage.peak_bytes = known(capped.read_number(CgroupFile::peak));
    usage.cap = known(capped.read_limit(CgroupFile::limit));
    usage.swap_limit = known(capped.read_limit(CgroupFile::both_limit));
    usage.high = known(capped.read_limit(CgroupFile::high));
    usage.frozen = capped.frozen();
    if (const auto present = capped.pids(); present && record.place.divided)
        usage.stopped = all_stopped(record.debuggees, *present);
    usage.outside = record.place.divided && any_outside(record);
    if (!has_file(CgroupFile::high, record.place.version)) { // the line is in the place of the cap
        usage.memory_limit = usage.cap;
        if (record.fuse.finite() && usage.cap)
            usage.cap = std::max(*usage.cap, record.cap);
    }
    if (const auto opened = open_directory(record.place.scope)) {
        const Cgroup scope(opened->get(), record.place.version);
        usage.scope_limit = known(scope.read_limit(CgroupFile::limit));
        usage.scope_swap_limit = known(scope.read_limit(CgroupFile::both_limit));
    }
    if (const auto stat = capped.read(CgroupFile::stat))
        usage.file_bytes = droppable_bytes(*stat, record.place.version);
    if (usage.peak_bytes || record.debuggee_peak_bytes != 0)
        usage.peak_bytes = std::max(usage.peak_bytes.value_or(0), record.debuggee_peak_bytes);
    return usage;
}

} // namespace dbgscope
