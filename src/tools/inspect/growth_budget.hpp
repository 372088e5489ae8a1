// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace dbgscope {

/// What sampling may cost the program: each page fault is a little slower while any are sampled, each sample costs much
/// more than that. A program that takes and gives back memory without an end is sampled in turns, then; one that fills
/// an ordinary cap is sampled all the time. Its time is the processor time that the program has used.
class GrowthBudget {
  public:
    using Duration = std::chrono::nanoseconds;

    /// Since the last call so much has been seen. True: more than there was to spend.
    [[nodiscard]] bool spend(std::uint64_t faults, std::uint64_t samples, Duration used);
    /// How long to pause so that the next turn is worth the while.
    [[nodiscard]] Duration pause() const;

  private:
    Duration left_ = kMost;
    std::optional<Duration> filled_; ///< when

    static constexpr std::chrono::milliseconds kMost{8}; ///< of the program's time: of 200 MiB of new memory
};

} // namespace dbgscope
