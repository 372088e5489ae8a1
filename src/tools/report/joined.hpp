// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/report/timeline.hpp"

namespace dbgscope {

/// Something that another log tells, on whichever clocks its line has.
struct OutsideEvent {
    std::optional<double> epoch_s;  ///< since 1970
    std::optional<double> uptime_s; ///< since the machine's start, as the kernel's log counts
    std::optional<double> day_s;    ///< of a day in local time
    std::string what, text;
};

/// Puts what falls into the session among its events; of the rest, and of what has no clock, a note says how many.
/// `log` is the name for that.
void join(Timeline &timeline, const std::vector<OutsideEvent> &events, const std::string &log);

} // namespace dbgscope
