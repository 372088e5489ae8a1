// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <ctime>
#include <map>
#include <vector>

#include "sys/fd.hpp"

namespace dbgscope {

/// A clock that goes only while other processes work: readable after one of them has used so much more processor time
/// (timer_create(2) on clock_getcpuclockid(3), which needs no right). A program that is stopped, frozen, asleep or
/// waiting for its debugger wakes nobody.
class CpuClock {
  public:
    CpuClock() = default;
    CpuClock(const CpuClock &) = delete;
    CpuClock &operator=(const CpuClock &) = delete;
    ~CpuClock();

    /// For poll(2). -1: nobody is followed, or this kernel gives no such timers.
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// Of these processes, the first few of them; those followed before are left.
    void follow(const std::vector<pid_t> &pids);
    /// Once, when one of them has used that much more.
    void arm(std::chrono::milliseconds used);
    /// What those that are followed have used so far, together.
    [[nodiscard]] std::chrono::nanoseconds used() const;
    /// Makes fd() unreadable again.
    void drain();

  private:
    [[nodiscard]] bool open();

    UniqueFd fd_;                     ///< a signalfd
    std::map<pid_t, timer_t> timers_; ///< each of its own process
};

} // namespace dbgscope
