// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tools/inspect/cpu_profile.hpp"
#include "tools/inspect/page_faults.hpp"
#include "tools/inspect/perf_events.hpp"

namespace dbgscope {

/// Samples where a process and its threads spend their processor time, each few milliseconds of it. Of Go the kernel
/// follows the stack by its frame pointers; else it is copied and unwound (StackNames). The program is not stopped.
class CpuSampler {
  public:
    /// Errors: those of PerfEvents::open and StackNames::of_process.
    [[nodiscard]] static Result<CpuSampler> open(pid_t pid, bool is_go, const std::string &proc = "/proc");

    /// Opens the window and waits until `span` is over, the process has ended or `stop` can be read.
    void run(std::chrono::milliseconds span, int stop);
    /// Closes the window: now, or where the process was told to stand still.
    void close(Moment end);
    /// Names what is left. Errors: not_found (the process has ended), refused (it has become another program).
    [[nodiscard]] Result<CpuProfile> profile();

  private:
    struct Sample {
        FaultSample copied;
        std::vector<std::uint64_t> chain;
    };
    CpuSampler(pid_t pid, bool is_go, PerfEvents events, StackNames names);
    void drain();
    void add(std::span<const std::byte> record);
    void name_next();

    pid_t pid_;
    bool is_go_;
    PerfEvents events_;
    StackNames names_;
    std::deque<Sample> waiting_;
    std::map<std::shared_ptr<const std::vector<StackFrame>>, std::uint64_t> stacks_;
    CpuProfile profile_;
    bool ended_ = false, executed_ = false;
};

/// One record of a ring, without its header, as CpuSampler asks for it of Go: process and chain of addresses, where it
/// stood first. False: damaged, or nothing of the program is in it.
[[nodiscard]] bool read_chain_record(std::span<const std::byte> record, pid_t &pid, std::vector<std::uint64_t> &chain);

} // namespace dbgscope
