// SPDX-License-Identifier: Apache-2.0
#include "tools/report/joined.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/core.h>

namespace dbgscope {
namespace {

constexpr double kDay = 24 * 3600;
constexpr double kAround = 1000; ///< ms before and after: a stamp of whole seconds lies up to one beside the truth

double day_seconds(std::int64_t unix_ms)
{
    tm parts{};
    const auto seconds = static_cast<time_t>(unix_ms / 1000);
    if (::localtime_r(&seconds, &parts) == nullptr)
        return 0;
    return parts.tm_hour * 3600.0 + parts.tm_min * 60.0 + parts.tm_sec + static_cast<double>(unix_ms % 1000) / 1000;
}

/// Milliseconds since the recording began. The clock that can be mistaken least goes first.
std::optional<double> place_of(const Timeline &timeline, const OutsideEvent &event)
{
    if (event.epoch_s)
        return *event.epoch_s * 1000 - static_cast<double>(timeline.began_unix_ms);
    if (event.uptime_s && timeline.began_monotonic_ms > 0)
        return *event.uptime_s * 1000 - static_cast<double>(timeline.began_monotonic_ms);
    if (event.day_s) {
        const double after = *event.day_s - day_seconds(timeline.began_unix_ms);
        return (after < -kDay / 2 ? after + kDay : after) * 1000; // past midnight
    }
    return std::nullopt;
}

} // namespace

void join(Timeline &timeline, const std::vector<OutsideEvent> &events, const std::string &log)
{
    std::size_t outside = 0, timeless = 0;
    for (const OutsideEvent &event : events) {
        const auto place = place_of(timeline, event);
        if (!place) {
            ++timeless;
            continue;
        }
        if (!(*place >= -kAround && *place <= static_cast<double>(timeline.length_ms) + kAround)) {
            ++outside;
            continue;
        }
        const auto at_ms = std::clamp<std::int64_t>(static_cast<std::int64_t>(*place), 0, timeline.length_ms);
        const auto after = std::ranges::upper_bound(timeline.events, at_ms, {}, &TimelineEvent::at_ms);
        const auto point = std::ranges::upper_bound(timeline.points, at_ms, {}, &RecordedPoint::at_ms);
        timeline.events.insert(after, {.at_ms = at_ms,
                                       .unix_ms = after == timeline.events.begin()
                                                      ? timeline.began_unix_ms + at_ms
                                                      : std::prev(after)->unix_ms - std::prev(after)->at_ms + at_ms,
                                       .what = event.what,
                                       .text = event.text,
                                       .bytes = point == timeline.points.begin()
                                                    ? std::nullopt
                                                    : std::optional(std::prev(point)->current_bytes)});
    }
    if (outside > 0)
        timeline.notes.push_back(fmt::format("{}: {} of its findings lie outside of the session's time", log, outside));
    if (timeless > 0)
        timeline.notes.push_back(fmt::format("{}: {} of its findings have no time", log, timeless));
    if (events.empty())
        timeline.notes.push_back(log + ": nothing in it is known to explain");
}

} // namespace dbgscope
