// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/recording.hpp"

// What a recording tells, put in order once for everything that shows it. Pure.
namespace dbgscope {

/// What a chart marks.
enum class Mark : std::uint8_t { none, started, ended, held, stopped, resumed, raised, lowered, killed, snapshot };

/// One line of the list of events.
struct TimelineEvent {
    std::int64_t at_ms = 0, unix_ms = 0;
    std::string what; ///< one word: "held", "started", "said"
    std::string text; ///< as it was recorded: may hold any bytes
    Mark mark = Mark::none;
    std::optional<std::uint64_t> bytes;   ///< in use at that time
    std::string log = {};                 ///< that has told it; empty: the recording itself
    std::vector<RecordedSite> sites = {}; ///< of a snapshot, the largest first
};

/// From `at_ms` on.
struct LimitsFrom {
    std::int64_t at_ms = 0;
    Limit cap, fuse;
};

/// A time in one state that is not `running`.
struct StateSpan {
    std::int64_t from_ms = 0, to_ms = 0;
    SessionState state = SessionState::running;
};

struct Timeline {
    SessionRecord session; ///< as it ended; without an end as it began
    bool ended = false;    ///< the recording has its last line
    bool runs = false;     ///< and why it has none: timeline_of cannot know
    std::int64_t began_unix_ms = 0, length_ms = 0;
    std::int64_t began_monotonic_ms = 0; ///< CLOCK_MONOTONIC; 0: not known
    std::uint64_t peak_bytes = 0;
    std::vector<RecordedPoint> points;
    std::vector<LimitsFrom> limits; ///< at least one
    std::vector<StateSpan> spans;
    std::vector<TimelineEvent> events;
    std::vector<std::string> notes; ///< what is wrong with the recording itself
};

[[nodiscard]] Timeline timeline_of(Recorded recorded);

/// The limits in force at a time.
[[nodiscard]] const LimitsFrom &limits_at(const Timeline &timeline, std::int64_t at_ms);

/// What Go's collector has come to while it was recorded.
struct GcSums {
    std::uint64_t most_heap_bytes = 0, cycles = 0, pause_us = 0;
};
/// Of the last program that had one; nothing: none was seen.
[[nodiscard]] std::optional<GcSums> gc_sums(const Timeline &timeline);

/// The scale of a chart: the cap, unless memory stays far below it; at least one byte.
[[nodiscard]] std::uint64_t top_bytes(const Timeline &timeline);

/// One column of a chart `columns` wide; what has no point of its own stands at the last one before it.
struct ChartColumn {
    std::int64_t from_ms = 0, to_ms = 0;
    std::optional<RecordedPoint> highest;
    std::optional<double> stalled; ///< share of the time, from 0 to 1; nothing: no pressure was recorded
    std::optional<double> stalled_full;
};
[[nodiscard]] std::vector<ChartColumn> chart_columns(const Timeline &timeline, std::size_t columns);

/// "0s", "1.53s", "12min 3s", "3h 5min": a time since the beginning.
[[nodiscard]] std::string since_text(std::int64_t ms);
/// "2026-11-29 17:02:33" of the local time zone; `seconds_only`: "17:02:33".
[[nodiscard]] std::string clock_text(std::int64_t unix_ms, bool seconds_only = false);

} // namespace dbgscope
