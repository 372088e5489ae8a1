// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "render/status_text.hpp"
#include "text/container_cure.hpp"

// What is missing and how to get it. Each sentence names a setting a person can change.
namespace dbgscope {
namespace {

using Lines = std::vector<std::string>;

void memory_controller(const Facts &facts, Lines &lines)
{
    const CgroupFacts &cgroup = facts.cgroup;
    if (cgroup.memory.version != 0 || cgroup.delegation.detail.empty())
        return;
    std::string line = "memory limits: " + cgroup.delegation.detail;
    if (cgroup.layout == Layout::none) {
        const std::string cure = mounted_cgroupfs_cure(facts.host.container.value_or(""));
        line += "; " + (cure.empty() ? "mount cgroup2 on /sys/fs/cgroup" : cure);
    }
    lines.push_back(std::move(line));
}

/// An ordinary user gets a limit only from cgroup v2: on v1 systemd hands a user manager no controllers, and it then
/// accepts MemoryMax and enforces nothing.
void user_on_v1(const Facts &facts, Lines &lines)
{
    if (facts.cgroup.memory.version != 1 || facts.host.uid == 0 || facts.cgroup.delegation.can_create)
        return;
    lines.push_back(facts.host.wsl == Wsl::wsl2
                        ? "limits for an ordinary user: need cgroup v2; put kernelCommandLine=cgroup_no_v1=all under "
                          "[wsl2] in .wslconfig, then `wsl --shutdown`"
                        : "limits for an ordinary user: need cgroup v2 (a user manager on v1 accepts MemoryMax and "
                          "enforces nothing); boot with systemd.unified_cgroup_hierarchy=1, or run as root");
}

void user_manager(const Facts &facts, Lines &lines)
{
    const SystemdFacts &systemd = facts.systemd;
    if (!systemd.booted && facts.host.wsl == Wsl::wsl2)
        lines.emplace_back(
            "systemd: not running; put systemd=true under [boot] in /etc/wsl.conf, then `wsl --shutdown`");
    if (!systemd.booted || facts.host.uid == 0)
        return;
    if (!systemd.user.socket && !systemd.user.bus) {
        lines.push_back("user manager: " + systemd.user.socket.detail() + "; `loginctl enable-linger` starts one");
        return;
    }
    const auto &controllers = systemd.user.controllers;
    if (facts.cgroup.memory.v2() && controllers && std::ranges::find(*controllers, "memory") == controllers->end())
        lines.emplace_back("limits by the user manager: it was not given the memory controller; "
                           "set Delegate=cpu memory pids for user@.service");
}

void own_cgroups(const Facts &facts, Lines &lines)
{
    if (facts.cgroup.memory.version == 0 || !facts.cgroup.delegation.read_only)
        return;
    std::string line = "cgroups of our own: the cgroup file system is mounted read-only";
    if (const std::string cure = writable_cgroupfs_cure(
            facts.host.container.value_or(""), {.uid = facts.host.uid, .version = facts.cgroup.memory.version});
        !cure.empty())
        line += "; " + cure;
    lines.push_back(std::move(line));
}

void pressure(const Facts &facts, Lines &lines)
{
    const Fact<Pressure> &memory = facts.memory.pressure;
    if (memory || memory.why() == Why::not_asked)
        return;
    std::string line = "pressure: " + memory.detail();
    if (memory.why() == Why::absent || memory.why() == Why::disabled)
        line += facts.host.wsl == Wsl::no ? "; boot with psi=1"
                                          : "; put kernelCommandLine=psi=1 under [wsl2] in .wslconfig, then "
                                            "`wsl --shutdown` (WSL's 5.15 kernels do not have it)";
    lines.push_back(std::move(line));
}

void swap_limit(const Facts &facts, Lines &lines)
{
    const MemoryHierarchy &memory = facts.cgroup.memory;
    const bool real_root = facts.cgroup.delegation.real_root && memory.v2(); // has no limit files at all
    if (memory.version == 0 || real_root || facts.memory.swap_total_bytes.value_or(0) == 0)
        return;
    const Fact<Limit> &swap = memory.chain.back().swap_max;
    if (!swap && swap.why() == Why::absent)
        lines.push_back("swap limit: " + swap.detail() +
                        (memory.version == 1 ? "; boot with swapaccount=1" : "; a cap does not bound swap"));
}

void split(const Facts &facts, Lines &lines)
{
    const Fact<bool> &notify = facts.host.seccomp_notify;
    if (!notify && notify.why() != Why::not_asked)
        lines.push_back("split (a debugger that outlives its debuggee): " + notify.detail());
}

void attaching(const Facts &facts, Lines &lines)
{
    const int scope = facts.host.yama_ptrace_scope.value_or(0);
    if (scope == 0 || (scope < 3 && facts.host.cap_sys_ptrace))
        return;
    if (scope == 1)
        lines.emplace_back("attaching to a running program: kernel.yama.ptrace_scope=1 allows only one's own children; "
                           "`sysctl kernel.yama.ptrace_scope=0`");
    else if (scope == 2)
        lines.emplace_back("debugging: kernel.yama.ptrace_scope=2 allows it only with CAP_SYS_PTRACE; "
                           "`sysctl kernel.yama.ptrace_scope=0`");
    else
        lines.emplace_back("debugging: kernel.yama.ptrace_scope=3 forbids it until the next boot");
}

void tools(const Facts &facts, Lines &lines)
{
    for (const ToolFacts &tool : facts.tools)
        if (!tool.path && tool.path.why() != Why::not_asked)
            lines.push_back(tool.name + ": " + (tool.path.detail().empty() ? "not found" : tool.path.detail()));
}

} // namespace

std::vector<std::string> missing_features(const Facts &facts)
{
    Lines lines;
    for (const auto check :
         {memory_controller, user_on_v1, user_manager, own_cgroups, pressure, swap_limit, split, attaching, tools})
        check(facts, lines);
    return lines;
}

} // namespace dbgscope
