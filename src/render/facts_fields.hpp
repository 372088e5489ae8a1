// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

#include "dbgscope/facts.hpp"

// The fields of Facts, listed once: facts_json.cpp walks them to write and to read.
// fields(visit, object) calls visit("name", object.member) for each, on const and non-const objects alike.
namespace dbgscope::facts_fields {

template <class T, class Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

void fields(auto &visit, Is<PressureLine> auto &line)
{
    visit("avg10", line.avg10);
    visit("avg60", line.avg60);
    visit("avg300", line.avg300);
    visit("total_us", line.total_us);
}

void fields(auto &visit, Is<Pressure> auto &pressure)
{
    visit("some", pressure.some);
    visit("full", pressure.full);
}

void fields(auto &visit, Is<CgroupLevel> auto &level)
{
    visit("path", level.path);
    visit("dir", level.dir);
    visit("max", level.max);
    visit("high", level.high);
    visit("swap_max", level.swap_max);
    visit("current", level.current);
    visit("swap_current", level.swap_current);
    visit("peak", level.peak);
    visit("inactive_file", level.inactive_file);
    visit("memory_pressure", level.memory_pressure);
}

void fields(auto &visit, Is<MemoryHierarchy> auto &memory)
{
    visit("version", memory.version);
    visit("mount", memory.mount);
    visit("chain", memory.chain);
    visit("effective", memory.effective);
    visit("binding", memory.binding);
    visit("headroom", memory.headroom);
}

void fields(auto &visit, Is<Delegation> auto &delegation)
{
    visit("read_only", delegation.read_only);
    visit("can_create", delegation.can_create);
    visit("namespace_root", delegation.namespace_root);
    visit("real_root", delegation.real_root);
    visit("controllers", delegation.controllers);
    visit("subtree_control", delegation.subtree_control);
    visit("other_processes", delegation.other_processes);
    visit("detail", delegation.detail);
}

void fields(auto &visit, Is<CgroupFacts> auto &cgroup)
{
    visit("layout", cgroup.layout);
    visit("memory", cgroup.memory);
    visit("delegation", cgroup.delegation);
    visit("unified_mount", cgroup.unified_mount);
    visit("unified_dir", cgroup.unified_dir);
    visit("self", cgroup.self);
}

void fields(auto &visit, Is<MemoryFacts> auto &memory)
{
    visit("total_bytes", memory.total_bytes);
    visit("available_bytes", memory.available_bytes);
    visit("swap_total_bytes", memory.swap_total_bytes);
    visit("swap_free_bytes", memory.swap_free_bytes);
    visit("swappiness", memory.swappiness);
    visit("pressure", memory.pressure);
    visit("cpu_pressure", memory.cpu_pressure);
    visit("io_pressure", memory.io_pressure);
}

void fields(auto &visit, Is<ManagerFacts> auto &manager)
{
    visit("socket", manager.socket);
    visit("bus", manager.bus);
    visit("controllers", manager.controllers);
}

void fields(auto &visit, Is<SystemdFacts> auto &systemd)
{
    visit("booted", systemd.booted);
    visit("version", systemd.version);
    visit("system", systemd.system);
    visit("user", systemd.user);
}

void fields(auto &visit, Is<HostFacts> auto &host)
{
    visit("uid", host.uid);
    visit("gid", host.gid);
    visit("kernel", host.kernel);
    visit("container", host.container);
    visit("wsl", host.wsl);
    visit("cap_sys_resource", host.cap_sys_resource);
    visit("cap_sys_admin", host.cap_sys_admin);
    visit("cap_sys_ptrace", host.cap_sys_ptrace);
    visit("no_new_privs", host.no_new_privs);
    visit("yama_ptrace_scope", host.yama_ptrace_scope);
    visit("seccomp_mode", host.seccomp_mode);
    visit("oom_score_adj", host.oom_score_adj);
    visit("seccomp_notify", host.seccomp_notify);
    visit("pidfd", host.pidfd);
    visit("cgroup_kill", host.cgroup_kill);
    visit("terminal", host.terminal);
}

void fields(auto &visit, Is<ToolFacts> auto &tool)
{
    visit("name", tool.name);
    visit("path", tool.path);
    visit("version", tool.version);
    visit("skipped_self", tool.skipped_self);
    visit("gains_privilege", tool.gains_privilege);
}

void fields(auto &visit, Is<PortFacts> auto &taken)
{
    visit("port", taken.port);
    visit("holder", taken.holder);
    visit("session", taken.session);
}

void fields(auto &visit, Is<DebuggeeFacts> auto &debuggee)
{
    visit("path", debuggee.path);
    visit("size_bytes", debuggee.size_bytes);
    visit("is_go", debuggee.is_go);
    visit("go_version", debuggee.go_version);
    visit("default_godebug", debuggee.default_godebug);
    visit("from_toolchain", debuggee.from_toolchain);
}

void fields(auto &visit, Is<Facts> auto &facts)
{
    visit("cgroup", facts.cgroup);
    visit("memory", facts.memory);
    visit("systemd", facts.systemd);
    visit("host", facts.host);
    visit("tools", facts.tools);
    visit("debuggee", facts.debuggee);
    visit("taken_port", facts.taken_port);
}

} // namespace dbgscope::facts_fields
