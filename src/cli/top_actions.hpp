// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"
#include "session/registry.hpp"

// What the keys of `dbgscope top` do to a session. Each gives words for the person who pressed the key.
namespace dbgscope {

/// Freezes the debuggee's cgroup. Neither it nor a stop of its debugger's gets anywhere until it is let go on.
/// Errors: unsupported (v1; no cgroup of the debuggee's own), cgroup_error's.
[[nodiscard]] Result<std::string> hold(const LiveSession &session);

/// Undoes that. Errors: refused (its watcher holds it: only more memory, or its debugger, lets it go on), and those of
/// hold().
[[nodiscard]] Result<std::string> go_on(const LiveSession &session);

/// Half as much again as its cap is. Errors: unsupported (it has no cap), and those of change_cap().
[[nodiscard]] Result<std::string> give_more(const LiveSession &session);

/// A snapshot of the debuggee in a directory of its own, here. Errors: not_found (there is none), those of
/// open_process() and write_snapshot().
[[nodiscard]] Result<std::string> snapshot_here(const LiveSession &session);

} // namespace dbgscope
