// SPDX-License-Identifier: Apache-2.0
#include "plan/backend.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "text/container_cure.hpp"

namespace dbgscope {
namespace {

bool has(const std::vector<std::string> &words, std::string_view word)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// "does not exist" for a fact without a value, in words a person can act on.
template <class T> std::string why_text(const Fact<T> &fact)
{
    if (!fact.detail().empty())
        return fact.detail();
    return why_words(fact.why());
}

using Verdict = std::variant<BackendOption, BackendGap>;

Verdict system_manager(const Facts &facts, bool forced)
{
    const ManagerFacts &manager = facts.systemd.system;
    if (!facts.systemd.booted)
        return BackendGap{Backend::systemd_system, "systemd is not running", ""};
    if (!manager.socket && !manager.bus)
        return BackendGap{Backend::systemd_system, "system manager: " + why_text(manager.socket), ""};
    if (facts.host.uid != 0 && !forced)
        return BackendGap{Backend::systemd_system,
                          "the system manager asks for a password where the caller is not root",
                          "--backend=systemd-system to use it all the same"};
    return BackendOption{Backend::systemd_system, forced ? "asked for by --backend" : "root on a machine with systemd",
                         facts.cgroup.memory.version != 0};
}

Verdict user_manager(const Facts &facts, bool forced)
{
    const ManagerFacts &manager = facts.systemd.user;
    if (!facts.systemd.booted)
        return BackendGap{Backend::systemd_user, "systemd is not running", ""};
    if (!manager.socket && !manager.bus)
        return BackendGap{Backend::systemd_user, "no user manager: " + why_text(manager.socket),
                          "log in, or run `loginctl enable-linger` once"};
    // systemd.resource-control(5): a user manager on cgroup v1 accepts MemoryMax and enforces nothing.
    const bool v2 = facts.cgroup.memory.v2();
    const bool delegated = v2 && (!manager.controllers || has(*manager.controllers, "memory"));
    if (!delegated && !forced)
        return BackendGap{Backend::systemd_user,
                          v2 ? "the user manager has no memory controller delegated"
                             : "a user manager enforces no memory limit on cgroup v1",
                          v2 ? "add Delegate=memory to user@.service" : "boot with systemd.unified_cgroup_hierarchy=1"};
    return BackendOption{Backend::systemd_user, forced ? "asked for by --backend" : "own user manager", delegated};
}

Verdict cgroupfs(const Facts &facts, bool forced)
{
    const CgroupFacts &cgroup = facts.cgroup;
    const Delegation &delegation = cgroup.delegation;
    const std::string container = facts.host.container.value_or("");
    const CgroupMaker maker{.uid = facts.host.uid, .version = cgroup.memory.version};
    if (cgroup.memory.version == 0)
        return BackendGap{Backend::cgroupfs, "no memory controller is visible",
                          cgroup.layout == Layout::none ? mounted_cgroupfs_cure(container) : ""};
    if (delegation.read_only)
        return BackendGap{Backend::cgroupfs, "the cgroup file system is mounted read-only",
                          writable_cgroupfs_cure(container, maker)};
    if (!delegation.can_create)
        return BackendGap{Backend::cgroupfs,
                          delegation.detail.empty() ? "our own cgroup is not writable" : delegation.detail,
                          own_cgroup_cure(container, maker)};
    if (cgroup.memory.v2() && !has(delegation.controllers, "memory"))
        return BackendGap{Backend::cgroupfs, "the memory controller is not available in our own cgroup",
                          controller_cure(container)};
    // Under systemd a session's processes are its manager's to place: move them only when asked to.
    if (must_vacate(cgroup) && facts.systemd.booted && !forced)
        return BackendGap{Backend::cgroupfs, "the processes of our own cgroup belong to systemd",
                          "--backend=cgroupfs to move them into a child all the same"};
    return BackendOption{Backend::cgroupfs, forced ? "asked for by --backend" : "our own cgroup is writable", true};
}

} // namespace

bool must_vacate(const CgroupFacts &cgroup)
{
    return cgroup.memory.v2() && !cgroup.delegation.real_root && !has(cgroup.delegation.subtree_control, "memory");
}

BackendChoice choose_backend(const Facts &facts, const Settings &settings)
{
    const std::string wanted = settings.text(Key::backend, "auto");
    const bool automatic = wanted == "auto";
    BackendChoice choice;
    const auto consider = [&](Backend backend, auto look) {
        const bool forced = wanted == backend_name(backend);
        if (!automatic && !forced)
            return;
        const Verdict verdict = look(facts, forced);
        if (const auto *option = std::get_if<BackendOption>(&verdict))
            choice.usable.push_back(*option);
        else
            choice.gaps.push_back(std::get<BackendGap>(verdict));
    };
    if (automatic && !facts.systemd.booted) {
        choice.gaps.push_back(
            {facts.host.uid == 0 ? Backend::systemd_system : Backend::systemd_user, "systemd is not running", ""});
    } else if (facts.host.uid == 0) {
        consider(Backend::systemd_system, system_manager);
        if (!automatic) // root's own user manager is used only when it is asked for
            consider(Backend::systemd_user, user_manager);
    } else {
        consider(Backend::systemd_user, user_manager);
        consider(Backend::systemd_system, system_manager);
    }
    consider(Backend::cgroupfs, cgroupfs);
    choice.usable.push_back(
        {Backend::none, wanted == "none" ? "asked for by --backend" : "no cgroup of our own can be made", false});
    return choice;
}

} // namespace dbgscope
