// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "kernel/descriptors.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// Many editors show what the program writes and hide what its debugger does. Where the debugger reads the program's
/// standard error itself, by a pipe, a FIFO or a pseudo-terminal (dlv's outputMode remote, gdb's and lldb's DAP), a
/// line written there becomes output that is shown. Never into a file, and never where a person reads our own standard
/// error.
///
/// The verdict comes after a death, when there is nothing to open any more, so the way in is opened as soon as a death
/// is near and kept for a while: it delays the end of file that its reader waits for.
class DebuggeeStderr {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// `debugger` 0: nothing is ever written.
    explicit DebuggeeStderr(pid_t debugger) : debugger_(debugger) {}

    /// Memory is short: these processes may be killed within the next two seconds.
    void expect_death(const std::vector<pid_t> &debuggees, Time now);
    /// While the fuse holds them, for longer.
    void set_held(bool held);
    /// Nobody of them lives; `verdict_due`: how they died is still being found out.
    void all_ended(bool verdict_due, Time now);
    /// True: written to at least one reader.
    bool say(std::string_view line);
    void close();

    /// When on_timer wants to be called; nothing: not at all.
    [[nodiscard]] std::optional<Time> next_look() const { return held_ ? std::nullopt : until_; }
    void on_timer(Time now);

  private:
    struct Out {
        Stream stream;
        UniqueFd fd;
    };
    struct LookedAt { ///< a shell that starts the program may give it another one first
        pid_t debuggee = 0;
        Stream stream;
        bool operator==(const LookedAt &) const = default;
    };
    [[nodiscard]] bool is_shown_anyway();
    void open(pid_t debuggee);

    pid_t debugger_;
    std::optional<bool> shown_anyway_;
    std::vector<LookedAt> looked_at_; ///< since the last close
    std::vector<Out> outs_;
    std::optional<Time> until_;
    bool held_ = false;
};

} // namespace dbgscope
