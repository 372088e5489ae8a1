// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/wsl.hpp"

#include <fmt/core.h>

#include "kernel/proc_files.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

constexpr const char *kDistribution = "/etc/wsl.conf";

std::string windows_file(const WslFiles &files)
{
    return files.windows_path.empty() ? "%UserProfile%\\.wslconfig" : files.windows_path;
}

void misplaced(const WslFiles &files, CheckFindings &findings)
{
    for (const WslEntry &entry : files.distribution)
        if (entry.section == "wsl2" || entry.key == "kernelcommandline")
            findings.push_back(
                {.level = CheckLevel::warn,
                 .looked_at = kDistribution,
                 .found = fmt::format("it has {} under [{}], where nobody reads it", entry.key, entry.section),
                 .matters = "the setting does nothing there",
                 .cure = fmt::format("move it under [wsl2] in {}, then `wsl --shutdown`", windows_file(files))});
    for (const WslEntry &entry : files.windows)
        if ((entry.key == "kernelcommandline" && entry.section != "wsl2") || entry.section == "boot")
            findings.push_back(
                {.level = CheckLevel::warn,
                 .looked_at = files.windows_path,
                 .found = fmt::format("it has {} under [{}], where nobody reads it", entry.key, entry.section),
                 .matters = "the setting does nothing there",
                 .cure = entry.section == "boot" ? "move it under [boot] in /etc/wsl.conf, then `wsl --shutdown`"
                                                 : "move it under [wsl2] there, then `wsl --shutdown`"});
}

void systemd_finding(const DoctorInput &input, const WslFiles &files, CheckFindings &findings)
{
    if (input.facts.systemd.booted) {
        findings.push_back({.looked_at = "/run/systemd/system", .found = "systemd runs in this distribution"});
        return;
    }
    const bool asked = wsl_value(files.distribution, "boot", "systemd") == "true";
    findings.push_back({.level = CheckLevel::warn,
                        .looked_at = "/run/systemd/system and /etc/wsl.conf",
                        .found = asked ? "systemd=true stands in /etc/wsl.conf, but systemd does not run yet"
                                       : "systemd does not run in this distribution",
                        .matters = "without it there is no user manager: an ordinary user gets no memory limit",
                        .cure = asked ? "`wsl --shutdown` on the Windows side, then start the distribution again"
                                      : "put systemd=true under [boot] in /etc/wsl.conf, then `wsl --shutdown`"});
}

/// Hybrid up to 2.4; v2 from 2.5 on; /etc/wsl.conf [automount] cgroups= from 2.6.2 on.
void cgroup_finding(const DoctorInput &input, const WslFiles &files, CheckFindings &findings)
{
    if (input.facts.cgroup.memory.v2()) {
        findings.push_back({.looked_at = kSelfCgroup, .found = "cgroup v2 carries the memory controller"});
        return;
    }
    const bool asked = wsl_value(files.distribution, "automount", "cgroups") == "v1";
    findings.push_back({.level = CheckLevel::warn,
                        .looked_at = "/proc/self/cgroup and /etc/wsl.conf",
                        .found = asked ? "cgroups=v1 under [automount] in /etc/wsl.conf"
                                       : "cgroup v1 carries memory, as in WSL up to 2.4",
                        .matters = "an ordinary user gets no limit on v1",
                        .cure = asked ? "take it out, then `wsl --shutdown`"
                                      : "`wsl --update`, or put kernelCommandLine=cgroup_no_v1=all under [wsl2] in "
                                        ".wslconfig; then `wsl --shutdown`"});
}

void pressure_finding(const DoctorInput &input, const WslFiles &files, CheckFindings &findings)
{
    if (input.facts.memory.pressure)
        return;
    const auto line = wsl_value(files.windows, "wsl2", "kernelcommandline").value_or("");
    const bool asked = line.find("psi=1") != std::string::npos;
    findings.push_back({.level = CheckLevel::note,
                        .looked_at = "/proc/pressure/memory",
                        .found = "no pressure interface: WSL's kernels have it off",
                        .matters = "a session cannot be seen to stall before it is killed",
                        .cure = asked ? "psi=1 is asked for already: `wsl --shutdown` once; the 5.15 kernels do not "
                                        "have it at all: `wsl --update`"
                                      : fmt::format("put kernelCommandLine={}psi=1 under [wsl2] in .wslconfig, then "
                                                    "`wsl --shutdown` (WSL's 5.15 kernels do not have it)",
                                                    line.empty() ? "" : line + " ")});
}

void memory_finding(const DoctorInput &input, const WslFiles &files, CheckFindings &findings)
{
    const MemoryFacts &memory = input.facts.memory;
    if (!memory.total_bytes)
        return;
    const auto set = wsl_value(files.windows, "wsl2", "memory");
    const auto swap = wsl_value(files.windows, "wsl2", "swap");
    findings.push_back(
        {.level = CheckLevel::note,
         .looked_at = files.windows_path.empty() ? "/proc/meminfo" : "/proc/meminfo and " + files.windows_path,
         .found = fmt::format("all of WSL 2 has {} memory and {} swap{}{}", format_bytes(*memory.total_bytes),
                              memory.swap_total_bytes ? format_bytes(*memory.swap_total_bytes) : "unknown",
                              set ? "; memory=" + *set : "", swap ? "; swap=" + *swap : ""),
         .matters = "every distribution shares it; unless set it is half of the PC's memory, and a quarter as swap",
         .cure = "to change it: memory= and swap= under [wsl2] in .wslconfig, then `wsl --shutdown`"});
}

} // namespace

void wsl_system(const DoctorInput &input, const WslFiles &files, CheckFindings &findings)
{
    misplaced(files, findings);
    systemd_finding(input, files, findings);
    cgroup_finding(input, files, findings);
    pressure_finding(input, files, findings);
    memory_finding(input, files, findings);
}

CheckFindings check_wsl(const DoctorInput &input)
{
    constexpr const char *kLooked = "the kernel's name, WSL_* variables and the interop entry (two must agree)";
    const Wsl kind = input.facts.host.wsl;
    if (kind == Wsl::no)
        return {{.looked_at = kLooked, .found = "not the Windows Subsystem for Linux"}};
    CheckFindings findings;
    if (kind == Wsl::wsl1) {
        findings.push_back({.level = CheckLevel::fail,
                            .looked_at = kLooked,
                            .found = "WSL 1",
                            .matters = "it has no Linux kernel: no cgroups, so no memory limit and no session of ours",
                            .cure = "on the Windows side: wsl --set-version DISTRIBUTION 2"});
        wsl_places(input, findings);
        return findings;
    }
    const WslFiles files = read_wsl_files(input.root);
    wsl_system(input, files, findings);
    wsl_places(input, findings);
    wsl_reach(input, files, findings);
    return findings;
}

} // namespace dbgscope
