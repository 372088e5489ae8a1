// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tools/report/timeline.hpp"

namespace dbgscope {

/// When a line of another log was written, on whichever clocks it has.
struct OutsideTime {
    std::optional<double> epoch_s;  ///< since 1970
    std::optional<double> uptime_s; ///< since the machine's start, as the kernel's log counts
    std::optional<double> day_s;    ///< of a day in local time
    int date = 0;                   ///< of that day, month * 100 + day; 0: not told
};

/// Something that another log tells.
struct OutsideEvent {
    OutsideTime time;
    std::string what, text;
};

/// What another log has to tell, and how much of it is not among `events`.
struct OutsideLog {
    std::string name;
    std::vector<OutsideEvent> events;
    std::size_t outside = 0;  ///< of another time than the session
    std::size_t timeless = 0; ///< without a clock
    std::size_t left_out = 0; ///< more than is shown
};

/// Milliseconds since the recording began, by the clock that can be mistaken least; nothing: it has none.
[[nodiscard]] std::optional<double> place_of(const Timeline &timeline, const OutsideTime &time);
/// Whether that is a time of the session's.
[[nodiscard]] bool lies_within(const Timeline &timeline, double at_ms);

/// Puts what falls into the session among its events; of the rest, and of what has no clock, a note says how many.
void join(Timeline &timeline, OutsideLog log);

} // namespace dbgscope
