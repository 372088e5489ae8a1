// SPDX-License-Identifier: Apache-2.0
#include "watch/evidence.hpp"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "kernel/memory_stat.hpp"
#include "kernel/proc_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxLevels = 64;

/// Leaves `value` as it was when the file is missing or malformed.
void take_number(Cgroup cgroup, CgroupFile file, std::uint64_t &value)
{
    if (const auto number = cgroup.read_number(file))
        value = *number;
}

/// The same with the count of `word` in it.
void take_count_of(Cgroup cgroup, CgroupFile file, std::string_view word, std::uint64_t &value)
{
    if (const auto text = cgroup.read(file))
        value = count_of(*text, word).value_or(value);
}

void take_count(std::string_view text, std::string_view word, std::uint64_t &value)
{
    if (const auto count = count_of(text, word))
        value = *count;
}

/// systemd's oomd-util.c counts in decimal text: user.oomd_ooms before it kills a cgroup, user.oomd_kill (processes)
/// after. By way of /proc because fgetxattr refuses an O_PATH descriptor.
std::uint64_t oomd_mark(int directory, const char *name)
{
    const std::string path = kSelfDescriptors + std::to_string(directory);
    std::array<char, 32> text; // NOLINT: filled by getxattr
    const ssize_t got = ::getxattr(path.c_str(), name, text.data(), text.size());
    std::uint64_t count = 0;
    if (got <= 0 || !parse_number({text.data(), static_cast<std::size_t>(got)}, count))
        return 0;
    return count;
}

/// With swap accounting memory + swap is charged first: where both limits are the same only its counter moves, or none
/// (Linux 6.18).
void read_failures(Cgroup cgroup, std::uint64_t &count)
{
    std::uint64_t memory = 0;
    std::uint64_t with_swap = 0;
    take_number(cgroup, CgroupFile::failures, memory);
    take_number(cgroup, CgroupFile::both_failures, with_swap);
    count = std::max(count, memory + with_swap);
}

} // namespace

const LevelEvidence *Evidence::find(Level level) const
{
    const auto found = std::ranges::find(levels, level, &LevelEvidence::level);
    return found == levels.end() ? nullptr : &*found;
}

EvidenceReader::EvidenceReader(int version, const WatchedCgroup &scope, const WatchedCgroup &debuggee,
                               const WatchedCgroup &debugger)
    : version_(version)
{
    add(Level::debuggee, debuggee);
    add(Level::debugger, debugger);
    add(Level::scope, scope);
    add_ancestors(scope);
}

void EvidenceReader::add(Level level, const WatchedCgroup &place)
{
    if (place.directory < 0)
        return;
    Place &added = places_.emplace_back();
    added.directory = place.directory;
    added.last.level = level;
    added.last.path = place.path;
    if (auto events = cgroup(added).open(CgroupFile::events, O_RDONLY | O_NOCTTY))
        added.events = std::move(*events);
}

