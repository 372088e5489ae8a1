// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"

namespace dbgscope {

/// Below this the launcher itself would be killed before its exec (systemd-run with MemoryMax=1 dies with 137 and no
/// word).
inline constexpr std::uint64_t kSmallestCapBytes = 8 * kMiB;
/// Below this a default cap helps nobody: warn and go on without.
inline constexpr std::uint64_t kSmallestDefaultCapBytes = 64 * kMiB;
/// Room for `go build` of a mid-sized program; measured peaks with a cold cache: 178M (hello) to 1016M (cmd/compile).
inline constexpr std::uint64_t kBuildAllowanceBytes = kGiB;
/// What a look inside a command takes; debug information of a program of 30 MiB: 40 MiB.
inline constexpr std::uint64_t kSnapshotRoomBytes = 64 * kMiB;

/// Who gets how much memory, and why.
struct Budget {
    std::optional<Limit> cap;            ///< of the debuggee, or of the command under `run`
    std::optional<Limit> scope_limit;    ///< MemoryMax of the scope
    std::optional<Limit> debugger_limit; ///< of the debugger and what it starts, where split keeps them apart
    bool cap_is_default = false;         ///< nobody asked for this cap
    std::string cap_reason;
    std::string scope_reason;
    std::vector<Notice> notices;
};

/// Decides the memory limits of one launch. The scope carries the cap and a share for the debugger, split or not.
/// Errors: limit (a cap below 8 MiB; no default cap possible under --require=limit), refused (pressure.action: refuse).
[[nodiscard]] Result<Budget> make_budget(const Facts &facts, const Request &request);

/// What a command may have of a limit in force, so that the snapshot of it can be taken below the same limit.
[[nodiscard]] Limit less_snapshot_room(Limit in_force);

/// "--memory-max", "DBGSCOPE_MEMORY_MAX", "/etc/dbgscope/config.yaml:3:8": where a setting came from.
[[nodiscard]] std::string origin_of(const Settings &settings, Key key);

/// Somebody wrote it, rather than the built-in profiles.
[[nodiscard]] bool asked(const Settings &settings, Key key);

/// Whether `--require=WHAT` was given.
[[nodiscard]] bool required(const Settings &settings, const char *what);

} // namespace dbgscope
