// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "dbgscope/alloc_thresholds.hpp"
#include "kernel/kernel_memory.hpp"
#include "tools/inspect/bpf/alloc_events.h"

namespace dbgscope {

/// What is told of the debuggee's allocations, and when: a line for a kind at the first of its events, those that
/// follow are counted, and never two lines within a second, of whatever kinds. No clock of its own.
class AllocLines {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit AllocLines(AllocThresholds asked) : asked_(asked) {}

    void note(const alloc_event &event);
    /// The first says where it begins.
    void note(const KernelMemory &memory);
    /// Of all the events so far, those that were only counted among them.
    void note(const alloc_totals &totals) { totals_ = totals; }

    /// What is to be said now.
    [[nodiscard]] std::optional<std::string> next(Time now);
    /// When next() is to be asked, where nothing is noted before; nothing: not at all.
    [[nodiscard]] std::optional<Time> due() const;

  private:
    [[nodiscard]] bool pending() const;
    [[nodiscard]] std::string victim_line();
    [[nodiscard]] std::string kernel_line();
    [[nodiscard]] std::string stall_line();
    [[nodiscard]] std::string mapping_line();

    AllocThresholds asked_;
    alloc_totals totals_{}, mapping_told_{}; ///< now; as of the last line on mappings
    std::optional<alloc_event> victim_, stall_, mapping_;
    std::uint64_t more_victims_ = 0;
    std::optional<KernelMemory> kernel_;
    std::optional<std::uint64_t> kernel_from_; ///< what growth is counted from
    std::optional<Time> quiet_until_;
};

} // namespace dbgscope
