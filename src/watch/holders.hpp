// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/process.hpp"

namespace dbgscope {

/// `dbgscope held-by PID SESSION DEBUGGER`: prints who of process PID waits at the limit, and who holds its memory. Not
/// for people.
inline constexpr std::string_view kHolderVerb = "held-by";

/// Has the lines that follow "debuggee held" said by a process of its own: reading debug information takes memory and
/// time that the watcher has not. That process ends by itself within two seconds and is the first to go when the
/// session's memory is short.
class HolderLine {
  public:
    HolderLine() = default;
    HolderLine(const HolderLine &) = delete;
    HolderLine &operator=(const HolderLine &) = delete;
    ~HolderLine() { end(); }

    /// Waits for no more than a fork. One at a time: what still runs is ended. `log_file`: written to instead of
    /// stderr and the program's own output; empty: none.
    void start(pid_t pid, const std::string &session, pid_t debugger, const std::string &log_file);
    /// So that stderr is let go of.
    void end();

  private:
    std::optional<ProcessHandle> running_; ///< no child of the watcher: nobody has to wait for it
};

/// The one with the most memory in use; 0: none of them can be read.
[[nodiscard]] pid_t largest_process(const std::vector<pid_t> &pids, const std::string &proc = "/proc");

} // namespace dbgscope
