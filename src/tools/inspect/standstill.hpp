// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "sys/fd.hpp"

namespace dbgscope {

/// A cgroup that holds a process which its debugger traces, and in it nobody whom it must not stop.
struct Freezer {
    std::string directory;            ///< v2; empty: there is none
    std::function<bool()> stays = {}; ///< asked before it is let go on: somebody else holds it now
};

/// Keeps all threads of a process where they are for a few milliseconds, so that what is read of it is of one instant.
/// One that nobody traces is stopped by ptrace(2), which neither its parent nor a terminal sees, though a few of its
/// system calls end with EINTR (signal(7)); else its cgroup is frozen, where there is one. They go on when this ends,
/// also when it is killed, but for the cgroup.
class Standstill {
  public:
    Standstill(pid_t pid, Freezer freezer, const std::string &proc = "/proc");
    Standstill(const Standstill &) = delete;
    Standstill &operator=(const Standstill &) = delete;
    ~Standstill() { let_go(); }

    /// Nothing of it runs.
    [[nodiscard]] bool complete() const { return !how_.empty(); }
    /// For the summary of a snapshot; empty: it runs.
    [[nodiscard]] std::string_view how() const { return how_; }
    void let_go();

  private:
    void stop_threads(pid_t pid, const std::string &proc);
    void freeze();

    Freezer freezer_;
    UniqueFd cgroup_;              ///< while it is frozen
    std::map<pid_t, int> stopped_; ///< threads, and the signal each is about to get; -1: it has not stopped yet
    std::string_view how_;
};

/// Why nothing of the process runs by no doing of ours: it is held, or stopped. Empty: it may run.
[[nodiscard]] std::string_view standing_still(pid_t pid, const std::string &proc = "/proc");

} // namespace dbgscope
