// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/session.hpp"
#include "sys/fd.hpp"

// Processes by pid and start time: a number alone may mean somebody else by now.
namespace dbgscope {

/// Runs and is that very process. A zombie has ended: it only waits for its parent.
[[nodiscard]] bool is_alive(const ProcessId &process, const std::string &proc = "/proc");

/// The process that has this pid now. Nothing: none, or hidden (hidepid).
[[nodiscard]] std::optional<ProcessId> process_id(int pid, const std::string &proc = "/proc");

/// Our own start time, as process_id() would have it; 0: unknown.
[[nodiscard]] std::uint64_t own_start_ticks();

/// /proc/PID/comm as it is, at most 15 bytes. Nothing: it cannot be read.
[[nodiscard]] std::optional<std::string> comm_of(pid_t pid, const std::string &proc = "/proc");
/// The same for people: control characters escaped; "?" when it cannot be read.
[[nodiscard]] std::string process_name(int pid, const std::string &proc = "/proc");

/// Where /proc/PID/exe and /proc/PID/cwd point to; empty: gone, or not ours to see.
[[nodiscard]] std::string executable_of(pid_t pid);
[[nodiscard]] std::string working_directory_of(pid_t pid);
/// Where the kernel has put the program's entry: AT_ENTRY of /proc/PID/auxv. 0: it is not said there.
[[nodiscard]] Result<std::uint64_t> program_entry_of(pid_t pid, const std::string &proc = "/proc");
/// What its descriptors point to: "socket:[35021]". Nothing: it has ended, or is another user's.
[[nodiscard]] std::optional<std::vector<std::string>> descriptor_targets(pid_t pid, const std::string &proc = "/proc");

/// /proc/PID/cgroup, "0::/a.slice/b.scope\n". Errors: as of a process that has gone, or is not ours to see.
[[nodiscard]] Result<std::string> cgroups_of(pid_t pid);

/// Writes /proc/self/oom_score_adj. Below the value in force it needs CAP_SYS_RESOURCE (EACCES, not EPERM: proc(5)).
[[nodiscard]] Result<void> write_own_oom_score(int value);
/// Raises the score of a thread's process, which needs no right; one that is as high or higher stays.
void raise_oom_score(pid_t thread, int value);
/// Nothing: it is gone, or not ours to see.
[[nodiscard]] std::optional<int> oom_score_of(pid_t pid);
/// Writes it. Refused below the lowest it ever had by right of CAP_SYS_RESOURCE (EACCES).
void set_oom_score_of(pid_t pid, int value);

/// pidfd_open(2). Invalid, errno set: the kernel has none (before 5.3), or no such process.
[[nodiscard]] UniqueFd open_pidfd(pid_t pid);

/// Holds on to one process. Where the kernel has no pidfd (before 5.3) the start time is compared before each use.
class ProcessHandle {
  public:
    explicit ProcessHandle(const ProcessId &process, bool use_pidfd = true);
    [[nodiscard]] bool alive() const;
    /// 0, or errno: ESRCH when it has ended, EPERM.
    [[nodiscard]] int send(int signal) const;
    /// Waits for its end. False: `patience` is over.
    [[nodiscard]] bool wait_end(std::chrono::milliseconds patience) const;

  private:
    ProcessId process_;
    UniqueFd pidfd_;
};

/// "pid:[4026531836]": what /proc/self/ns/pid points to; empty: unknown.
[[nodiscard]] std::string own_pid_namespace(const std::string &proc = "/proc");
/// "time:[4026531834]", in which /proc tells start times; empty: unknown, or before Linux 5.6.
[[nodiscard]] std::string own_time_namespace(const std::string &proc = "/proc");

} // namespace dbgscope
