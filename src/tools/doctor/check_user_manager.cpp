// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kernel/cgroup_files.hpp"
#include "kernel/proc_files.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

/// `su`, `sudo -u`, cron and CI runners start no login session, so nothing starts user@UID.service.
CheckFinding no_manager(const DoctorInput &input)
{
    const SystemdFacts &systemd = input.facts.systemd;
    const std::uint32_t uid = input.root.uid;
    return {.level = CheckLevel::warn,
            .looked_at = fmt::format("XDG_RUNTIME_DIR and /run/user/{}", uid),
            .found = "this user has no systemd manager: " + systemd.user.socket.detail(),
            .matters = "without one an ordinary user gets no scope and so no memory limit; su, cron and most CI "
                       "runners start sessions like this",
            .cure = fmt::format("`loginctl enable-linger` starts one (for another user, as root: loginctl "
                                "enable-linger {})",
                                uid)};
}

CheckFinding controllers_finding(const DoctorInput &input)
{
    const auto &controllers = input.facts.systemd.user.controllers;
    const std::string looked =
        fmt::format("{} of user@{}.service", file_name(CgroupFile::controllers, 2), input.root.uid);
    if (input.facts.cgroup.memory.version == 0)
        return {.level = CheckLevel::unknown,
                .looked_at = kSelfCgroup,
                .found = "no memory controller is visible here, so it is not known whether the user's manager has it",
                .matters = "limits by the user's manager need the memory controller"};
    if (!input.facts.cgroup.memory.v2())
        return {.level = CheckLevel::warn,
                .looked_at = kSelfCgroup,
                .found = "the user's manager runs on cgroup v1 and has no controllers",
                .matters = "it accepts MemoryMax, shows it, and enforces nothing",
                .cure = "run as root, or move to cgroup v2 (see the check hierarchy)"};
    if (!controllers)
        return {.level = CheckLevel::unknown,
                .looked_at = looked,
                .found = "its controllers cannot be read: " + controllers.detail(),
                .matters = "limits by the user's manager need the memory controller"};
    const std::string names = fmt::format("{}", fmt::join(*controllers, " "));
    if (std::ranges::find(*controllers, "memory") == controllers->end())
        return {.level = CheckLevel::warn,
                .looked_at = looked,
                .found = names.empty() ? "the user's manager was given no controller" : "it was given only " + names,
                .matters = "it accepts MemoryMax and cannot enforce it",
                .cure = "set Delegate=cpu memory pids for user@.service (as root: systemctl edit user@.service), then "
                        "log out and in"};
    return {.looked_at = looked, .found = "the user's manager was given " + names};
}

void add_old_systemd(const SystemdFacts &systemd, CheckFindings &findings)
{
    constexpr int kOldestTried = 252; // Debian 12
    if (!systemd.version || *systemd.version >= kOldestTried)
        return;
    findings.push_back(
        {.level = CheckLevel::note,
         .looked_at = "the manager's Version",
         .found = fmt::format("systemd {}: dbgscope is tried with {} and later", *systemd.version, kOldestTried),
         .matters = "a property that this systemd does not know is left out of the scope, and that is said; "
                    "with --require=limit a limit it does not know is an error",
         .cure = "--backend=cgroupfs as root asks systemd for nothing"});
}

} // namespace

CheckFindings check_user_manager(const DoctorInput &input)
{
    const SystemdFacts &systemd = input.facts.systemd;
    if (!systemd.booted)
        return {{.level = CheckLevel::note,
                 .looked_at = "/run/systemd/system",
                 .found = "systemd is not the init system here",
                 .matters = "there is no manager to ask for a scope: limits are set in the cgroup file system, which "
                            "takes root or a delegated cgroup",
                 .cure = input.facts.host.wsl == Wsl::wsl2
                             ? "put systemd=true under [boot] in /etc/wsl.conf, then `wsl --shutdown`"
                             : ""}};
    if (input.root.uid == 0) {
        if (systemd.system.socket || systemd.system.bus) {
            CheckFindings findings{{.looked_at = "/run/systemd", .found = "root: the system manager makes the scopes"}};
            add_old_systemd(systemd, findings);
            return findings;
        }
        return {{.level = CheckLevel::warn,
                 .looked_at = "/run/systemd/private and the system bus",
                 .found = "the system manager cannot be reached: " + systemd.system.socket.detail(),
                 .matters = "no scope can be made; limits are set in the cgroup file system instead",
                 .cure = "see `systemctl is-system-running`"}};
    }
    if (!systemd.user.socket && !systemd.user.bus)
        return {no_manager(input)};
    CheckFindings findings{controllers_finding(input)};
    add_old_systemd(systemd, findings);
    if (input.root.variable("XDG_RUNTIME_DIR").empty())
        findings.push_back({.level = CheckLevel::note,
                            .looked_at = "XDG_RUNTIME_DIR",
                            .found = "it is not set; dbgscope finds the user's manager without it",
                            .matters = "`systemctl --user` and `systemd-run --user` do not: \"No medium found\"",
                            .cure = fmt::format("export XDG_RUNTIME_DIR=/run/user/{}", input.root.uid)});
    return findings;
}

} // namespace dbgscope
