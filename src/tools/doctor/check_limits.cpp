// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "kernel/cgroup_files.hpp"
#include "kernel/proc_files.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kSmallestRest = 64 * kMiB; ///< below it a debugger verb goes on without a cap

/// Documentation/admin-guide/cgroup-v2.rst: past memory.high a task is throttled. Where nothing can be swapped out it
/// then makes no headway, and no OOM kill ends it.
void throttled_levels(const DoctorInput &input, CheckFindings &findings)
{
    if (input.facts.memory.swap_total_bytes.value_or(1) != 0)
        return;
    for (const CgroupLevel &level : input.facts.cgroup.memory.chain)
        if (level.high && level.high->finite())
            findings.push_back(
                {.level = CheckLevel::warn,
                 .looked_at = level.dir + '/' + file_name(CgroupFile::high, input.facts.cgroup.memory.version),
                 .found = fmt::format("{} has memory.high={} and this machine has no swap", level.path,
                                      format_limit(*level.high)),
                 .matters = "past that line programs are slowed until they seem to hang; no OOM kill "
                            "ends it",
                 .cure = "take MemoryHigh away there, or set MemoryMax below it, or add swap"});
}

CheckFinding binding_finding(const MemoryHierarchy &memory)
{
    const CgroupLevel *level = memory.binding ? &memory.chain[*memory.binding] : nullptr;
    const std::string who = level == nullptr ? "a cgroup above the ones visible here" : level->path;
    CheckFinding finding{.level = CheckLevel::note,
                         .looked_at = level == nullptr
                                          ? "hierarchical_memory_limit in memory.stat"
                                          : level->dir + '/' + file_name(CgroupFile::limit, memory.version),
                         .found = fmt::format("{} limits what runs here to {}", who, format_limit(memory.effective)),
                         .matters = "a session below it gets no more, whatever cap it is given, and shares it with "
                                    "everything else there"};
    if (level == nullptr || !level->max || !level->current)
        return finding;
    const std::uint64_t cache = std::min(level->inactive_file.value_or(0), *level->current);
    const std::uint64_t used = *level->current - cache;
    const std::uint64_t left = level->max->bytes() - std::min(level->max->bytes(), used);
    finding.found += fmt::format("; {} of it left, file cache not counted as used", format_bytes(left));
    if (left < std::max(kSmallestRest, level->max->bytes() / 20)) {
        finding.level = CheckLevel::warn;
        finding.matters = "what runs here next may be killed for memory, whatever cap a session is given";
        finding.cure = "end something in it, or raise its limit";
    }
    return finding;
}

} // namespace

CheckFindings check_limits(const DoctorInput &input)
{
    const MemoryHierarchy &memory = input.facts.cgroup.memory;
    if (memory.version == 0)
        return {{.level = CheckLevel::unknown,
                 .looked_at = kSelfCgroup,
                 .found = "no memory controller is visible, so no limit is",
                 .matters = "an outer limit may be there all the same"}};
    CheckFindings findings;
    for (const CgroupLevel &level : memory.chain)
        if (!level.max && level.max.why() != Why::absent)
            findings.push_back({.level = CheckLevel::unknown,
                                .looked_at = level.dir,
                                .found = "its limit cannot be read: " + level.max.detail(),
                                .matters = "it may bind what runs here"});
    if (memory.effective.finite())
        findings.push_back(binding_finding(memory));
    throttled_levels(input, findings);
    if (findings.empty())
        findings.push_back({.looked_at = fmt::format("{} visible cgroups", memory.chain.size()),
                            .found = "no visible cgroup limits memory"});
    return findings;
}

} // namespace dbgscope
