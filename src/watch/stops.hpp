// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernel/cgroup.hpp"

// Is somebody asking the debuggee to stop, and has it stopped? A frozen or waiting process cannot say so itself.
namespace dbgscope {

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

/// Reads the pids in `cgroup`, then PID/status below the open `proc` directory: main threads
/// first, then the other threads. At most kMaxTasksALook status files; what lies beyond counts as like the rest.
/// A process that has gone meanwhile does not count; one that may not be read counts as running and traced.
[[nodiscard]] ProcessesLook look_at_processes(Cgroup cgroup, int proc, LookDepth depth);

inline constexpr int kMaxTasksALook = 4096;

} // namespace dbgscope
