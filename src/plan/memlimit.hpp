// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"
#include "plan/go_variables.hpp"

// What the watcher and `dbgscope set` have to know of the debuggee's GOMEMLIMIT.
namespace dbgscope {

/// GOMEMLIMIT of the debuggee, infinity where none is set. Nothing: malformed, or a client may set another.
[[nodiscard]] std::optional<Limit> gomemlimit_in_force(const Request &request, const GoEnvironment &go);

/// It is dbgscope's, and what the debugger's client lets a person type can change it: not where that speaks DAP.
[[nodiscard]] bool gomemlimit_is_live(const Request &request, const GoEnvironment &go);

/// What dbgscope chose, where nothing that is typed in the debugger's client can change it: over DAP, under `run`, in
/// lldb. Infinity: nothing of that, or a size that the user asked for (--go-memlimit=SIZE stays).
[[nodiscard]] Limit gomemlimit_of_ours(const Request &request, const GoEnvironment &go, const Watch &watch);

/// A GOMEMLIMIT in force that is not below `fuse_line`, where nothing else was said about it: garbage alone would reach
/// the line.
[[nodiscard]] std::optional<Notice> memlimit_above_fuse(const Request &request, const GoEnvironment &go, Limit cap,
                                                        Limit fuse_line);

} // namespace dbgscope
