// SPDX-License-Identifier: Apache-2.0
#include "watch/exit_status.hpp"

#include <sys/ioctl.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "launch/sweep.hpp"
#include "sys/file.hpp"

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

/// "4711 (a) b) Z 1 4711 …": field 3 is the state, field 52 the exit code. It reads 0 where we may not trace.
std::optional<int> from_zombie(const ProcessId &process)
{
    const auto stat = read_file("/proc/" + std::to_string(process.pid) + "/stat", 4096);
    if (!stat || parse_start_ticks(*stat) != process.start_ticks)
        return std::nullopt;
    const auto comm_end = stat->rfind(')');
    if (comm_end == std::string::npos || stat->size() < comm_end + 3 || (*stat)[comm_end + 2] != 'Z')
        return std::nullopt;
    const auto blank = stat->find_last_of(' ');
    int code = 0;
    const char *const first = stat->data() + blank + 1;
    if (std::from_chars(first, stat->data() + stat->size(), code).ec != std::errc{} || code == 0)
        return std::nullopt;
    return code;
}

} // namespace

std::optional<int> exit_status_of(ProcessId process, int pidfd)
{
    if (const auto status = from_pidfd(pidfd))
        return status;
    return from_zombie(process);
}

} // namespace dbgscope
