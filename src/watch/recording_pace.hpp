// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "dbgscope/bytes.hpp"

namespace dbgscope {

inline constexpr std::uint64_t kRecordingBytesPerHour = kMiB;

/// When a point is worth its bytes, and when to look again: no descriptor, no clock. Times are CLOCK_MONOTONIC.
class RecordingPace {
  public:
    using Ms = std::chrono::milliseconds;

    /// Whether it is time to look at the memory: looks are a tenth of a second apart.
    [[nodiscard]] bool may_look(Ms now) const { return !last_look_ || now - *last_look_ >= kClosest; }
    enum class Seen : std::uint8_t {
        same,          ///< it has not moved by a part in 128
        moved,         ///< but so much has been written already that it has to wait
        worth_a_point, ///< write one
    };
    /// `current_bytes` has been looked at.
    [[nodiscard]] Seen looked(Ms now, std::uint64_t current_bytes);
    /// So many bytes were written: a point, or an event, which asks nobody.
    void wrote(Ms now, std::size_t bytes);
    /// The point that the last looked() allowed, or one that an event wanted, holds this much.
    void point_written(std::uint64_t current_bytes) { last_bytes_ = current_bytes; }
    /// How much processor time the debuggee may use before the next look: what it needs, at the pace it had since the
    /// last call, for a tenth of a second while its memory moves and there are bytes to spare, else for 0.9 s; up to
    /// eight while it stays the same. At least a tick of the kernel's, at most a second. `used`: by all of it, ever.
    [[nodiscard]] Ms arm(Ms now, std::chrono::nanoseconds used);
    /// And by the wall clock, while it works or its memory moves: ticks miss a program that works for less than one at
    /// a time, and what a killed watcher leaves is to reach up to its last second. Nothing: it stands still or sleeps,
    /// and the clock of its processor time is enough.
    [[nodiscard]] std::optional<Ms> again_in() const;

  private:
    /// Of the wall clock; `kSteady` leaves a tenth of a second for the wake-up to come late.
    static constexpr Ms kClosest{100}, kSteady{900}, kLongest{8000};
    static constexpr Ms kLeastUsed{4}, kMostUsed{1000}; ///< of processor time
    static constexpr double kSpare = 64 * 1024;         ///< bytes that may be written at once
    void refill(Ms now);

    double allowance_ = kSpare;
    std::optional<Ms> last_look_, last_refill_;
    std::optional<std::uint64_t> last_bytes_;
    Ms wanted_ = kClosest; ///< between two looks
    bool moved_ = false, works_ = false;
    std::optional<Ms> armed_at_;
    std::chrono::nanoseconds used_{0};
};

} // namespace dbgscope
