// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbgscope/bus_value.hpp"
#include "dbgscope/fields.hpp"

// The two steps that make a cgroup, of the plan's (plan.hpp).
namespace dbgscope {

struct ScopeProperty {
    std::string name; ///< D-Bus name: "MemoryMax", "RuntimeMaxUSec"
    BusValue value;
    bool droppable = true; ///< an older systemd may not know it: drop it and report; false: fail
    bool limit = false;    ///< dropping it means the cap is not in force
    bool operator==(const ScopeProperty &) const = default;
};

/// One write into a control file of the new cgroup.
struct CgroupWrite {
    std::string file;      ///< "memory.max"
    std::string value;     ///< "536870912"
    bool optional = false; ///< ENOENT (no swap accounting, …) is reported and survived
    bool operator==(const CgroupWrite &) const = default;
};

/// Split: two cgroups below the scope's. `debugger` is entered; the watcher moves each debuggee into `debuggee`.
struct Division {
    int version = 2;                   ///< of the hierarchy that carries memory
    std::vector<std::string> enable;   ///< v2: controllers to enable in the scope's cgroup.subtree_control
    std::vector<CgroupWrite> debugger; ///< limits of the debugger and what it starts
    std::vector<CgroupWrite> debuggee; ///< the cap
    bool operator==(const Division &) const = default;
};

/// systemd: one transient scope with our pid in it.
struct CreateScope {
    bool user_manager = false;
    std::string unit; ///< "run-p123-0011223344556677.scope"
    std::string job_mode = "fail";
    bool ask_password = false;             ///< allow polkit to ask (system manager, not root)
    std::string socket;                    ///< private socket to try first; empty: none
    std::string bus;                       ///< bus address or socket to try second; empty: none
    std::vector<ScopeProperty> properties; ///< in the order they are sent, PIDFDs not among them
    std::string memory_mount;              ///< of the hierarchy that carries memory: finds the scope's directory
    std::string unified_mount;             ///< hybrid: of the v2 hierarchy; empty elsewhere
    std::optional<Division> division;
    bool may_stay_out = false; ///< where a condition does not hold the command runs outside, as systemd-run has it
    bool operator==(const CreateScope &) const = default;
};

/// cgroupfs: a directory of our own below `parent`, limits first, then our pid.
struct CreateCgroup {
    int version = 2;    ///< of the hierarchy that carries memory
    std::string parent; ///< directory of our own cgroup in it
    std::string name;   ///< "dbgscope.SESSION.PID-STARTTICKS"
    bool vacate_parent =
        false; ///< v2: move every process of `parent` that may be moved into a leaf, then enable memory
    std::vector<std::string> enable; ///< v2: controllers to enable in parent's cgroup.subtree_control
    std::vector<CgroupWrite> writes;
    std::string unified_parent; ///< hybrid: also enter `unified_parent`/`name`, for pressure, kill, freeze; empty: no
    std::optional<Division> division;
    bool operator==(const CreateCgroup &) const = default;
};

void fields(auto &visit, Is<ScopeProperty> auto &property)
{
    visit.tagged("type", "value", property.value, kBusSignatures);
    visit("name", property.name);
    visit("droppable", property.droppable);
    visit("limit", property.limit);
}

void fields(auto &visit, Is<CgroupWrite> auto &write)
{
    visit("file", write.file);
    visit("value", write.value);
    visit("optional", write.optional);
}

void fields(auto &visit, Is<Division> auto &division)
{
    visit("version", division.version);
    visit("enable", division.enable);
    visit("debugger", division.debugger);
    visit("debuggee", division.debuggee);
}

void fields(auto &visit, Is<CreateScope> auto &scope)
{
    visit.word("manager", scope.user_manager, "system", "user");
    visit("unit", scope.unit);
    visit("job_mode", scope.job_mode);
    visit("ask_password", scope.ask_password);
    visit("socket", scope.socket);
    visit("bus", scope.bus);
    visit("properties", scope.properties);
    visit("memory_mount", scope.memory_mount);
    visit("unified_mount", scope.unified_mount);
    visit("division", scope.division);
    visit("may_stay_out", scope.may_stay_out);
}

void fields(auto &visit, Is<CreateCgroup> auto &cgroup)
{
    visit("version", cgroup.version);
    visit("parent", cgroup.parent);
    visit("name", cgroup.name);
    visit("vacate_parent", cgroup.vacate_parent);
    visit("enable", cgroup.enable);
    visit("writes", cgroup.writes);
    visit("unified_parent", cgroup.unified_parent);
    visit("division", cgroup.division);
}

} // namespace dbgscope
