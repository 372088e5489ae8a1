// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "kernel/reader.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

CheckFinding interface_finding(const DoctorInput &input)
{
    constexpr const char *kFile = "/proc/pressure/memory";
    const Fact<Pressure> &memory = input.facts.memory.pressure;
    if (memory)
        return {.looked_at = kFile, .found = "the kernel measures pressure (PSI)"};
    if (memory.why() == Why::denied || memory.why() == Why::malformed)
        return {.level = CheckLevel::unknown,
                .looked_at = kFile,
                .found = "it cannot be read: " + memory.detail(),
                .matters = "sessions are then watched by their memory counters alone"};
    return {.level = CheckLevel::note,
            .looked_at = kFile,
            .found = "no pressure interface: " + memory.detail(),
            .matters = "a session cannot be seen to stall before it is killed; it is watched by its memory counters "
                       "alone",
            .cure = input.facts.host.wsl == Wsl::no
                        ? "boot with psi=1 (a kernel without CONFIG_PSI does not have it)"
                        : "put kernelCommandLine=psi=1 under [wsl2] in .wslconfig, then `wsl --shutdown` (WSL's 5.15 "
                          "kernels do not have it)"};
}

} // namespace

CheckFindings check_pressure(const DoctorInput &input)
{
    CheckFindings findings{interface_finding(input)};
    // systemd-oomd(8) works on cgroup v2 only; its cgroup is there while it runs.
    const std::string directory = input.facts.cgroup.unified_mount + "/system.slice/systemd-oomd.service";
    if (!input.facts.cgroup.unified_mount.empty() && Reader(input.root.root).exists(directory))
        findings.push_back({.level = CheckLevel::note,
                            .looked_at = directory,
                            .found = "systemd-oomd is running",
                            .matters = "where it is told to watch a slice it kills whole cgroups below it for pressure "
                                       "or full swap, a stopped debuggee and its debugger with them",
                            .cure = "`oomctl` shows which cgroups it watches; a session is marked to be spared where "
                                    "it may (ManagedOOMPreference=avoid)"});
    return findings;
}

} // namespace dbgscope
