// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "dbgscope/error.hpp"
#include "kernel/process.hpp"
#include "session/registry.hpp"

// Ending a session from outside: the debugger first, as its user would; its watcher cleans up, or else we do.
namespace dbgscope {

struct EndOptions {
    bool use_pidfd = true, use_cgroup_kill = true; ///< false: --assume no-…
    std::chrono::milliseconds polite{3000};        ///< from SIGTERM to SIGKILL
    std::chrono::milliseconds watcher{3000};       ///< for the watcher to clean up
    std::string history;                           ///< where clean_up() records the end; empty: nowhere
};

/// Ends one session in two steps, so that several can end at the same time.
class Ending {
  public:
    Ending(LiveSession session, const EndOptions &options);
    [[nodiscard]] const SessionRecord &record() const { return session_.record; }

    /// Thaws a frozen debuggee and sends SIGTERM to the debugger. Errors: denied.
    [[nodiscard]] Result<void> begin() const;
    /// Waits for the debugger, kills it when it does not go, waits for the watcher. Without a watcher, or when it does
    /// not clean up in time (it is killed then): clean_up(). Errors: timeout (a process that cannot be killed), or
    /// clean_up()'s.
    [[nodiscard]] Result<void> finish(const Registry &registry) const;

  private:
    LiveSession session_;
    EndOptions options_;
    ProcessHandle debugger_;
    std::chrono::steady_clock::time_point begun_;
};

/// The record's place bears the name of its session: nothing else is to be changed by what a record says.
[[nodiscard]] bool names_its_session(const SessionRecord &record);

/// The recorded debugger is in that session's cgroup: whatever was found of its start time, it lives.
[[nodiscard]] bool holds_its_debugger(const SessionRecord &record);

/// What the watcher of a session would have done: kills what is in `debugger` and `debuggee` (without a split: in the
/// scope), removes plain cgroups, appends to the history where it can, then removes the live record. A scope of
/// systemd's goes away by itself. Our own process and the watcher are spared. Also removes what a debugger detached
/// from: nobody is left who knows. Errors: refused (the record does not name a cgroup of its session), timeout,
/// cgroup_error's.
[[nodiscard]] Result<void> clean_up(const Registry &registry, const SessionRecord &record, const EndOptions &options);

} // namespace dbgscope
