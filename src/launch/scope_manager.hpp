// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <span>
#include <string>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"
#include "sys/bus.hpp"

// A manager that executes itself anew (systemctl daemon-reexec) closes its sockets and opens them again. What it had
// been asked for it goes on with.
namespace dbgscope {

inline constexpr std::chrono::milliseconds kAwayAtMost{2000}, kAwayPause{20};

/// A failure as such a manager gives it: nobody listens, or the connection was closed.
[[nodiscard]] bool is_away(const Error &error);

/// As ManagerBus::connect, again for kAwayAtMost where the manager is away. The broker is asked where there is no
/// private socket for us.
[[nodiscard]] Result<ManagerBus> connect_to(const CreateScope &scope, std::chrono::milliseconds timeout);

/// Every process is in the cgroup of that unit.
[[nodiscard]] bool are_in(std::span<const pid_t> pids, const std::string &unit);

/// A scope with conditions whose start job has ended: a manager ends it as "done", too, where it started nothing.
[[nodiscard]] bool stayed_out(const CreateScope &scope, std::span<const pid_t> pids);

/// Whether the manager has loaded it. Errors: as ManagerBus::drive.
[[nodiscard]] Result<bool> has_unit(const ManagerBus &bus, const std::string &unit, Deadline deadline);

/// Why a scope has failed: "resources", "oom-kill"; empty where the manager has forgotten it.
[[nodiscard]] std::string unit_result(const ManagerBus &bus, const std::string &unit, Deadline deadline);

} // namespace dbgscope
