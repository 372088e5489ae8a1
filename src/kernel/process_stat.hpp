// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/error.hpp"

// /proc/PID/stat and /proc/PID/status, taken apart once.
namespace dbgscope {

/// What is used of proc_pid_stat(5).
struct ProcessStat {
    std::string name; ///< comm, at most 15 bytes; it may hold blanks and parentheses
    char state = '?'; ///< 'R', 'S', 'D', 't', 'T', 'Z', 'X'
    pid_t parent = 0, group = 0, session = 0;
    std::uint64_t flags = 0;        ///< PF_…
    std::uint64_t minor_faults = 0; ///< that took no file's page from a disk: mostly new memory
    std::uint64_t start_ticks = 0;  ///< clock ticks since boot
    int exit_code = 0;              ///< of a zombie, as waitpid(2) gives it; 0 also where we may not trace it

    /// It waits for its parent, or is all gone.
    [[nodiscard]] bool ended() const { return state == 'Z' || state == 'X'; }
    /// On its way to that (PF_EXITING), or there.
    [[nodiscard]] bool exiting() const;
};

/// Nothing when one of the fields up to the start time is missing or malformed.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// Of PID below `proc`. Nothing: no such process, or hidden (hidepid). Malformed
/// text: errno EINVAL.
[[nodiscard]] Result<ProcessStat> read_process_stat(pid_t pid, const std::string &proc = "/proc");
/// The same of one of its threads.
[[nodiscard]] Result<ProcessStat> read_thread_stat(pid_t pid, pid_t thread, const std::string &proc = "/proc");

/// The lines of /proc/PID/status or /proc/PID/task/TID/status that matter here (proc_pid_status(5)).
struct TaskStatus {
    char state = '?';          ///< 'R', 'S', 'D', 't' (stopped by its tracer), 'T' (by a signal), 'Z', 'X'
    int tracer = 0;            ///< TracerPid; 0: not traced
    int threads = 0;           ///< of its process
    bool memory = false;       ///< VmSize is there: it has not given up its memory yet, as a dying task does first
    std::uint64_t pending = 0; ///< SigPnd | ShdPnd without SigBlk: what it would handle next. Bit n-1: signal n

    [[nodiscard]] bool stopped() const { return state == 't' || state == 'T'; }
    [[nodiscard]] bool dead() const { return state == 'Z' || state == 'X' || !memory; }
    /// One of the signals by which debuggers, terminals and managers ask for a stop or an end: SIGTRAP (dlv), SIGSTOP
    /// (gdb's threads, attach), SIGINT, SIGQUIT, SIGTSTP and SIGHUP (tty), SIGTERM. SIGKILL needs no help.
    [[nodiscard]] bool stop_pending() const;
    [[nodiscard]] bool only_sigstop() const; ///< of those signals
};

/// Nothing when State or one of the signal lines is missing or malformed.
[[nodiscard]] std::optional<TaskStatus> parse_task_status(std::string_view text);

/// `proc` is open; `task` is "4711" or "4711/task/4712". Errors: ENOENT and ESRCH when it has gone.
[[nodiscard]] Result<std::string> read_task_status(int proc, const std::string &task);
/// The directory of its threads, "4711/task".
[[nodiscard]] std::string threads_directory(pid_t pid);

/// Signals that wait for this very thread, blocked ones too; bit n-1: signal n. 0: none, or it is gone.
[[nodiscard]] std::uint64_t signals_of_thread(pid_t thread);

/// Who traces this thread; 0: nobody, or it is gone.
[[nodiscard]] pid_t tracer_of(pid_t thread);

/// Thread group of a thread. 0: it is gone.
[[nodiscard]] pid_t thread_group(pid_t thread);

} // namespace dbgscope
