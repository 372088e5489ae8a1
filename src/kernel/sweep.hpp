// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/session.hpp"

// Nobody is left to remove a session's cgroup after exec in place: the next start does it.
namespace dbgscope {

/// What the name of a plain cgroup says: "dbgscope.SESSION.PID-STARTTICKS". SESSION may hold dots (it is a unit name
/// without ".scope").
struct SessionName {
    std::string_view session;
    ProcessId debugger;
    bool operator==(const SessionName &) const = default;
};

/// Nothing unless `name` is exactly what dbgscope writes: no leading zeros, no sign, nothing after the ticks.
[[nodiscard]] std::optional<SessionName> parse_session_name(std::string_view name);

/// Removes the directories of dead sessions directly below `parent`, an open (O_RDONLY) cgroup directory, their
/// children first. Dead: no live process has the name's pid and start time; what still holds processes is left by the
/// kernel (EBUSY). Best effort, at most 256 directories a start. Returns how many were removed.
std::size_t sweep_dead_sessions(int parent, const std::string &proc = "/proc");

} // namespace dbgscope
