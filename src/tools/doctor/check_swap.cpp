// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

constexpr const char *kLooked = "/proc/meminfo, /proc/sys/vm/swappiness, /proc/pressure/memory";
/// Share of the last minute in which some task waited for memory, from which on work is visibly slowed.
constexpr double kStalledPercent = 10;

std::string waiting_words(const MemoryFacts &memory)
{
    if (!memory.pressure)
        return "; how long tasks wait for memory is not known here";
    return fmt::format("; tasks waited for memory {:.1f} % of the last minute, all at once {:.1f} %",
                       memory.pressure->some.avg60, memory.pressure->full.avg60);
}

} // namespace

CheckFindings check_swap(const DoctorInput &input)
{
    const MemoryFacts &memory = input.facts.memory;
    if (!memory.swap_total_bytes || !memory.swap_free_bytes)
        return {{.level = CheckLevel::unknown,
                 .looked_at = "/proc/meminfo",
                 .found = "the amount of swap cannot be read: " + memory.swap_total_bytes.detail(),
                 .matters = "with swap a leak slows the machine before it ends"}};
    const bool stalled = memory.pressure && memory.pressure->some.avg60 >= kStalledPercent;
    if (*memory.swap_total_bytes == 0)
        return {{.level = stalled ? CheckLevel::warn : CheckLevel::note,
                 .looked_at = kLooked,
                 .found = "this machine has no swap" + waiting_words(memory),
                 .matters = "a leak ends in a kill at once, with no slow phase in which to stop it; past MemoryHigh "
                            "programs only hang",
                 .cure = stalled ? "end something, or give sessions smaller caps" : "do not set MemoryHigh by hand"}};
    const std::uint64_t used = *memory.swap_total_bytes - std::min(*memory.swap_free_bytes, *memory.swap_total_bytes);
    std::string found = fmt::format("{} of {} swap used", format_bytes(used), format_bytes(*memory.swap_total_bytes));
    if (memory.swappiness)
        found += fmt::format(", vm.swappiness {}", *memory.swappiness);
    found += waiting_words(memory);
    if (stalled)
        return {{.level = CheckLevel::warn,
                 .looked_at = kLooked,
                 .found = found,
                 .matters = "the machine is short of memory now: timers, breakpoints and steps come late",
                 .cure = "end something, or give sessions smaller caps; another vm.swappiness only changes what is "
                         "evicted first"}};
    if (memory.swappiness && *memory.swappiness == 0)
        return {{.level = CheckLevel::note,
                 .looked_at = kLooked,
                 .found = found,
                 .matters = "with vm.swappiness=0 the kernel swaps only when file cache is nearly gone: swap does not "
                            "soften a leak",
                 .cure = "sysctl vm.swappiness=60 is the kernel's default"}};
    return {{.looked_at = kLooked, .found = found}};
}

} // namespace dbgscope
