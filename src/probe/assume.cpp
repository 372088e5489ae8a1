// SPDX-License-Identifier: Apache-2.0
#include "probe/assume.hpp"

#include <algorithm>
#include <array>

#include "dbgscope/profile.hpp"

namespace dbgscope {
namespace {

template <class T> Fact<T> gone(std::string_view name)
{
    return Fact<T>(Why::assumed, "--assume " + std::string(name));
}

void drop_memory(Facts &facts, std::string_view name)
{
    facts.cgroup.memory = {};
    facts.cgroup.memory.headroom = gone<std::uint64_t>(name);
    facts.cgroup.delegation = {};
    facts.cgroup.delegation.detail = "--assume " + std::string(name);
    if (facts.systemd.user.controllers) {
        auto controllers = *facts.systemd.user.controllers;
        std::erase(controllers, "memory");
        facts.systemd.user.controllers = std::move(controllers);
    }
}
void drop_cgroup(Facts &facts, std::string_view name)
{
    drop_memory(facts, name);
    facts.cgroup.layout = Layout::none;
    facts.cgroup.unified_mount.clear();
    facts.cgroup.unified_dir.clear();
}
void drop_delegation(Facts &facts, std::string_view name)
{
    facts.cgroup.delegation.can_create = false;
    facts.cgroup.delegation.detail = "--assume " + std::string(name);
}
void drop_swap_limit(Facts &facts, std::string_view name)
{
    for (CgroupLevel &level : facts.cgroup.memory.chain) {
        level.swap_max = gone<Limit>(name);
        level.swap_current = gone<std::uint64_t>(name);
    }
}
void drop_meminfo(Facts &facts, std::string_view name)
{
    for (auto *const fact : {&facts.memory.total_bytes, &facts.memory.available_bytes, &facts.memory.swap_total_bytes,
                             &facts.memory.swap_free_bytes})
        *fact = gone<std::uint64_t>(name);
}
void drop_psi(Facts &facts, std::string_view name)
{
    for (auto *const fact : {&facts.memory.pressure, &facts.memory.cpu_pressure, &facts.memory.io_pressure})
        *fact = gone<Pressure>(name);
    for (CgroupLevel &level : facts.cgroup.memory.chain)
        level.memory_pressure = gone<Pressure>(name);
}
void drop_manager(ManagerFacts &manager, std::string_view name)
{
    manager.socket = gone<std::string>(name);
    manager.bus = gone<std::string>(name);
    manager.controllers = gone<std::vector<std::string>>(name);
}
void drop_system_manager(Facts &facts, std::string_view name)
{
    drop_manager(facts.systemd.system, name);
}
void drop_user_manager(Facts &facts, std::string_view name)
{
    drop_manager(facts.systemd.user, name);
}
void drop_systemd(Facts &facts, std::string_view name)
{
    facts.systemd.booted = false;
    facts.systemd.version = gone<int>(name);
    drop_system_manager(facts, name);
    drop_user_manager(facts, name);
}
void drop_private_socket(Facts &facts, std::string_view name)
{
    facts.systemd.system.socket = gone<std::string>(name);
    facts.systemd.user.socket = gone<std::string>(name);
}
void drop_seccomp_notify(Facts &facts, std::string_view name)
{
    facts.host.seccomp_notify = gone<bool>(name);
}
void drop_pidfd(Facts &facts, std::string_view name)
{
    facts.host.pidfd = gone<bool>(name);
}
void drop_cgroup_kill(Facts &facts, std::string_view name)
{
    facts.host.cgroup_kill = gone<bool>(name);
}
void drop_ptrace(Facts &facts, std::string_view /*name*/)
{
    facts.host.yama_ptrace_scope = 1;
    facts.host.cap_sys_ptrace = false;
}
void drop_bus(Facts &facts, std::string_view name)
{
    facts.systemd.system.bus = gone<std::string>(name);
    facts.systemd.user.bus = gone<std::string>(name);
}

using Drop = void (*)(Facts &, std::string_view);
constexpr std::array<AssumeName, 15> kNames{{
    {"no-cgroup", "no cgroup file system is mounted"},
    {"no-memory-controller", "no hierarchy carries the memory controller"},
    {"no-delegation", "no cgroup of our own can be created"},
    {"no-swap-limit", "cgroups have no swap limit files"},
    {"no-meminfo", "the machine's memory and swap sizes are unknown"},
    {"no-psi", "the kernel has no pressure information"},
    {"no-systemd", "systemd is not the init system"},
    {"no-system-manager", "the system manager cannot be reached"},
    {"no-user-manager", "there is no user manager"},
    {"no-private-socket", "the managers' private sockets do not exist"},
    {"no-bus", "there is no system bus and no session bus"},
    {"no-seccomp-notify", "a seccomp filter cannot hand calls to another process: no split"},
    {"no-pidfd", "processes have no pidfds"},
    {"no-cgroup-kill", "cgroups have no cgroup.kill"},
    {"no-ptrace", "only an ancestor or a debugger may look into a process: yama's ptrace_scope is 1"},
}};
constexpr std::array<Drop, kNames.size()> kDrops{
    drop_cgroup, drop_memory,         drop_delegation,     drop_swap_limit,   drop_meminfo,
    drop_psi,    drop_systemd,        drop_system_manager, drop_user_manager, drop_private_socket,
    drop_bus,    drop_seccomp_notify, drop_pidfd,          drop_cgroup_kill,  drop_ptrace};

} // namespace

std::span<const AssumeName> assume_names()
{
    return kNames;
}

Result<void> check_assume(const std::vector<std::string> &assume)
{
    for (const std::string &name : assume) {
        if (std::ranges::find(kNames, name, &AssumeName::name) != kNames.end())
            continue;
        std::vector<std::string> known;
        std::string all;
        for (const AssumeName &row : kNames) {
            known.emplace_back(row.name);
            all += (all.empty() ? "" : ", ") + std::string(row.name);
        }
        const std::string near = suggest(name, known);
        return fail({.kind = ErrorKind::usage,
                     .operation = "assume",
                     .subject = '"' + name + '"',
                     .cause = "no such feature",
                     .hint = near.empty() ? "known: " + all : "did you mean " + near + "?"});
    }
    return {};
}

void apply_assume(const std::vector<std::string> &assume, Facts &facts)
{
    for (const std::string &name : assume)
        for (std::size_t i = 0; i < kNames.size(); ++i)
            if (kNames[i].name == name)
                kDrops[i](facts, name);
}

} // namespace dbgscope
