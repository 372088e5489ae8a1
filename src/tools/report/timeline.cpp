// SPDX-License-Identifier: Apache-2.0
#include "tools/report/timeline.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

constexpr std::int64_t kSameMs = 2000; ///< a verdict and the line that says it

/// Turns recorded events into what people read.
class Teller {
  public:
    Teller(Timeline &timeline, std::int64_t realtime_ms) : out_(timeline), shift_ms_(realtime_ms) {}

    void take(const RecordedEvent &event)
    {
        now_ = event.at_ms;
        switch (event.kind) {
        case RecordedKind::debuggee: add("started", with_pid(event), Mark::started); break;
        case RecordedKind::ended: add("ended", with_pid(event), Mark::ended); break;
        case RecordedKind::state: state(event.state.value_or(SessionState::running)); break;
        case RecordedKind::cap: limits(event); break;
        case RecordedKind::said: add("said", event.text); break;
        case RecordedKind::verdict: verdict(event.text); break;
        case RecordedKind::clock: clock(event.realtime_ms.value_or(0)); break;
        case RecordedKind::full:
            add("full", "the recording has reached its largest size: no points from here on");
            break;
        case RecordedKind::snapshot:
            add("snapshot", event.text, Mark::snapshot);
            out_.events.back().sites = event.sites;
            break;
        case RecordedKind::unknown: break;
        }
    }
    void finish()
    {
        now_ = out_.length_ms;
        close_span();
        tell_snapshots_once();
    }

  private:
    static std::string with_pid(const RecordedEvent &event)
    {
        return event.pid ? fmt::format("{} (pid {})", event.text, *event.pid) : event.text;
    }
    void add(std::string what, std::string text, Mark mark = Mark::none)
    {
        out_.events.push_back({now_, now_ + shift_ms_, std::move(what), std::move(text), mark, bytes_now()});
    }
    [[nodiscard]] std::optional<std::uint64_t> bytes_now() const
    {
        const auto after = std::ranges::upper_bound(out_.points, now_, {}, &RecordedPoint::at_ms);
        if (after == out_.points.begin())
            return std::nullopt;
        return std::prev(after)->current_bytes;
    }
    void close_span()
    {
        if (state_ != SessionState::running && state_ != SessionState::ended)
            out_.spans.push_back({since_, now_, state_});
    }
    void state(SessionState next)
    {
        if (next == state_)
            return;
        close_span();
        switch (next) {
        case SessionState::running: add("runs on", "", Mark::resumed); break;
        case SessionState::throttled:
            add("throttled", "", state_ == SessionState::running ? Mark::held : Mark::none);
            break;
        case SessionState::held: add("held", "", Mark::held); break;
        case SessionState::stopped: add("stopped", "", Mark::stopped); break;
        case SessionState::ended: add("over", "the debugger has ended", Mark::ended); break;
        }
        state_ = next;
        since_ = now_;
    }
    void limits(const RecordedEvent &event)
    {
        const LimitsFrom before = out_.limits.back();
        const LimitsFrom after{now_, event.cap.value_or(before.cap), event.fuse.value_or(before.fuse)};
        out_.limits.push_back(after);
        std::string text = fmt::format("{} → {}", format_limit(before.cap), format_limit(after.cap));
        if (after.fuse.finite())
            text += ", fuse at " + format_limit(after.fuse);
        add("cap", std::move(text),
            after.cap > before.cap   ? Mark::raised
            : after.cap < before.cap ? Mark::lowered
                                     : Mark::none);
    }
    void verdict(const std::string &text)
    {
        std::erase_if(out_.events, [&](const TimelineEvent &event) {
            return event.what == "said" && event.text == text && now_ - event.at_ms < kSameMs;
        });
        add("killed", text, Mark::killed);
    }
    /// The watcher says where it lies, too.
    void tell_snapshots_once()
    {
        std::set<std::string> lines;
        for (const TimelineEvent &event : out_.events)
            if (event.mark == Mark::snapshot)
                lines.insert("snapshot: " + printable(event.text));
        std::erase_if(out_.events, [&lines](const TimelineEvent &event) {
            return event.what == "said" && lines.contains(event.text);
        });
    }
    void clock(std::int64_t realtime_ms)
    {
        const std::int64_t jump_ms = realtime_ms - now_ - shift_ms_;
        shift_ms_ = realtime_ms - now_;
        add("clock", fmt::format("the calendar went {} by {}: a sleep of the machine, or the clock was set",
                                 jump_ms < 0 ? "back" : "on", since_text(jump_ms < 0 ? -jump_ms : jump_ms)));
    }

    Timeline &out_;
    std::int64_t shift_ms_, now_ = 0, since_ = 0;
    SessionState state_ = SessionState::running;
};

void add_notes(const Recorded &recorded, Timeline &timeline)
{
    if (recorded.newer)
        timeline.notes.emplace_back("it is of a newer dbgscope: what this one does not know is left out");
    if (recorded.torn)
        timeline.notes.emplace_back("its last line is not whole");
    if (recorded.skipped > (recorded.torn ? 1U : 0U))
        timeline.notes.push_back(
            fmt::format("{} of its lines are not understood", recorded.skipped - (recorded.torn ? 1U : 0U)));
    if (recorded.left_out > 0)
        timeline.notes.push_back(fmt::format("{} points and events are more than is read", recorded.left_out));
    if (recorded.header.session.id.empty())
        timeline.notes.emplace_back("its first line is missing: whose it is, its limits and its clock are not known");
}

