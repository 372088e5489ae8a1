// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"
#include "launch/watcher_link.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// The session's directories, held open from its start to its end.
struct OpenSession {
    SessionPlace place;
    UniqueFd scope;    ///< in the hierarchy that carries memory
    UniqueFd debugger; ///< the debugger's leaf; without one the scope itself, opened again
    UniqueFd debuggee; ///< invalid without split
    UniqueFd unified;  ///< the scope in the v2 hierarchy of a hybrid host; invalid elsewhere

    // Where there is no cgroup of the session's own; all of the above is empty then.
    std::string mark;          ///< what its processes have in their environment: session_mark()
    UniqueFd around, limiting; ///< the cgroup it shares, and the one of it and those above that limits most
    [[nodiscard]] bool alone() const { return !mark.empty(); }

    /// Directory of v2 files that exist in every hierarchy layout but legacy: memory.pressure, cgroup.events.
    [[nodiscard]] int v2_scope() const { return place.version == 2 ? scope.get() : unified.get(); }
};

/// Errors: the ones of open(2), about the directory that cannot be opened.
[[nodiscard]] Result<OpenSession> open_session(const SessionPlace &place);

/// Hybrid: moves whatever of the session is not yet in its directory of the v2 hierarchy. Each move waits for an RCU
/// grace period (5 to 14 ms measured).
void join_unified(const OpenSession &session);

} // namespace dbgscope
