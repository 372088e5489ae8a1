// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"
#include "plan/watch.hpp"

// What happens to a debuggee that is about to run out of memory, and what is kept of that moment.
namespace dbgscope {

/// Why the debuggee cannot be held before its cap, given that split is possible; empty: it can.
[[nodiscard]] std::string fuse_obstacle(const Facts &facts, const Request &request, const std::optional<Limit> &cap);

/// The debuggee is to be caught between the line and the cap, so neither may be passed in one stride.
constexpr bool stops(FuseAction action)
{
    return action == FuseAction::hold || action == FuseAction::snapshot;
}
/// ", cap 512M for the debuggee (fuse at 486.4M)"; in MiB where rounding to 1.3G would make both the same.
[[nodiscard]] std::string debuggee_words(const Watch &watch);
/// Why there is a seccomp filter, and what it costs.
[[nodiscard]] std::string filter_reason(const HostFacts &host, const Watch &watch);

/// `run --watch` with --snapshot=DIR or --fuse-action=snapshot: the command is watched like a debuggee.
[[nodiscard]] bool snapshots_command(const Settings &settings);

/// The action, and the line below `cap`.
void plan_fuse(const Settings &settings, Limit cap, Watch &watch);

/// Whether the desktop shows a hold and a kill.
[[nodiscard]] DesktopNotice desktop_notice(const Settings &settings);

/// After plan_heap_profile: whether a snapshot is taken when the fuse trips (`--snapshot`); and where there is no fuse,
/// but a heap profile, the line at which it is looked who holds the memory.
void plan_look(const Settings &settings, WatchPlan &plan);

} // namespace dbgscope
