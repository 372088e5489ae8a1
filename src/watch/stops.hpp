// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// Is somebody asking the debuggee to stop, and has it stopped? A frozen or waiting process cannot say so itself.
namespace dbgscope {

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

/// What the processes of one cgroup are doing. Zombies and dying ones do not count.
struct ProcessesLook {
    bool any = false;
    bool traced = false;       ///< at least one has a tracer, or not all could be asked
    std::uint64_t threads = 0; ///< of the processes whose main thread was looked at
    bool stop_pending = false; ///< then all_stopped is false and the rest may not have been looked at
    bool starting = false;     ///< what is pending is one SIGSTOP, not of a main thread, and others run
    bool all_stopped = false;  ///< every thread of every process
};

/// Which threads are looked at for a signal of their own. `leaders`: only main threads, which the process-wide signals
/// show up on too; the others only where `all_stopped` hangs on them.
enum class LookDepth : std::uint8_t { leaders, every_thread };

/// Reads cgroup.procs of the open `cgroup` directory, then PID/status below the open `proc` directory: main threads
/// first, then the other threads. At most kMaxTasksALook status files; what lies beyond counts as like the rest.
/// A process that has gone meanwhile does not count; one that may not be read counts as running and traced.
[[nodiscard]] ProcessesLook look_at_processes(int cgroup, int proc, LookDepth depth);

inline constexpr int kMaxTasksALook = 4096;

} // namespace dbgscope
