// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/plan.hpp"
#include "dbgscope/session.hpp"
#include "session/paths.hpp"
#include "session/registry.hpp"

namespace dbgscope {

/// Keeps the session's record: live soon after the debugger's exec, in the history and the journal at the end. A record
/// that cannot be written never disturbs the session.
class Recorder {
  public:
    /// `debugger` is alive. Paths come from the environment, read here once.
    Recorder(const Watch &order, ProcessId debugger);
    [[nodiscard]] SessionRecord &record() { return record_; }
    [[nodiscard]] const SessionRecord &record() const { return record_; }
    /// Where snapshots go that nobody has named a place for; empty: nowhere.
    [[nodiscard]] std::string snapshot_directory() const { return snapshots_beside(paths_); }
    /// The debugger's working directory, as it is now.
    void note_directory();
    /// Keeps a line nobody could read.
    void keep_unsaid(std::string_view line);
    /// Writes the live record as it is now.
    void write();
    /// Cleans up after sessions whose watcher was killed before it could.
    void sweep();
    /// A cap that was asked for since, where there is no control file to write it to; once.
    [[nodiscard]] std::optional<Limit> take_cap();
    /// The last word: history, journal, and the live record is gone.
    void end();

  private:
    void note(const Result<void> &written);

    SessionPaths paths_;
    bool use_pidfd_, use_cgroup_kill_;
    std::optional<Registry> registry_;
    SessionRecord record_;
    bool failed_ = false;              ///< and noted
    std::int64_t started_boot_ms_ = 0; ///< CLOCK_BOOTTIME
};

} // namespace dbgscope
