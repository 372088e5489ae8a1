// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "probe/sys_root.hpp"

// Which mount a path lies on (proc_pid_mountinfo(5)).
namespace dbgscope {

struct MountAt {
    std::uint64_t id = 0, parent = 0;
    std::string point;  ///< octal escapes undone
    std::string type;   ///< "ext4", "9p"
    std::string source; ///< "C:\", "/dev/sda1"
    bool noexec = false;
};

/// Walks down the mounts as a path lookup does, so that a mount over another one, or over a directory above it, counts.
/// `path` is absolute and has no links in it. Nothing: the text has no root mount.
[[nodiscard]] std::optional<MountAt> mount_at(std::string_view mountinfo, std::string_view path);

/// The mount of a path of the machine, links followed as far as it exists. Nothing: mountinfo cannot be read.
[[nodiscard]] std::optional<MountAt> mount_at(const SysRoot &root, const std::string &path);

} // namespace dbgscope
