// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// Which facts somebody needs: plan/ says it of a launch, probe/ looks at no more.
namespace dbgscope {

/// What a caller needs to know; the rest is not read and stays Why::not_asked.
enum class Need : std::uint32_t {
    cgroup = 1U << 0,          ///< layout, own path, chain (max, high, current where it counts), headroom
    chain_detail = 1U << 1,    ///< also swap, peak, inactive_file and pressure of every level; implies cgroup
    memory = 1U << 2,          ///< /proc/meminfo, swappiness
    pressure = 1U << 3,        ///< the system's PSI
    systemd = 1U << 4,         ///< booted, sockets, buses, the user manager's controllers; implies cgroup
    systemd_version = 1U << 5, ///< asks the manager over the bus: not for the launch path; implies systemd
    kernel = 1U << 6,          ///< kernel and what it can do for a watcher, capabilities, seccomp, oom_score_adj
    host = 1U << 7,            ///< also container, WSL; implies kernel and sampling
    sampling = 1U << 8,        ///< what perf_event_open(2) may be used for
};
using Needs = std::uint32_t;
[[nodiscard]] constexpr Needs operator|(Need a, Need b)
{
    return static_cast<Needs>(a) | static_cast<Needs>(b);
}
[[nodiscard]] constexpr Needs operator|(Needs a, Need b)
{
    return a | static_cast<Needs>(b);
}
inline constexpr Needs kAllNeeds = Need::cgroup | Need::chain_detail | Need::memory | Need::pressure | Need::systemd |
                                   Need::systemd_version | Need::host;

} // namespace dbgscope
