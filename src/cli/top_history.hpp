// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace dbgscope {

/// What a session used, one point a second, the last four minutes.
class TopHistory {
  public:
    using Clock = std::chrono::steady_clock;
    /// Takes the place of the last point where that is of the same moment.
    void add(Clock::time_point at, std::uint64_t bytes);
    /// Bytes a second over the last five seconds, or as long as there are points. Nothing: there is no other point yet.
    [[nodiscard]] std::optional<std::int64_t> growth() const;
    /// The oldest first.
    [[nodiscard]] std::vector<std::uint64_t> bytes() const;

  private:
    struct Point {
        Clock::time_point at;
        std::uint64_t bytes = 0;
    };
    std::deque<Point> points_;
};

/// Seconds until `used` is `cap` at this rate. Nothing: it does not grow by 16K a second or more, or will not be there
/// within a day.
[[nodiscard]] std::optional<std::uint64_t> seconds_to(std::uint64_t cap, std::uint64_t used, std::int64_t growth);

} // namespace dbgscope
