// SPDX-License-Identifier: Apache-2.0
#include "text/container_cure.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dbgscope {
namespace {

constexpr std::pair<std::string_view, std::string_view> kCures[] = {
    {"podman", "start the container with --security-opt unmask=/sys/fs/cgroup, on cgroup v1 with --privileged"},
    {"docker", "docker run --security-opt writable-cgroups=true (Docker 28 and later), or --privileged"},
    {"devcontainer",
     "dbgscope init devcontainer --write changes devcontainer.json (Docker before 28: --privileged), then "
     "rebuild the container"},
    {"codespaces",
     "dbgscope init devcontainer --privileged --write changes devcontainer.json, then rebuild the codespace"},
    {"kubernetes",
     "on the node: cgroup_writable = true for the runtime in containerd's configuration (2.1 and later), or "
     "CRI-O's annotation io.kubernetes.cri-o.cgroup2-mount-hierarchy-rw; else set resources.limits.memory"},
    {"containerd", "start it with --privileged (ctr run, nerdctl run)"},
    {"chroot", "outside of it: mount --rbind /sys/fs/cgroup DIR/sys/fs/cgroup, where DIR is its root"},
    {"lxc", "lxc.mount.auto = cgroup:rw in the container's configuration"},
    {"systemd-nspawn", "start it with --boot: systemd inside is given a cgroup of its own"},
    // Its own first process stays outside of a pid namespace, but in the same cgroup, which v2 wants empty.
    {"bubblewrap", "start it with --bind /sys/fs/cgroup /sys/fs/cgroup, on cgroup v2 without --unshare-pid"},
    {"flatpak", "run the debugger outside of the sandbox: flatpak-spawn --host"},
};

} // namespace

std::string writable_cgroupfs_cure(std::string_view container)
{
    const auto *const found = std::ranges::find(kCures, container, [](const auto &row) { return row.first; });
    return found == std::end(kCures) ? std::string() : std::string(found->second);
}

} // namespace dbgscope
