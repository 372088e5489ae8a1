// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "dbgscope/session.hpp"
#include "sys/fd.hpp"

// Processes by pid and start time: a number alone may mean somebody else by now.
namespace dbgscope {

/// Runs and is that very process. A zombie has ended: it only waits for its parent.
[[nodiscard]] bool is_alive(const ProcessId &process, const std::string &proc = "/proc");

/// The process that has this pid now. Nothing: none, or hidden (hidepid).
[[nodiscard]] std::optional<ProcessId> process_id(int pid, const std::string &proc = "/proc");

/// /proc/PID/comm, control characters escaped; "?" when it cannot be read.
[[nodiscard]] std::string process_name(int pid, const std::string &proc = "/proc");

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

} // namespace dbgscope
