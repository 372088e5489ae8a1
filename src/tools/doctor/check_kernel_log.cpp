// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "kernel/reader.hpp"
#include "sys/file.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {

/// Tried, not deduced: a capability in a user namespace does not count, and a container may have no /dev/kmsg.
/// Documentation/admin-guide/sysctl/kernel.rst, dmesg_restrict.
CheckFindings check_kernel_log(const DoctorInput &input)
{
    constexpr const char *kDevice = "/dev/kmsg";
    const auto opened = open_at(AT_FDCWD, input.root.root + kDevice, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (opened)
        return {{.looked_at = kDevice, .found = "the kernel log can be read"}};
    Reader reader(input.root.root);
    const auto restricted = reader.read("/proc/sys/kernel/dmesg_restrict");
    const bool by_setting = opened.error().error_number == EPERM && restricted && restricted->starts_with('1');
    return {{.level = CheckLevel::note,
             .looked_at = by_setting ? "/dev/kmsg and /proc/sys/kernel/dmesg_restrict" : kDevice,
             .found = "the kernel log cannot be read: " +
                      (by_setting ? "kernel.dmesg_restrict=1 keeps it for CAP_SYSLOG" : opened.error().cause),
             .matters = "who was killed for memory is told from counters; the kernel's own table of tasks and sizes is "
                        "not shown",
             .cure = "`sudo dmesg`, or `journalctl -k` as a member of the group adm or systemd-journal"}};
}

} // namespace dbgscope
