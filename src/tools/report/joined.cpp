// SPDX-License-Identifier: Apache-2.0
#include "tools/report/joined.hpp"

#include <algorithm>
#include <ctime>
#include <limits>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

constexpr double kDay = 24 * 3600;
constexpr double kAnotherDay = -std::numeric_limits<double>::infinity();
constexpr int kMostDays = 400;   ///< of a session, that a date is looked for in
constexpr double kAround = 1000; ///< ms before and after: a stamp of whole seconds lies up to one beside the truth

std::optional<tm> local_time(std::int64_t unix_ms)
{
    tm parts{};
    const auto seconds = static_cast<time_t>(unix_ms / 1000);
    return ::localtime_r(&seconds, &parts) == nullptr ? std::nullopt : std::optional(parts);
}

double day_seconds(std::int64_t unix_ms)
{
    const auto parts = local_time(unix_ms);
    if (!parts)
        return 0;
    return parts->tm_hour * 3600.0 + parts->tm_min * 60.0 + parts->tm_sec + static_cast<double>(unix_ms % 1000) / 1000;
}

/// A kernel's log goes back weeks: the same time of another day is another time.
bool is_of_date(std::int64_t unix_ms, int date)
{
    const auto parts = local_time(unix_ms);
    return !parts || (parts->tm_mon + 1) * 100 + parts->tm_mday == date;
}

std::string counted(std::size_t count, const char *one, const char *several)
{
    return count == 1 ? fmt::format("one of its events {}", one) : fmt::format("{} of its events {}", count, several);
}

void insert(Timeline &timeline, OutsideEvent event, const std::string &log, double place)
{
    const auto at_ms = std::clamp<std::int64_t>(static_cast<std::int64_t>(place), 0, timeline.length_ms);
    const auto after = std::ranges::upper_bound(timeline.events, at_ms, {}, &TimelineEvent::at_ms);
    const auto point = std::ranges::upper_bound(timeline.points, at_ms, {}, &RecordedPoint::at_ms);
    timeline.events.insert(
        after,
        {.at_ms = at_ms,
         .unix_ms = after == timeline.events.begin() ? timeline.began_unix_ms + at_ms
                                                     : std::prev(after)->unix_ms - std::prev(after)->at_ms + at_ms,
         .what = std::move(event.what),
         .text = std::move(event.text),
         .bytes = point == timeline.points.begin() ? std::nullopt : std::optional(std::prev(point)->current_bytes),
         .log = log});
}

} // namespace

std::optional<double> place_of(const Timeline &timeline, const OutsideTime &time)
{
    if (time.epoch_s)
        return *time.epoch_s * 1000 - static_cast<double>(timeline.began_unix_ms);
    if (time.uptime_s && timeline.began_monotonic_ms > 0)
        return *time.uptime_s * 1000 - static_cast<double>(timeline.began_monotonic_ms);
    if (!time.day_s)
        return std::nullopt;
    double after = *time.day_s - day_seconds(timeline.began_unix_ms);
    after = after < -kDay / 2 ? after + kDay : after; // past midnight
    if (time.date == 0)
        return after * 1000;
    for (int day = 0; day < kMostDays && after * 1000 <= static_cast<double>(timeline.length_ms) + kAround;
         ++day, after += kDay)
        if (is_of_date(timeline.began_unix_ms + static_cast<std::int64_t>(after * 1000), time.date))
            return after * 1000;
    return kAnotherDay;
}

bool lies_within(const Timeline &timeline, double at_ms)
{
    return at_ms >= -kAround && at_ms <= static_cast<double>(timeline.length_ms) + kAround;
}

void join(Timeline &timeline, OutsideLog log)
{
    const std::string name = printable(log.name);
    const bool nothing = log.events.empty() && log.outside + log.timeless == 0;
    for (OutsideEvent &event : log.events) {
        const auto place = place_of(timeline, event.time);
        if (!place)
            ++log.timeless;
        else if (!lies_within(timeline, *place))
            ++log.outside;
        else
            insert(timeline, std::move(event), name, *place);
    }
    const auto note = [&](const std::string &words) { timeline.notes.push_back(fmt::format("{}: {}", name, words)); };
    if (log.outside > 0)
        note(counted(log.outside, "lies outside of the session's time", "lie outside of the session's time"));
    if (log.timeless > 0)
        note(counted(log.timeless, "has no time that could be placed", "have no time that could be placed"));
    if (log.left_out > 0)
        note(fmt::format("{} more of its events {} left out", log.left_out, log.left_out == 1 ? "is" : "are"));
    if (nothing)
        note("nothing in it is known to explain");
}

} // namespace dbgscope
