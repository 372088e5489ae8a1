// SPDX-License-Identifier: Apache-2.0
#include "tools/report/past_session.hpp"

#include <algorithm>
#include <map>
#include <ranges>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "debugger/call.hpp"
#include "render/columns.hpp"
#include "render/session_text.hpp"
#include "session/record_json.hpp"
#include "tools/report/openmetrics.hpp"
#include "tools/report/timeline.hpp"

namespace dbgscope {
namespace {

/// "/home/dev" and "../x/./y" → "/home/x/y": by the words alone, a link is not followed.
std::string joined(const std::string &directory, const std::string &path)
{
    std::vector<std::string> parts;
    const std::string whole = path.starts_with('/') ? path : directory + '/' + path;
    for (std::size_t at = 0; at < whole.size();) {
        const auto slash = std::min(whole.find('/', at), whole.size());
        const std::string part = whole.substr(at, slash - at);
        if (part == ".." && !parts.empty())
            parts.pop_back();
        else if (!part.empty() && part != "." && part != "..")
            parts.push_back(part);
        at = slash + 1;
    }
    std::string out;
    for (const std::string &part : parts)
        out += '/' + part;
    return out.empty() ? "/" : out;
}

/// The first word after a verb that builds: a package.
std::string package_of(const std::vector<std::string> &arguments, const std::string &verb)
{
    const auto at = std::ranges::find(arguments, verb);
    if (at == arguments.end() || at + 1 == arguments.end() || (at + 1)->starts_with('-'))
        return ".";
    return *(at + 1);
}

Json optional_json(const std::optional<double> &value)
{
    return value ? Json(*value) : Json();
}

std::string status_text(const SessionRecord &record)
{
    if (!record.exit_status)
        return "-";
    return *record.exit_status < 0 ? fmt::format("signal {}", -*record.exit_status)
                                   : fmt::format("{}", *record.exit_status);
}

/// What the collector did from one point to the next: totals begin again with a program that was started again.
struct Pauses {
    double mean_ms = 0;
    std::uint64_t collections = 0;
};

std::vector<Pauses> pauses_of(const std::vector<RecordedPoint> &points)
{
    std::vector<Pauses> found;
    RecordedPoint before;
    for (const RecordedPoint &point : points) {
        if (point.gc_cycles < before.gc_cycles || point.gc_pause_us < before.gc_pause_us)
            before = RecordedPoint();
        if (const std::uint64_t collections = point.gc_cycles - before.gc_cycles; collections > 0)
            found.push_back({.mean_ms = static_cast<double>(point.gc_pause_us - before.gc_pause_us) /
                                        static_cast<double>(collections) / 1000,
                             .collections = collections});
        before = point;
    }
    return found;
}

constexpr std::uint64_t kFewestCollections = 20;

/// Of the last program that has collected often enough; the runtime counts from its start.
std::optional<double> gc_cpu_percent_of(const std::vector<RecordedPoint> &points)
{
    for (const RecordedPoint &point : std::views::reverse(points))
        if (point.gc_cycles >= kFewestCollections && point.gc_cpu_ppm > 0)
            return static_cast<double>(point.gc_cpu_ppm) / 1e4;
    return std::nullopt;
}

void add_pauses(PastSession &session, std::vector<Pauses> pauses, std::int64_t length_ms)
{
    constexpr std::int64_t kShortestMs = 1000;
    double sum_ms = 0;
    std::uint64_t collections = 0;
    for (const Pauses &each : pauses) {
        sum_ms += each.mean_ms * static_cast<double>(each.collections);
        collections += each.collections;
    }
    if (collections == 0 || length_ms < kShortestMs)
        return;
    session.gc_pause_percent = sum_ms / static_cast<double>(length_ms) * 100;
    if (collections < kFewestCollections)
        return;
    std::ranges::sort(pauses, {}, &Pauses::mean_ms);
    std::uint64_t beyond = collections / 100; // so many are longer
    auto at = pauses.rbegin();
    for (; at->collections <= beyond; ++at)
        beyond -= at->collections;
    session.gc_pause_p99_ms = at->mean_ms;
}

} // namespace

std::string program_of(const SessionRecord &record)
{
    if (record.command.empty())
        return record.tool;
    const std::vector<std::string> arguments(record.command.begin() + 1, record.command.end());
    const std::string &first = record.command.front();
    const auto tool = tool_from_name(first.substr(first.rfind('/') + 1));
    if (!tool || record.tool == tool_name(Tool::none))
        return first.find('/') == std::string::npos ? first : joined(record.directory, first);
    const DebuggerCall call = read_call(*tool, arguments);
    if (call.program)
        return joined(record.directory, *call.program);
    if (call.verb == "debug" || call.verb == "test")
        return joined(record.directory, package_of(arguments, call.verb));
    return fmt::format("{}{}{} in {}", record.tool, call.verb.empty() ? "" : " ", call.verb, record.directory);
}

void add_from_recording(PastSession &session, const Recorded &recorded)
{
    constexpr std::int64_t kShortestMs = 100; // less makes no rate
    const auto started = std::ranges::find(recorded.events, RecordedKind::debuggee, &RecordedEvent::kind);
    const std::int64_t from_ms = started == recorded.events.end() ? 0 : started->at_ms;
    if (started != recorded.events.end())
        session.launch_s = static_cast<double>(from_ms) / 1000;
    if (!recorded.points.empty())
        add_pauses(session, pauses_of(recorded.points), recorded.points.back().at_ms - from_ms);
    session.gc_cpu_percent = gc_cpu_percent_of(recorded.points);
    const auto first = std::ranges::find_if(recorded.points, [&](const auto &point) { return point.at_ms >= from_ms; });
    const auto highest = std::max_element(
        first, recorded.points.end(), [](const auto &a, const auto &b) { return a.current_bytes < b.current_bytes; });
    if (highest != recorded.points.end() && highest->at_ms - first->at_ms >= kShortestMs)
        session.growth_bytes_per_s = static_cast<double>(highest->current_bytes - first->current_bytes) * 1000 /
                                     static_cast<double>(highest->at_ms - first->at_ms);
    const auto held = std::ranges::find_if(recorded.events, [](const RecordedEvent &event) {
        return event.kind == RecordedKind::state &&
               (event.state == SessionState::held || event.state == SessionState::throttled);
    });
    if (held != recorded.events.end())
        session.first_trip_s = static_cast<double>(held->at_ms - std::min(from_ms, held->at_ms)) / 1000;
}

std::string history_text(const std::vector<PastSession> &sessions)
{
    if (sessions.empty())
        return "No session has ended yet, as far as the history tells.\n";
    std::string text = fmt::format("{:<19}  {:>9}  {:>8}  {:>8}  {:>4}  {:>5}  {:<9}  {}\n", "BEGAN", "TIME", "PEAK",
                                   "CAP", "HELD", "KILLS", "STATUS", "SESSION, PROGRAM");
    for (const PastSession &session : sessions) {
        const SessionRecord &record = session.record;
        text += fmt::format("{:<19}  {:>9}  {:>8}  {:>8}  {:>4}  {:>5}  {:<9}  {}  {}{}\n",
                            clock_text(record.started_unix_s * 1000),
                            since_text(std::max<std::int64_t>(record.duration_ms, 0)),
                            record.debuggee_peak_bytes > 0 ? format_bytes(record.debuggee_peak_bytes) : "-",
                            record.cap.finite() ? format_bytes(record.cap.bytes()) : "none", record.fuse_trips,
                            record.counts.oom_kill, status_text(record), printable(record.id),
                            printable(session.program), session.recording.empty() ? "" : "  (recorded)");
        if (!record.verdicts.empty())
            text += std::string(21, ' ') + printable(record.verdicts.back()) + '\n';
    }
    return text;
}

std::string history_json(const std::vector<PastSession> &sessions)
{
    Json list = Json::array();
    for (const PastSession &session : sessions) {
        Json object = record_to_json(session.record);
        object["program"] = is_utf8(session.program) ? Json(session.program) : Json(escape_bytes(session.program));
        object["recording"] = session.recording.empty() ? Json() : Json(session.recording);
        object["growth_bytes_per_s"] = optional_json(session.growth_bytes_per_s);
        object["first_trip_s"] = optional_json(session.first_trip_s);
        object["launch_s"] = optional_json(session.launch_s);
        object["gc_cpu_percent"] = optional_json(session.gc_cpu_percent);
        object["gc_pause_percent"] = optional_json(session.gc_pause_percent);
        object["gc_pause_p99_ms"] = optional_json(session.gc_pause_p99_ms);
        list.push_back(std::move(object));
    }
    return list.dump({.ascii = true}) + '\n';
}

std::string history_openmetrics(const std::vector<PastSession> &sessions)
{
    struct Sum {
        double sessions = 0, holds = 0, kills = 0;
        const SessionRecord *last = nullptr;
    };
    std::map<std::string, Sum> programs;
    for (const PastSession &session : sessions) {
        Sum &sum = programs[session.program];
        ++sum.sessions;
        sum.holds += session.record.fuse_trips;
        sum.kills += static_cast<double>(session.record.counts.oom_kill);
        sum.last = &session.record;
    }
    Metrics metrics;
    // No counters: sums fall when the history is pruned. And so the same text is good Prometheus format, which is all
    // that node_exporter reads.
    const auto gauge = [&](std::string_view name, std::string_view unit, const char *help, const auto &value) {
        metrics.family(name, "gauge", unit, help);
        for (const auto &[program, sum] : programs)
            if (const std::optional<double> number = value(sum))
                metrics.sample(name, metric_labels({{"program", program}}), *number);
    };
    using Number = std::optional<double>;
    const auto bytes = [](std::uint64_t number) { return number > 0 ? Number(static_cast<double>(number)) : Number(); };
    gauge("dbgscope_history_sessions", "", "Debug sessions in the history.",
          [](const Sum &sum) { return Number(sum.sessions); });
    gauge("dbgscope_history_holds", "", "Times a debuggee was held at its fuse.",
          [](const Sum &sum) { return Number(sum.holds); });
    gauge("dbgscope_history_memory_kills", "", "Processes of sessions killed for memory.",
          [](const Sum &sum) { return Number(sum.kills); });
    gauge("dbgscope_last_peak_bytes", "bytes", "Peak memory of the debuggee in the last session.",
          [&](const Sum &sum) { return bytes(sum.last->debuggee_peak_bytes); });
    gauge("dbgscope_last_cap_bytes", "bytes", "Cap on the debuggee in the last session.",
          [&](const Sum &sum) { return sum.last->cap.finite() ? bytes(sum.last->cap.bytes()) : Number(); });
    gauge("dbgscope_last_duration_seconds", "seconds", "Length of the last session.",
          [](const Sum &sum) { return Number(static_cast<double>(sum.last->duration_ms) / 1000); });
    gauge("dbgscope_last_start_timestamp_seconds", "seconds", "When the last session began.",
          [](const Sum &sum) { return Number(static_cast<double>(sum.last->started_unix_s)); });
    return std::move(metrics).finish();
}

} // namespace dbgscope
