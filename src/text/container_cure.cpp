// SPDX-License-Identifier: Apache-2.0
#include "text/container_cure.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace dbgscope {
namespace {

/// Whom the cgroup of a container belongs to. By the OCI runtime specification (1.0.3) a writable one of version 2 is
/// given to the user of its first process: runc 1.1 and 1.3 do so where systemd makes it, crun 1.8 does not. Docker's
/// is runc, and systemd makes its cgroups by default.
enum class Owner : std::uint8_t { first_user, first_user_by_runc, root, whoever };

struct Row {
    std::string_view container, cure;
    Owner owner = Owner::root;
};

constexpr Row kWritable[] = {
    {"podman", "start the container with --security-opt unmask=/sys/fs/cgroup, on cgroup v1 with --privileged",
     Owner::first_user_by_runc},
    {"docker", "docker run --security-opt writable-cgroups=true (Docker 28 and later, not rootless), or --privileged",
     Owner::first_user},
    {"devcontainer",
     "dbgscope init devcontainer --write changes devcontainer.json (Docker before 28, or rootless: --privileged), then "
     "rebuild the container",
     Owner::first_user},
    {"codespaces",
     "dbgscope init devcontainer --privileged --write changes devcontainer.json, then rebuild the codespace",
     Owner::first_user},
    {"kubernetes",
     "set resources.limits.memory, or on the node: cgroup_writable = true for the runtime in containerd's "
     "configuration "
     "(2.1 and later), or CRI-O's annotation io.kubernetes.cri-o.cgroup2-mount-hierarchy-rw",
     Owner::first_user_by_runc},
    {"containerd",
     "ctr run --mount type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=rw, nerdctl run --privileged; for pods "
     "cgroup_writable = true in containerd's configuration (2.1 and later)"},
    {"chroot", "outside of it: mount --rbind /sys/fs/cgroup DIR/sys/fs/cgroup, where DIR is its root"},
    {"lxc", "lxc.mount.auto = cgroup:rw in the container's configuration"},
    {"systemd-nspawn", "start it with --boot: systemd inside is given a cgroup of its own", Owner::whoever},
    // Its own first process stays outside of a pid namespace, but in the same cgroup, which v2 wants empty.
    {"bubblewrap", "start it with --bind /sys/fs/cgroup /sys/fs/cgroup, on cgroup v2 without --unshare-pid",
     Owner::whoever},
    {"flatpak", "run the debugger outside of the sandbox: flatpak-spawn --host", Owner::whoever},
};

const Row *row_of(std::string_view container)
{
    const auto *const found = std::ranges::find(kWritable, container, &Row::container);
    return found == std::end(kWritable) ? nullptr : found;
}

bool is_dev_container(std::string_view container)
{
    return container == "devcontainer" || container == "codespaces";
}

} // namespace

std::string writable_cgroupfs_cure(std::string_view container, CgroupMaker maker)
{
    const Row *const row = row_of(container);
    if (row == nullptr)
        return {};
    std::string cure(row->cure);
    if (maker.uid == 0 || row->owner == Owner::whoever)
        return cure;
    if (row->owner == Owner::first_user && maker.version == 2)
        return cure + (is_dev_container(container) ? "; it is then for containerUser, not for another remoteUser"
                                                   : "; it is then for the user the container is started as");
    if (row->owner == Owner::first_user_by_runc && maker.version == 2)
        return cure + "; it is then for root, by runc with systemd's driver for the user the container is started as";
    return cure + "; it is then for root alone";
}

std::string own_cgroup_cure(std::string_view container, CgroupMaker maker)
{
    const Row *const row = row_of(container);
    if (maker.uid == 0)
        return {};
    if (row == nullptr || row->owner != Owner::first_user || maker.version != 2)
        return "run as root, or inside a delegated cgroup";
    return is_dev_container(container) ? "run as root, or name this user as containerUser in devcontainer.json"
                                       : "run as root, or start the container as this user";
}

std::string controller_cure(std::string_view container)
{
    // lxc-attach enters /.lxc, to which / gives no controller while its first process is in /. Seen with LXC 7.0.
    return container == "lxc" ? "once, in the shell that lxc-attach starts: echo $$ > /sys/fs/cgroup/cgroup.procs" : "";
}

std::string mounted_cgroupfs_cure(std::string_view container)
{
    if (container == "containerd") // its default has none; read-only is enough to be told of the limit
        return "start it with ctr run --mount type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=rw";
    return container == "chroot" ? writable_cgroupfs_cure(container, {}) : std::string();
}

std::string ptrace_cure(std::string_view container)
{
    if (container == "kubernetes")
        return "kubectl debug --profile=general, or SYS_PTRACE in securityContext.capabilities.add";
    if (container == "containerd")
        return "--cap-add=CAP_SYS_PTRACE (ctr run), --cap-add=SYS_PTRACE (nerdctl run)";
    if (container == "lxc")
        return "leave sys_ptrace out of lxc.cap.drop in the container's configuration";
    if (container == "systemd-nspawn")
        return "--capability=CAP_SYS_PTRACE";
    return is_dev_container(container) ? "dbgscope init devcontainer --write adds --cap-add=SYS_PTRACE"
                                       : "--cap-add=SYS_PTRACE";
}

std::string unconfined_cure(std::string_view container)
{
    if (container == "kubernetes")
        return "type: Unconfined in securityContext.appArmorProfile of the container that debugs";
    if (container == "lxc")
        return "lxc.apparmor.profile = unconfined in the container's configuration";
    if (container == "containerd")
        return "nerdctl run --security-opt apparmor=unconfined";
    if (container == "docker" || container == "podman" || is_dev_container(container))
        return "--security-opt apparmor=unconfined for the container that debugs";
    return "a ptrace rule for the other profile in this one";
}

std::string limits_inquiry(std::string_view container)
{
    if (container == "kubernetes")
        return "kubectl get pod -o yaml";
    if (container == "docker" || is_dev_container(container))
        return "docker inspect";
    if (container == "podman")
        return "podman inspect";
    if (container == "containerd")
        return "ctr container info, nerdctl inspect";
    if (container == "lxc")
        return "its configuration, and lxc-cgroup -n NAME memory.max";
    return {};
}

std::string machines_cgroups_cure(std::string_view container)
{
    if (container == "docker" || container == "podman" || is_dev_container(container))
        return "--cgroupns=host";
    return {};
}

} // namespace dbgscope
