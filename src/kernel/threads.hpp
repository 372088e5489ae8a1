// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Where the threads of a process stand, without stopping them.
namespace dbgscope {

/// Registers of a thread that sleeps in the kernel.
struct ThreadPlace {
    bool in_call = false; ///< a system call; else a page fault, or it was taken off its processor
    std::uint64_t sp = 0, pc = 0;
};
/// /proc/PID/task/TID/syscall (proc_pid_syscall(5)). Nothing: it runs, or the text is malformed.
[[nodiscard]] std::optional<ThreadPlace> parse_thread_place(std::string_view text);

struct Thread {
    pid_t id = 0;
    std::string name;      ///< comm, control characters escaped
    std::string sleeps_in; ///< the kernel's function, "mem_cgroup_oom_synchronize"; empty: unknown, or it runs
    std::optional<ThreadPlace> place;

    /// It wants memory that its cgroup does not have: asleep at the limit of version 1, or slowed down past
    /// memory.high.
    [[nodiscard]] bool waits_for_memory() const { return sleeps_in.starts_with("mem_cgroup"); }
    /// In a frozen cgroup of version 2. The compiler may have put the one function into the other (seen: Linux 6.1).
    [[nodiscard]] bool frozen() const { return sleeps_in == "do_freezer_trap" || sleeps_in == "get_signal"; }
};
/// The numbers alone, in their order; as many as there are. Empty: the process has ended.
[[nodiscard]] std::vector<pid_t> thread_ids_of(pid_t pid, const std::string &proc = "/proc");

/// Each thread that has not ended is in one of these states, as ProcessStat has them. False: there is none.
[[nodiscard]] bool all_threads_are(pid_t pid, std::string_view states, const std::string &proc = "/proc");

/// The process itself, those that it has started, and those that they have, at most 64. Where the kernel does not list
/// them (CONFIG_PROC_CHILDREN): itself.
[[nodiscard]] std::vector<pid_t> family_of(pid_t pid, const std::string &proc = "/proc");

/// At most 4096, by number. Empty: the process has ended, or is another user's.
[[nodiscard]] std::vector<Thread> threads_of(pid_t pid, const std::string &proc = "/proc");

} // namespace dbgscope
