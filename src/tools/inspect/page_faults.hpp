// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"

// Memory is taken where a page is touched for the first time: sampled page faults, each with a copy of the stack that
// it happened on (perf_event_open(2)).
namespace dbgscope {

/// One of each FaultSampler::period().
struct FaultSample {
    static constexpr std::size_t kRegisters = 17; ///< x86-64, by their DWARF numbers; the last is the program counter
    static constexpr std::size_t kProgramCounter = 16, kStackPointer = 7;
    pid_t pid = 0, tid = 0;
    std::uint64_t address = 0;    ///< what was touched
    std::uint64_t page_bytes = 0; ///< what it got: a huge page is one fault
    std::array<std::uint64_t, kRegisters> registers{};
    std::vector<std::byte> stack; ///< from the stack pointer up, at most 8 KiB
};

/// What the kernel has been asked to sample of one process: its threads, and those and the processes that they start.
/// Wakes nobody while nothing grows. Each thread counts for itself: one that ends before its period is over is not
/// seen.
class FaultSampler {
  public:
    /// Errors: denied (the hint names the setting), not_found, unsupported (no such kernel or processor), limit (more
    /// threads than descriptors).
    [[nodiscard]] static Result<FaultSampler> open(pid_t pid, std::uint64_t period, const std::string &proc = "/proc");
    /// `small`, or 4 where each fault may bring a huge page.
    [[nodiscard]] static std::uint64_t period_for(pid_t pid, std::uint64_t small, const std::string &proc = "/proc");
    static constexpr std::uint64_t kUsual = 128; ///< what that costs is measured: ./dev bench inside
    FaultSampler(FaultSampler &&) noexcept;
    FaultSampler &operator=(FaultSampler &&) noexcept;
    ~FaultSampler();

    /// Readable when a ring is half full.
    [[nodiscard]] const std::vector<int> &descriptors() const;
    /// Takes all there is; what `to` has no room for, with `most` in it, is counted as lost.
    void drain(std::deque<FaultSample> &to, std::size_t most);
    /// Processes that drain() has seen execute another program since the last call. Their samples from before are not
    /// in `to` any more.
    [[nodiscard]] std::vector<pid_t> take_executed();
    /// Samples nothing any more, which costs the program nothing; what drain() has not taken is lost.
    void pause();
    /// Goes on, with all threads of these processes. False: none is there any more, or not to be sampled any more.
    [[nodiscard]] bool resume(const std::vector<pid_t> &pids, const std::string &proc = "/proc");
    [[nodiscard]] std::uint64_t period() const;
    [[nodiscard]] std::uint64_t seen() const; ///< samples that there were, with those that were lost
    [[nodiscard]] std::uint64_t lost() const; ///< samples that nobody saw: the rings were full
    /// Faults in system calls too (read(2) into fresh memory); only for those who may see the kernel.
    [[nodiscard]] bool with_kernel() const;

  private:
    struct State;
    explicit FaultSampler(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Asks for samples as read_fault_record() reads them. False: this processor's registers are not known here.
[[nodiscard]] bool copy_stacks(perf_event_attr &attr);

/// One record of a ring, without its header, as FaultSampler asks for it. False: damaged, or of a 32-bit program.
[[nodiscard]] bool read_fault_record(std::span<const std::byte> record, bool with_page_size, FaultSample &sample);

} // namespace dbgscope
