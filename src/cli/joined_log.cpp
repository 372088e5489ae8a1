// SPDX-License-Identifier: Apache-2.0
#include "cli/joined_log.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "tools/explain/excerpts.hpp"
#include "tools/explain/explain.hpp"
#include "tools/report/joined.hpp"

namespace dbgscope {
namespace {

OutsideTime time_of(const Clock &clock)
{
    return {.epoch_s = clock.epoch_s, .uptime_s = clock.uptime_s, .day_s = clock.day_s, .date = clock.date};
}

Excerpt excerpt_of(const Finding &finding, const LogPlace &place)
{
    return {.clock = place.clock,
            .what = "log",
            .text = finding.what + (place.text.empty() ? "" : " | " + place.text),
            .line = place.line};
}

} // namespace

Result<void> join_log(Timeline &timeline, LogReader &log)
{
    Excerpts excerpts([&timeline](const Clock &clock) {
        const auto place = place_of(timeline, time_of(clock));
        return place ? std::optional(lies_within(timeline, *place)) : std::nullopt;
    });
    Explainer explainer(std::nullopt, {.texts = excerpt_texts(), .hear = [&](const auto &line, const auto &plain) {
                                           excerpts.take(line, plain);
                                       }});
    if (auto read = explainer.read(log); !read)
        return read;
    std::vector<Excerpt> all;
    std::set<std::uint64_t> told;
    for (const Finding &finding : explainer.finish().findings) {
        if (finding.rule->id == "trace-collection") // each of them is an excerpt, with how long it took
            continue;
        all.push_back(excerpt_of(finding, finding.first));
        if (finding.last.line != finding.first.line)
            all.push_back(excerpt_of(finding, finding.last));
        told.insert({finding.first.line, finding.last.line});
    }
    ExcerptList list = excerpts.finish(told);
    std::ranges::move(list.excerpts, std::back_inserter(all));
    // As they stand in the log; in a Go trace what began earlier may stand behind what it went on beside.
    std::ranges::stable_sort(
        all, {}, [](const Excerpt &excerpt) { return std::pair(excerpt.clock.uptime_s.value_or(0), excerpt.line); });
    OutsideLog outside{
        .name = log.name(), .outside = list.elsewhere, .timeless = list.timeless, .left_out = list.left_out};
    for (Excerpt &excerpt : all)
        outside.events.push_back({time_of(excerpt.clock), std::move(excerpt.what), std::move(excerpt.text)});
    join(timeline, std::move(outside));
    return {};
}

} // namespace dbgscope