std::optional<tm> local_time(std::int64_t unix_ms)
{
    tm parts{};
    const auto seconds = static_cast<time_t>(unix_ms / 1000);
    return ::localtime_r(&seconds, &parts) == nullptr ? std::nullopt : std::optional(parts);
}

/// How much of a column's time was stalled: totals grow between its points.
std::optional<double> share(std::uint64_t before_us, std::uint64_t after_us, std::int64_t ms)
{
    if (ms <= 0 || after_us < before_us)
        return 0;
    return std::min(static_cast<double>(after_us - before_us) / (static_cast<double>(ms) * 1000), 1.0);
}

} // namespace

Timeline timeline_of(Recorded recorded)
{
    Timeline timeline;
    timeline.session = recorded.end ? *recorded.end : recorded.header.session;
    timeline.ended = recorded.end.has_value();
    timeline.began_unix_ms = recorded.header.realtime_ms;
    timeline.began_monotonic_ms = recorded.header.monotonic_ms;
    const SessionRecord &begin = recorded.header.session;
    timeline.limits.push_back({0, begin.cap, begin.fuse});
    add_notes(recorded, timeline);
    timeline.points = std::move(recorded.points);
    for (const RecordedPoint &point : timeline.points)
        timeline.peak_bytes = std::max(timeline.peak_bytes, point.current_bytes);
    timeline.peak_bytes = std::max(timeline.peak_bytes, timeline.session.debuggee_peak_bytes);
    if (!timeline.points.empty())
        timeline.length_ms = timeline.points.back().at_ms;
    if (!recorded.events.empty())
        timeline.length_ms = std::max(timeline.length_ms, recorded.events.back().at_ms);
    Teller teller(timeline, timeline.began_unix_ms);
    for (const RecordedEvent &event : recorded.events)
        teller.take(event);
    teller.finish();
    return timeline;
}

const LimitsFrom &limits_at(const Timeline &timeline, std::int64_t at_ms)
{
    const auto after = std::ranges::upper_bound(timeline.limits, at_ms, {}, &LimitsFrom::at_ms);
    return after == timeline.limits.begin() ? timeline.limits.front() : *std::prev(after);
}

std::uint64_t top_bytes(const Timeline &timeline)
{
    std::uint64_t top = timeline.peak_bytes + timeline.peak_bytes / 8;
    for (const LimitsFrom &limits : timeline.limits)
        if (limits.cap.finite() && limits.cap.bytes() / 4 <= timeline.peak_bytes)
            top = std::max(top, limits.cap.bytes());
    return std::max<std::uint64_t>(top, 1);
}

std::optional<GcSums> gc_sums(const Timeline &timeline)
{
    GcSums sums;
    for (const RecordedPoint &point : timeline.points)
        if (point.gc_heap_bytes > 0) {
            sums.most_heap_bytes = std::max(sums.most_heap_bytes, point.gc_heap_bytes);
            sums.cycles = point.gc_cycles;
            sums.pause_us = point.gc_pause_us;
        }
    return sums.most_heap_bytes > 0 ? std::optional(sums) : std::nullopt;
}

std::vector<ChartColumn> chart_columns(const Timeline &timeline, std::size_t columns)
{
    std::vector<ChartColumn> out(columns);
    const auto length = static_cast<double>(std::max<std::int64_t>(timeline.length_ms, 1));
    const auto edge = [&](std::size_t i) {
        return static_cast<std::int64_t>(length * static_cast<double>(i) / static_cast<double>(columns));
    };
    const bool pressure =
        std::ranges::any_of(timeline.points, [](const auto &point) { return point.stall_some_us > 0; });
    auto next = timeline.points.begin();
    const RecordedPoint *last = nullptr; ///< before this column
    for (std::size_t i = 0; i < columns; ++i) {
        ChartColumn &column = out[i];
        column.from_ms = edge(i);
        column.to_ms = edge(i + 1);
        const RecordedPoint *before = last;
        for (; next != timeline.points.end() && (next->at_ms < column.to_ms || i + 1 == columns); ++next) {
            if (!column.highest || next->current_bytes > column.highest->current_bytes)
                column.highest = *next;
            last = &*next;
        }
        if (!column.highest && last != nullptr)
            column.highest = *last;
        if (pressure && last != nullptr && before != nullptr) {
            const std::int64_t ms = std::max(last->at_ms - before->at_ms, column.to_ms - column.from_ms);
            column.stalled = share(before->stall_some_us, last->stall_some_us, ms);
            column.stalled_full = share(before->stall_full_us, last->stall_full_us, ms);
        }
    }
    return out;
}

std::string since_text(std::int64_t ms)
{
    const std::int64_t seconds = ms / 1000, minutes = seconds / 60, hours = minutes / 60;
    if (ms == 0)
        return "0s";
    if (ms < 1000)
        return fmt::format("{}ms", ms);
    if (seconds < 60)
        return fmt::format("{:.1f}s", static_cast<double>(ms / 100) / 10);
    if (hours == 0)
        return fmt::format("{}min {}s", minutes, seconds % 60);
    if (hours < 48)
        return fmt::format("{}h {}min", hours, minutes % 60);
    return fmt::format("{}d {}h", hours / 24, hours % 24);
}

std::string clock_text(std::int64_t unix_ms, bool seconds_only)
{
    const auto parts = local_time(unix_ms);
    std::array<char, 64> text{};
    if (!parts ||
        std::strftime(text.data(), text.size(), seconds_only ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &*parts) == 0)
        return "?";
    return text.data();
}

} // namespace dbgscope
