// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernel/process.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// `dbgscope growth-of PID PERIOD`: samples who grows the memory of process PID, from now on and of each program that
/// it executes. Not for people. Standard input is a socket (SOCK_SEQPACKET): each message brings the writing end of a
/// pipe, into which it is told what was seen. It ends with PID, with the last other end of the socket, and at the first
/// program that is Go.
inline constexpr std::string_view kGrowthVerb = "growth-of";

/// That process, one for the newest debuggee. The watcher itself never asks it: a look does.
class GrowthSampler {
  public:
    GrowthSampler() = default;
    GrowthSampler(const GrowthSampler &) = delete;
    GrowthSampler &operator=(const GrowthSampler &) = delete;
    ~GrowthSampler() { end(); }

    /// Waits for no more than a fork; the one before is ended. Where it cannot be started nothing is sampled.
    void start(pid_t pid, std::uint64_t period);
    /// To ask it; -1: there is none.
    [[nodiscard]] int socket() const { return ours_.get(); }
    void end();

  private:
    std::optional<ProcessHandle> running_;
    UniqueFd ours_;
};

} // namespace dbgscope
