// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/cgroup.hpp"
#include "session/recording.hpp"
#include "session/recording_file.hpp"
#include "watch/cpu_clock.hpp"
#include "watch/debuggees.hpp"
#include "watch/gc_watch.hpp"
#include "watch/loop.hpp"
#include "watch/open_session.hpp"
#include "watch/recording_pace.hpp"

namespace dbgscope {

/// The session's recording as it is written: a point at wake-ups of the watcher's own and while the debuggee works, an
/// event for what happens. What cannot be written (a full disk) ends it; the session goes on.
class Recording {
  public:
    /// Not `wanted`: no call does anything.
    explicit Recording(bool wanted);

    /// The debugger runs, and its live record is there. `session` outlives this.
    void begin(const SessionRecord &record, const OpenSession &session, const SessionPaths &paths);
    /// Before begin() too; then it is written with that.
    void said(std::string_view line);
    /// Who is debugged now.
    void follow(const std::vector<Debuggee> &living);
    void gone(const GoneDebuggee &gone);
    /// After each wake-up: what has changed in the record, and perhaps a point.
    void turn(const SessionRecord &record);
    /// The last line, and the place to put it is up to keep_recording(). The cgroups may be gone by now.
    void end(const SessionRecord &record);
    /// Wakes the watcher while the debuggee works, and only then.
    [[nodiscard]] Source source();
    /// Why it has ended early.
    [[nodiscard]] const std::optional<Error> &failure() const { return failure_; }

  private:
    using Ms = std::chrono::milliseconds;

    [[nodiscard]] static Ms now();
    [[nodiscard]] std::int64_t at(Ms now) const { return (now - began_).count(); }
    void write(const std::string &line, bool last = false);
    void event(RecordedEvent event);
    void compare(const SessionRecord &record, Ms now);
    [[nodiscard]] RecordedPoint read_point(Ms now, std::uint64_t current_bytes) const;
    void arm(Ms now);
    void look(Ms now, bool always);
    void follow_collector(const std::vector<pid_t> &pids);
    void find_collector(Ms now);
    void check_calendar(Ms now);

    bool wanted_;
    std::optional<RecordingFile> file_;
    std::optional<Error> failure_;
    bool full_ = false;
    Ms began_{};
    std::int64_t calendar_ms_ = 0; ///< CLOCK_REALTIME less CLOCK_MONOTONIC, as last written
    Cgroup memory_, pressure_;     ///< of the debuggee, of the scope
    bool divided_ = false;
    CpuClock clock_;
    GcWatch gc_;
    bool go_ = false;   ///< what is debugged may be Go
    bool grew_ = false; ///< the program of gc_ has moved its memory
    Ms gc_from_{};      ///< since when gc_ has it
    RecordingPace pace_;
    std::optional<Ms> again_at_;     ///< by the wall clock
    std::vector<std::string> early_; ///< said before begin()
    std::vector<ProcessId> known_;
    std::optional<SessionRecord> last_; ///< what the events written so far tell: state, cap, fuse; the rest is not kept
    std::size_t verdicts_ = 0;
};

} // namespace dbgscope
