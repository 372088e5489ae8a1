// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Nobody is left to remove a session's cgroup after exec in place: the next start does it.
namespace dbgscope {

/// A directory name "dbgscope.SESSION.PID-STARTTICKS". SESSION may hold dots (it is a unit name without ".scope").
struct SessionDirectory {
    std::string_view session;
    pid_t pid = 0;
    std::uint64_t start_ticks = 0; ///< field 22 of /proc/PID/stat, clock ticks since boot
    bool operator==(const SessionDirectory &) const = default;
};

/// Nothing unless `name` is exactly what dbgscope writes: no leading zeros, no sign, nothing after the ticks.
[[nodiscard]] std::optional<SessionDirectory> parse_session_directory(std::string_view name);

/// Field 22 of the text of /proc/PID/stat; nothing when it is malformed. comm (field 2) may hold spaces and ')'.
[[nodiscard]] std::optional<std::uint64_t> parse_start_ticks(std::string_view stat);

/// rmdir of `name` below the open directory `parent`, its children first where it has some. False: processes are in it,
/// or it cannot be removed.
bool remove_cgroup(int parent, const std::string &name);

/// Removes the directories of dead sessions directly below `parent`, an open (O_RDONLY) cgroup directory, their
/// children first. Dead: no live process has the name's pid and start time; what still holds processes is left by the
/// kernel (EBUSY). Best effort, at most 256 directories a start. Returns how many were removed.
std::size_t sweep_dead_sessions(int parent, const std::string &proc = "/proc");

} // namespace dbgscope
