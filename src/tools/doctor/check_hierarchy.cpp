// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "text/container_cure.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

constexpr const char *kLooked = "/proc/self/cgroup, /proc/self/mountinfo and the cgroup file system";

/// systemd's NEWS: 256 ignores cgroup v1 unless forced on the kernel command line, 258 has no support for it.
CheckFinding version_finding(const DoctorInput &input)
{
    const CgroupFacts &cgroup = input.facts.cgroup;
    if (cgroup.memory.version == 0) {
        const bool none = cgroup.layout == Layout::none;
        const std::string elsewhere = mounted_cgroupfs_cure(input.facts.host.container.value_or(""));
        return {.level = CheckLevel::fail,
                .looked_at = kLooked,
                .found = cgroup.delegation.detail.empty() ? "no memory controller can be seen"
                                                          : "no memory controller: " + cgroup.delegation.detail,
                .matters = "no memory limit can be set, and none of ours can be seen",
                .cure = none && !elsewhere.empty() ? elsewhere
                        : none ? "mount cgroup2 on /sys/fs/cgroup (as root: mount -t cgroup2 none /sys/fs/cgroup)"
                               : "enable the memory controller: boot without cgroup_disable=memory, and have it in "
                                 "cgroup.subtree_control of every cgroup above"};
    }
    if (cgroup.memory.v2())
        return {.looked_at = kLooked, .found = "cgroup v2 carries the memory controller"};
    return {.level = CheckLevel::note,
            .looked_at = kLooked,
            .found = "cgroup v1 carries the memory controller" +
                     std::string(cgroup.layout == Layout::hybrid ? ", v2 is mounted beside it (hybrid)" : ""),
            .matters = "on v1 systemd drops MemoryHigh, MemorySwapMax and OOMPolicy without a word, and a user's "
                       "manager gets no controllers; systemd 258 and later do not boot with it",
            .cure = input.facts.host.wsl == Wsl::wsl2
                        ? "put kernelCommandLine=cgroup_no_v1=all under [wsl2] in .wslconfig, then `wsl --shutdown`"
                        : "boot with systemd.unified_cgroup_hierarchy=1 where systemd boots the machine; elsewhere "
                          "mount cgroup2 alone"};
}

CheckFinding hidden_finding(const std::string &outermost, std::string_view container)
{
    const std::string inquiry = limits_inquiry(container), shown = machines_cgroups_cure(container);
    return {.level = CheckLevel::note,
            .looked_at = kLooked,
            .found = "limits above the container cannot be seen: " +
                     (outermost == "/" ? "it has a cgroup namespace of its own"
                                       : "only the cgroup " + printable(outermost) + " is mounted"),
            .matters = "a pod, a slice or the machine may run out of memory before the limit shown here",
            .cure = "ask where it is started" + (inquiry.empty() ? "" : " (" + inquiry + ')') +
                    (shown.empty() ? "" : ", or start it with " + shown)};
}

} // namespace

CheckFindings check_hierarchy(const DoctorInput &input)
{
    CheckFindings findings{version_finding(input)};
    const Delegation &own = input.facts.cgroup.delegation;
    const std::string container = input.facts.host.container.value_or("");
    const std::string cure =
        writable_cgroupfs_cure(container, {.uid = input.facts.host.uid, .version = input.facts.cgroup.memory.version});
    if (input.facts.cgroup.memory.version != 0 && own.read_only)
        findings.push_back(
            {.level = CheckLevel::warn,
             .looked_at = input.facts.cgroup.memory.mount + " in /proc/self/mountinfo",
             .found = "the cgroup file system is mounted read-only",
             .matters =
                 "no cgroup of our own can be made, so no limit can be set without a manager: a debuggee is watched, "
                 "and stopped by a soft fuse, but only the limit of the container holds it",
             .cure = cure.empty() ? "mount it writable; in a container that is for its runtime to do" : cure});
    if (input.facts.cgroup.memory.hidden_above())
        findings.push_back(hidden_finding(input.facts.cgroup.memory.chain.front().path, container));
    return findings;
}

} // namespace dbgscope
