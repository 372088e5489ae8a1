// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// cgroup mounts as /proc/self/mountinfo shows them (proc_pid_mountinfo(5)), and where a cgroup lies in one.
namespace dbgscope {

struct CgroupMount {
    bool v2 = false;
    bool memory = false;    ///< v1: this hierarchy carries the memory controller
    bool named = false;     ///< v1: "name=systemd", no controller
    bool read_only = false; ///< the mount or its superblock
    std::string root;  ///< the cgroup shown at `point`: "/", "/docker/ID" (a bind mount), "/.." (above our namespace)
    std::string point; ///< mount point, octal escapes undone
};

/// Every cgroup and cgroup2 mount, in the file's order. Lines that are not well-formed are skipped.
[[nodiscard]] std::vector<CgroupMount> parse_mountinfo(std::string_view text);

/// `path` (as in /proc/self/cgroup) relative to the mount's root: "" for the root itself, "a/b" below it, nothing when
/// it lies outside. A mount whose root is above the namespace ("/..") shows nothing we know the name of.
[[nodiscard]] std::optional<std::string_view> below_root(std::string_view mount_root, std::string_view path);

/// The mounts of one hierarchy that show `path`, best first: writable, then the one that shows most ancestors, then
/// the usual place below /sys/fs/cgroup, then the later mount.
[[nodiscard]] std::vector<const CgroupMount *> mounts_showing(const std::vector<CgroupMount> &mounts, bool v2,
                                                              std::string_view path);

/// A path of mountinfo: "\\040" is a blank, "\\012" a newline, "\\134" a backslash (show_mountinfo in
/// fs/proc_namespace.c).
[[nodiscard]] std::string undo_escapes(std::string_view field);
/// Whether the comma-separated mount options have `name`.
[[nodiscard]] bool has_option(std::string_view options, std::string_view name);

} // namespace dbgscope
