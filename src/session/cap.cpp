// SPDX-License-Identifier: Apache-2.0
#include "session/cap.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>

#include <fmt/core.h>

#include "kernel/cgroup_error.hpp"
#include "kernel/cgroup_files.hpp"
#include "kernel/parse.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

bool on_systemd(const SessionRecord &record)
{
    return record.backend.starts_with("systemd");
}

/// How far `outer` lies above `inner`; 0 unless both are limits.
std::uint64_t room_between(Limit inner, Limit outer)
{
    return inner.finite() && outer.finite() && outer > inner ? outer.bytes() - inner.bytes() : 0;
}

Limit plus(Limit limit, std::uint64_t bytes)
{
    return limit.finite() && limit.bytes() < Limit().bytes() - bytes ? Limit(limit.bytes() + bytes) : Limit();
}

/// The memory limit of one directory, for raising: "debuggee/" or, for the scope itself, "".
void add_limit(std::vector<CapStep> &steps, int version, const std::string &where, Limit limit,
               std::optional<Limit> swap)
{
    const auto step = [&](CgroupFile file, Limit value) {
        steps.push_back(
            {.file = where + file_name(file, version), .value = control_text(value, version), .limit = value});
    };
    if (swap)
        step(CgroupFile::both_limit, *swap);
    step(CgroupFile::limit, limit);
}

/// v1's limit of memory and swap together, where one is in force: as far above the limit of memory as it is now.
std::optional<Limit> swap_beside(std::optional<Limit> swap, Limit before, Limit after)
{
    if (!swap || !swap->finite())
        return std::nullopt;
    return plus(after, room_between(before, *swap));
}

/// Without a split: one limit, of the scope.
void plan_whole(const SessionRecord &record, const Usage &usage, CapChange &change)
{
    const Limit before = usage.scope_limit.value_or(record.scope_limit);
    change.scope_limit = plus(change.cap, room_between(record.cap, record.scope_limit));
    change.raises = change.scope_limit > before;
    if (on_systemd(record))
        change.steps.push_back({.unit = true, .limit = change.scope_limit});
    else
        add_limit(change.steps, record.place.version, "", change.scope_limit,
                  swap_beside(usage.scope_swap_limit, before, change.scope_limit));
}

void plan_split(const SessionRecord &record, const Usage &usage, CapChange &change)
{
    const int version = record.place.version;
    const Limit before = usage.cap.value_or(record.cap);
    const Limit whole = usage.scope_limit.value_or(record.scope_limit);
    change.raises = change.cap > before;
    const bool lifted = usage.high && !usage.high->finite();
    change.fuse = record.fuse.finite() && !lifted ? fuse_line_for(change.cap) : Limit();
    change.scope_limit = std::max(whole, plus(change.cap, room_between(before, whole)));

    if (change.scope_limit > whole && on_systemd(record))
        change.steps.push_back({.unit = true, .limit = change.scope_limit});
    else if (change.scope_limit > whole)
        add_limit(change.steps, version, "", change.scope_limit,
                  swap_beside(usage.scope_swap_limit, whole, change.scope_limit));
    const std::string where = std::string(kDebuggeeName) + '/';
    const Limit memory = usage.memory_limit.value_or(before);
    add_limit(change.steps, version, where, change.cap, swap_beside(usage.swap_limit, memory, change.cap));
    const Limit line = record.fuse.finite() ? change.fuse : look_line_for(change.cap);
    if (has_file(CgroupFile::high, version) && (record.fuse.finite() || record.look.finite()) && !lifted)
        change.steps.push_back({.file = where + file_name(CgroupFile::high, version),
                                .value = control_text(line, version),
                                .limit = line});
    if (change.raises && has_file(CgroupFile::freeze, version)) // frozen by the fuse; before 5.2 there is no such file
        change.steps.push_back(
            {.file = where + file_name(CgroupFile::freeze, version), .value = "0", .optional = true});
}

} // namespace

CapChange plan_cap_change(const SessionRecord &record, const Usage &usage, Limit wanted)
{
    CapChange change;
    change.cap = wanted;
    if (record.place.divided)
        plan_split(record, usage, change);
    else
        plan_whole(record, usage, change);
    if (!change.raises)
        std::ranges::reverse(change.steps);
    return change;
}

Result<void> check_cap(const SessionRecord &record, const Usage &usage, const CapChange &change)
{
    const Limit limit = record.place.divided ? change.cap : change.scope_limit;
    const auto kept = usage.kept_bytes();
    if (change.raises || !kept || !limit.finite() || limit.bytes() >= *kept)
        return {};
    return fail({.kind = ErrorKind::limit,
                 .operation = "lower the cap of",
                 .subject = fmt::format("{} to {}", record.id, format_limit(change.cap)),
                 .cause = fmt::format("{} is in use, of which {} is no page cache and stays until the program frees it",
                                      format_bytes(*usage.current_bytes), format_bytes(*kept)),
                 .hint = "the kernel would kill the debuggee for it"});
}

Result<void> write_step(const SessionRecord &record, const CapStep &step)
{
    const std::string path = record.place.scope + '/' + step.file;
    constexpr std::chrono::seconds kPatience{1};
    const auto limit = open_at(AT_FDCWD, path, O_RDONLY); // v1: the watcher raises and lowers the same one
    (void)(limit && lock_file(limit->get(), kPatience));
    auto written = write_at(AT_FDCWD, path, step.value);
    if (written || (step.optional && written.error().error_number == ENOENT))
        return {};
    return fail(cgroup_error(CgroupOperation::limit, written.error().error_number, path + " to " + step.value));
}

LimitAround lowest_limit_around(const SessionPlace &place)
{
    LimitAround lowest;
    std::string directory = place.scope;
    for (auto slash = directory.rfind('/'); slash != std::string::npos && slash > 0; slash = directory.rfind('/')) {
        directory.resize(slash);
        const auto text = read_file(directory + '/' + file_name(CgroupFile::limit, place.version));
        Limit around; // none above the mount, and none of its root
        if (text && parse_limit(*text, around) && around < lowest.limit)
            lowest = {.limit = around, .directory = directory};
    }
    return lowest;
}

std::string lower_limit_around(const SessionRecord &record, Limit limit)
{
    const LimitAround lowest = lowest_limit_around(record.place);
    return lowest.limit < limit ? fmt::format("{} of {}", format_limit(lowest.limit), lowest.directory) : "";
}

} // namespace dbgscope
