// SPDX-License-Identifier: Apache-2.0
// Another log of a session's time, whoever wrote it: what of it is laid among the events, in every form of the report.
#include <algorithm>

#include "readers.hpp"

#include "cli/joined_log.hpp"
#include "tools/explain/excerpts.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    auto reader = LogReader::from(UniqueFd(::dup(file_with(text_of(data, size)))), "log");
    if (!reader)
        return 0;
    Recorded recorded; // a day from 2023-11-14 23:59:50 (UTC) on, 1000 s after the machine's start
    recorded.header.realtime_ms = 1'700'006'390'000;
    recorded.header.monotonic_ms = 1'000'000;
    recorded.points = {{.at_ms = 0, .current_bytes = 5}, {.at_ms = 86'400'000, .current_bytes = 9}};
    Timeline timeline = timeline_of(std::move(recorded));
    must(join_log(timeline, *reader).has_value());
    must(timeline.events.size() <= 2 * kMaxFindings + 5 * Excerpts::kMostOfOneKind && timeline.notes.size() <= 3);
    must(std::ranges::is_sorted(timeline.events, {}, &TimelineEvent::at_ms));
    for (const TimelineEvent &event : timeline.events)
        must(event.at_ms >= 0 && event.at_ms <= timeline.length_ms && is_utf8(event.text) && !event.log.empty());
    switch (size % 4) { // one form each: they take longer than the reading
    case 0: must(is_utf8(report_text(timeline, size % 200))); break;
    case 1: must(is_utf8(report_html(timeline))); break;
    case 2: must(parse_json(report_json(timeline)).has_value()); break;
    default: must(parse_json(report_trace(timeline)).has_value());
    }
    return 0;
}