void EvidenceReader::add_ancestors(const WatchedCgroup &scope)
{
    int below = scope.directory;
    std::string path = scope.path;
    while (below >= 0 && places_.size() < kMaxLevels) {
        auto above = open_directory("..", below);
        // Outside the mount there is no cgroup any more: /sys/fs, or v1's tmpfs.
        if (!above || !Cgroup(above->get(), version_).has(CgroupFile::procs))
            break;
        path.erase(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
        Place &added = places_.emplace_back();
        added.own = std::move(*above);
        added.directory = added.own.get();
        added.last.path = path;
        below = added.directory;
    }
    // Only the hierarchy's own root has no cgroup.events (v2), and only it has release_agent (v1).
    if (const Cgroup top(below, version_); top.valid())
        to_the_root_ =
            has_file(CgroupFile::state, version_) ? !top.has(CgroupFile::state) : top.has(CgroupFile::release_agent);
}

void EvidenceReader::read_place(Place &place) const
{
    LevelEvidence &last = place.last;
    const Cgroup here = cgroup(place);
    last.max = here.read_limit(CgroupFile::limit).value_or(last.max);
    if (last.level == Level::debuggee && !has_file(CgroupFile::high, version_) && cap_.finite())
        last.max = std::max(last.max, cap_);
    take_number(here, CgroupFile::usage, last.current_bytes);
    take_number(here, CgroupFile::peak, last.peak_bytes);
    if (!has_file(CgroupFile::events, version_)) {
        read_failures(here, last.local.max);
        take_count_of(here, CgroupFile::oom_control, "oom_kill", last.local.oom_kill);
        return;
    }
    const auto all = here.read(CgroupFile::events);
    auto own = here.read(CgroupFile::events_local);
    if (all) {
        take_count(*all, "oom", last.oom_below);
        take_count(*all, "oom_kill", last.oom_kill_below);
    }
    const auto &local = own ? own : all;
    if (!local)
        return;
    take_count(*local, "max", last.local.max);
    take_count(*local, "oom", last.local.oom);
    take_count(*local, "oom_kill", last.local.oom_kill);
    take_count(*local, "oom_group_kill", last.local.oom_group_kill);
}

Evidence EvidenceReader::read()
{
    Evidence evidence;
    evidence.version = version_;
    evidence.to_the_root = to_the_root_;
    evidence.levels.reserve(places_.size());
    std::uint64_t marks = 0;
    for (Place &place : places_) {
        read_place(place);
        if (place.last.level != Level::ancestor)
            marks += oomd_mark(place.directory, "user.oomd_ooms") + oomd_mark(place.directory, "user.oomd_kill");
        evidence.levels.push_back(place.last);
    }
    if (const auto vmstat = read_file("/proc/vmstat"))
        take_count(*vmstat, "oom_kill", machine_oom_kill_);
    oomd_marks_ = std::max(oomd_marks_, marks);
    evidence.machine_oom_kill = machine_oom_kill_;
    evidence.oomd_marks = oomd_marks_;
    return evidence;
}

void EvidenceReader::count_place(Place &place) const
{
    if (!has_file(CgroupFile::events, version_)) {
        read_failures(cgroup(place), place.counts.max);
        take_count_of(cgroup(place), CgroupFile::oom_control, "oom_kill", place.counts.oom_kill);
        return;
    }
    std::array<char, 512> block; // NOLINT: filled by pread; the file has six lines
    const ssize_t got = place.events.valid() ? ::pread(place.events.get(), block.data(), block.size(), 0) : -1;
    if (got <= 0)
        return; // ENODEV: the cgroup is gone, what was read last stays
    const std::string_view text(block.data(), static_cast<std::size_t>(got));
    take_count(text, "high", place.counts.high);
    take_count(text, "max", place.counts.max);
    take_count(text, "oom", place.counts.oom);
    take_count(text, "oom_kill", place.counts.oom_kill);
}

SessionCounts EvidenceReader::counts()
{
    SessionCounts out;
    MemoryCounts leaves;
    MemoryCounts scope;
    for (Place &place : places_) {
        if (place.last.level == Level::ancestor)
            break;
        count_place(place);
        const MemoryCounts &own = place.counts;
        if (place.last.level == Level::scope) {
            scope = own;
            break;
        }
        (place.last.level == Level::debuggee ? out.debuggee_kills : out.debugger_kills) = own.oom_kill;
        leaves = {leaves.high + own.high, leaves.max + own.max, leaves.oom + own.oom, leaves.oom_kill + own.oom_kill};
    }
    // v2's scope counts for its children too, except with the mount option memory_localevents; v1 counts each alone.
    if (version_ != 2)
        out.total = {scope.high, scope.max + leaves.max, scope.oom, scope.oom_kill + leaves.oom_kill};
    else
        out.total = {std::max(scope.high, leaves.high), std::max(scope.max, leaves.max),
                     std::max(scope.oom, leaves.oom), std::max(scope.oom_kill, leaves.oom_kill)};
    return out;
}

const EvidenceReader::Place *EvidenceReader::find(Level level) const
{
    const auto found = std::ranges::find(places_, level, [](const Place &place) { return place.last.level; });
    return found == places_.end() ? nullptr : &*found;
}

std::uint64_t EvidenceReader::peak_bytes(Level level)
{
    const auto place = std::ranges::find(places_, level, [](const Place &part) { return part.last.level; });
    if (place == places_.end())
        return 0;
    take_number(cgroup(*place), CgroupFile::peak, place->last.peak_bytes);
    if (place->last.peak_bytes == 0 && version_ == 2) { // before 5.19: the most that was seen
        take_number(cgroup(*place), CgroupFile::usage, place->last.current_bytes);
        place->highest_bytes = std::max(place->highest_bytes, place->last.current_bytes);
        return place->highest_bytes;
    }
    return place->last.peak_bytes;
}

std::optional<FileCache> EvidenceReader::file_cache(Level level) const
{
    const Place *const place = find(level);
    if (place == nullptr)
        return std::nullopt;
    const auto stat = cgroup(*place).read(CgroupFile::stat);
    if (!stat)
        return std::nullopt;
    const auto value = [&](const char *key) { return stat_of(*stat, key, version_); };
    FileCache cache;
    cache.file_bytes = value("active_file").value_or(0) + value("inactive_file").value_or(0);
    cache.anon_bytes = value("anon").value_or(0);
    const auto faults = value("pgmajfault");
    cache.refaults = value("workingset_refault_file").value_or(faults.value_or(0));
    cache.place = level;
    for (const Place *part : {place, find(Level::scope)}) {
        if (part == nullptr)
            continue;
        const auto own = cgroup(*part).read_limit(CgroupFile::limit);
        if (!own || *own >= cache.limit)
            continue;
        cache.limit = *own;
        cache.limiting = part->last.level;
    }
    return cache;
}

} // namespace dbgscope
