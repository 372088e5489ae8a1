// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/core.h>

#include "tools/explain/explain.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxEvents = 500;

/// How sure it is that `cause`, of a rule that can explain the other's, is what led to it.
Certainty certainty_of(const Finding &cause, const Finding &consequence)
{
    if (cause.pid != 0 && consequence.pid != 0) // the kernel's pids are not those of a container
        return cause.pid == consequence.pid ? Certainty::certain : Certainty::possible;
    if (!cause.name.empty() && !consequence.name.empty())
        return cause.name == consequence.name ? Certainty::probable : Certainty::possible;
    return cause.pid != 0 || !cause.name.empty() ? Certainty::probable : Certainty::certain;
}

/// The finding that explains findings[index] best; itself when none does.
Consequence best_cause(const std::vector<Finding> &findings, std::size_t index)
{
    Consequence best{index, Certainty::possible};
    for (const std::string_view id : findings[index].rule->caused_by)
        for (std::size_t i = 0; i < findings.size(); ++i) {
            if (id.empty() || findings[i].rule->id != id || i == index)
                continue;
            const Certainty certainty = certainty_of(findings[i], findings[index]);
            if (best.finding == index || certainty < best.certainty)
                best = {i, certainty};
        }
    return best;
}

using Seconds = std::optional<double> Clock::*;
struct ClockName {
    Seconds member;
    std::string_view name;
};
constexpr std::array<ClockName, 3> kClocks{{{&Clock::epoch_s, "seconds since 1970 (UTC)"},
                                            {&Clock::uptime_s, "seconds since the machine's start"},
                                            {&Clock::day_s, "time of day"}}};

struct LogEvents {
    std::vector<TimedEvent> events; ///< in the order of the log
};

std::vector<LogEvents> events_of(const Explanation &explanation)
{
    std::vector<LogEvents> logs(explanation.logs.size());
    for (const Finding &finding : explanation.findings) {
        logs[finding.first.log].events.push_back({0, finding.first, finding.what});
        if (finding.count > 1)
            logs[finding.last.log].events.push_back({0, finding.last, finding.what + " (the last time)"});
    }
    for (const LogRead &log : explanation.logs)
        if (log.last_gc.line != 0)
            logs[log.last_gc.log].events.push_back({0, log.last_gc, "the last line of gctrace"});
    for (LogEvents &log : logs)
        std::ranges::stable_sort(log.events, {}, [](const TimedEvent &event) { return event.place.line; });
    return logs;
}

/// Every event has a time on this clock, and none goes back: a log that spans midnight has no order by time of day.
bool tells_time(const LogEvents &log, Seconds clock)
{
    double before_s = -1;
    return std::ranges::all_of(log.events, [&](const TimedEvent &event) {
        const auto &at = event.place.clock.*clock;
        const bool forward = at && *at >= before_s;
        before_s = at.value_or(0);
        return forward;
    });
}

std::string why_left_out(const LogEvents &log, bool joined)
{
    const auto has = [&](Seconds clock) {
        return std::ranges::any_of(log.events,
                                   [clock](const TimedEvent &event) { return (event.place.clock.*clock).has_value(); });
    };
    std::string kinds;
    for (const ClockName &clock : kClocks)
        if (has(clock.member))
            kinds += fmt::format("{}{}", kinds.empty() ? "" : ", ", clock.name);
    if (kinds.empty())
        return "no time stamps";
    return joined ? fmt::format("its time stamps are {}, or go back", kinds)
                  : fmt::format("its time stamps are {}", kinds);
}

} // namespace

void relate(std::vector<Finding> &findings)
{
    std::vector<Consequence> cause(findings.size());
    for (std::size_t i = 0; i < findings.size(); ++i)
        cause[i] = best_cause(findings, i);
    // The order of importance: severity, then the rule table, then the order of the log. Indices go with it.
    std::vector<std::size_t> order(findings.size()), place(findings.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) {
        return std::pair(findings[i].rule->severity, findings[i].rule - rules().data());
    });
    std::vector<Finding> sorted;
    for (std::size_t i = 0; i < order.size(); ++i) {
        place[order[i]] = i;
        sorted.push_back(std::move(findings[order[i]]));
    }
    for (std::size_t i = 0; i < cause.size(); ++i) {
        Consequence link{place[i], cause[i].certainty};
        std::size_t root = cause[i].finding;
        if (root == i)
            continue;
        // Up to what has no cause of its own; caused_by has no circles, the bound is for a table with a mistake.
        for (int steps = 0; steps < 8 && cause[root].finding != root && cause[root].certainty != Certainty::possible;
             ++steps) {
            link.certainty = std::max(link.certainty, cause[root].certainty);
            root = cause[root].finding;
        }
        sorted[place[root]].explains.push_back(link);
        sorted[place[i]].explained = link.certainty != Certainty::possible;
    }
    findings = std::move(sorted);
}

TimeLine time_line_of(const Explanation &explanation)
{
    TimeLine line;
    const std::vector<LogEvents> logs = events_of(explanation);
    const auto usable = [&](Seconds clock) {
        return std::ranges::count_if(
            logs, [clock](const LogEvents &log) { return !log.events.empty() && tells_time(log, clock); });
    };
    const auto best =
        std::ranges::max_element(kClocks, {}, [&](const ClockName &clock) { return usable(clock.member); });
    const bool joined = usable(best->member) > 1;
    for (std::size_t i = 0; i < logs.size(); ++i) {
        if (logs[i].events.empty())
            continue;
        if (!joined || !tells_time(logs[i], best->member)) {
            line.left_out.push_back(fmt::format("{}: {}", explanation.logs[i].name, why_left_out(logs[i], joined)));
            continue;
        }
        for (TimedEvent event : logs[i].events) {
            event.at_s = *(event.place.clock.*(best->member));
            line.events.push_back(std::move(event));
        }
    }
    if (!joined)
        return line;
    line.clock = best->name;
    std::ranges::stable_sort(line.events, {}, &TimedEvent::at_s);
    if (line.events.size() > kMaxEvents)
        line.events.resize(kMaxEvents);
    return line;
}

} // namespace dbgscope
