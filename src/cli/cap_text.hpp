// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "session/cap.hpp"
#include "session/registry.hpp"
#include "session/usage.hpp"

namespace dbgscope {

/// How a Go program's own limit is changed as well, by hand.
struct LiveMemlimit {
    std::string client;  ///< where the command is typed: "dlv", "gdb"
    std::string command; ///< see go_memlimit_command()
};
/// Nothing where this session has set none, or where its client takes no such command (over DAP).
[[nodiscard]] std::optional<LiveMemlimit> live_memlimit(const SessionRecord &record, Limit cap);

/// What the user is told after `dbgscope set ID memory.max=…`, lines ending with a newline: old and new limits, an
/// outer limit that counts instead ("4G of /sys/fs/cgroup/debug.slice"; empty: none), a fuse line that is passed
/// already, the command for a Go debuggee's GOMEMLIMIT. `before` is what was in force.
[[nodiscard]] std::string cap_change_text(const LiveSession &session, const Usage &before, const CapChange &change,
                                          const std::string &outer);

} // namespace dbgscope
