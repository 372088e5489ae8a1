// SPDX-License-Identifier: Apache-2.0
#include "watch/exit_status.hpp"

#include <sys/ioctl.h>

#include <array>
#include <cstdint>

#include "kernel/process_stat.hpp"

namespace dbgscope {
namespace {

/// struct pidfd_info of <linux/pidfd.h>, whose headers in Debian 12 are older than the call. 64 bytes since 6.13.
struct PidfdInfo {
    std::uint64_t mask = 0, cgroupid = 0;
    std::uint32_t pid = 0, tgid = 0, ppid = 0;
    std::array<std::uint32_t, 8> ids{};
    std::int32_t exit_code = 0;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr std::uint64_t kExitKnown = 1U << 3;                       // PIDFD_INFO_EXIT
constexpr unsigned long kPidfdGetInfo = _IOWR(0xFF, 11, PidfdInfo); // NOLINT: the kernel's macro

std::optional<int> from_pidfd(int pidfd)
{
    PidfdInfo info;
    info.mask = kExitKnown;
    if (pidfd < 0 || ::ioctl(pidfd, kPidfdGetInfo, &info) != 0 || (info.mask & kExitKnown) == 0)
        return std::nullopt;
    return info.exit_code;
}

/// Field 52 of /proc/PID/stat. It reads 0 where we may not trace.
std::optional<int> from_zombie(const ProcessId &process)
{
    const auto stat = read_process_stat(process.pid);
    if (!stat || stat->start_ticks != process.start_ticks || stat->state != 'Z' || stat->exit_code == 0)
        return std::nullopt;
    return stat->exit_code;
}

} // namespace

std::optional<int> exit_status_of(ProcessId process, int pidfd)
{
    if (const auto status = from_pidfd(pidfd))
        return status;
    if (const auto status = from_zombie(process))
        return status;
    return from_pidfd(pidfd); // reaped between the two looks
}

} // namespace dbgscope
