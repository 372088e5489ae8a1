// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "render/json_writer.hpp"
#include "session/record_json.hpp"
#include "tools/report/report_text.hpp"

namespace dbgscope {
namespace {

constexpr int kReportSchema = 1;
constexpr std::int64_t kUsPerMs = 1000;

Json limit_json(Limit limit)
{
    return limit.finite() ? Json(limit.bytes()) : Json("infinity");
}

/// What names from /proc are: bytes.
Json text_json(const std::string &text)
{
    return is_utf8(text) ? Json(text) : Json{{"escaped", escape_bytes(text)}};
}

struct Values {
    Json list = Json::array();
    void operator()(const char * /*name*/, const auto &value) { list.push_back(value); }
};

struct Names {
    Json list = Json::array();
    void operator()(const char *name, const auto & /*value*/) { list.push_back(name); }
};

template <class List> Json listed(const RecordedPoint &point)
{
    List list;
    fields(list, point);
    return std::move(list.list);
}

Json event_json(const TimelineEvent &event)
{
    Json object{{"at_ms", event.at_ms}, {"unix_ms", event.unix_ms}, {"what", event.what}};
    if (!event.text.empty())
        object["text"] = text_json(event.text);
    if (event.mark != Mark::none)
        object["mark"] = mark_words(event.mark);
    if (event.bytes)
        object["memory_bytes"] = *event.bytes;
    if (!event.log.empty())
        object["log"] = event.log;
    for (const RecordedSite &site : event.sites)
        object["sites"].push_back({{"function", text_json(site.function)},
                                   {"file", text_json(site.file)},
                                   {"line", site.line},
                                   {"bytes", site.bytes},
                                   {"share", site.share_permille / 1000.0}});
    return object;
}

// The trace.

class Trace {
  public:
    explicit Trace(const Timeline &timeline) : timeline_(timeline) {}

    Json events()
    {
        const SessionRecord &session = timeline_.session;
        name("process_name", 0, printable(fmt::format("{} {}", session.tool, session.id)));
        name("thread_name", kSession, "session");
        name("thread_name", kStates, "state");
        name("thread_name", kEvents, "events");
        for (const RecordedPoint &point : timeline_.points) {
            counter("memory", point.at_ms,
                    {{"anon", point.anon_bytes}, {"file", point.file_bytes}, {"kernel", point.kernel_bytes}});
            counter("memory in use", point.at_ms, {{"bytes", point.current_bytes}});
            counter("stalled for memory, total", point.at_ms,
                    {{"some_us", point.stall_some_us}, {"full_us", point.stall_full_us}});
            if (point.gc_heap_bytes == 0)
                continue;
            counter("Go heap", point.at_ms, {{"live", point.gc_heap_bytes}, {"goal", point.gc_goal_bytes}});
            counter("Go collections, total", point.at_ms,
                    {{"cycles", point.gc_cycles}, {"pause_us", point.gc_pause_us}});
        }
        for (const LimitsFrom &limits : timeline_.limits)
            if (limits.cap.finite())
                counter("cap", limits.at_ms, {{"bytes", limits.cap.bytes()}});
        slice(printable(session.tool), "session", kSession, 0, timeline_.length_ms);
        for (const StateSpan &span : timeline_.spans)
            slice(std::string(name_of(span.state)), "state", kStates, span.from_ms, span.to_ms);
        for (const TimelineEvent &event : timeline_.events)
            instant(event);
        return std::move(out_);
    }

  private:
    static constexpr int kStates = 1, kEvents = 2, kSession = 3, kFirstLog = 4;

    void slice(std::string what, const char *kind, int thread, std::int64_t from_ms, std::int64_t to_ms)
    {
        out_.push_back({{"ph", "X"},
                        {"name", std::move(what)},
                        {"cat", kind},
                        {"ts", from_ms * kUsPerMs},
                        {"dur", std::max<std::int64_t>(to_ms - from_ms, 0) * kUsPerMs},
                        {"pid", 1},
                        {"tid", thread}});
    }

    void instant(const TimelineEvent &event)
    {
        out_.push_back({{"ph", "i"},
                        {"name", event.what},
                        {"cat", "event"},
                        {"s", "p"},
                        {"ts", event.at_ms * kUsPerMs},
                        {"pid", 1},
                        {"tid", event.log.empty() ? kEvents : thread_of(event.log)},
                        {"args", args_of(event)}});
    }
    static Json args_of(const TimelineEvent &event)
    {
        Json args{{"text", printable(event.text)}, {"clock", clock_text(event.unix_ms)}};
        for (const RecordedSite &site : event.sites)
            args[site_words(site)] = fmt::format("{}, {:.0f} %", format_bytes(site.bytes), site.share_permille / 10.0);
        return args;
    }
    /// Each other log has a row of its own.
    int thread_of(const std::string &log)
    {
        const auto [known, added] = logs_.emplace(log, kFirstLog + static_cast<int>(logs_.size()));
        if (added)
            name("thread_name", known->second, log);
        return known->second;
    }

    void name(const char *what, int thread, const std::string &text)
    {
        out_.push_back({{"ph", "M"}, {"name", what}, {"pid", 1}, {"tid", thread}, {"args", {{"name", text}}}});
    }
    void counter(const char *what, std::int64_t at_ms, Json values)
    {
        out_.push_back(
            {{"ph", "C"}, {"name", what}, {"ts", at_ms * kUsPerMs}, {"pid", 1}, {"args", std::move(values)}});
    }

    const Timeline &timeline_;
    std::map<std::string, int> logs_;
    Json out_ = Json::array();
};

} // namespace

std::string report_json(const Timeline &timeline)
{
    Json out{{"schema", kReportSchema},         {"session", record_to_json(timeline.session)},
             {"ended", timeline.ended},         {"began_unix_ms", timeline.began_unix_ms},
             {"length_ms", timeline.length_ms}, {"peak_bytes", timeline.peak_bytes}};
    Json limits = Json::array(), spans = Json::array(), points = Json::array(), events = Json::array();
    for (const LimitsFrom &each : timeline.limits)
        limits.push_back(
            {{"at_ms", each.at_ms}, {"cap_bytes", limit_json(each.cap)}, {"fuse_bytes", limit_json(each.fuse)}});
    for (const StateSpan &span : timeline.spans)
        spans.push_back({{"from_ms", span.from_ms}, {"to_ms", span.to_ms}, {"state", name_of(span.state)}});
    for (const RecordedPoint &point : timeline.points)
        points.push_back(listed<Values>(point));
    for (const TimelineEvent &event : timeline.events)
        events.push_back(event_json(event));
    out["limits"] = std::move(limits);
    out["states"] = std::move(spans);
    out["columns"] = listed<Names>({});
    out["points"] = std::move(points);
    out["events"] = std::move(events);
    out["notes"] = Json(timeline.notes);
    return out.dump({.ascii = true}) + '\n';
}

std::string report_trace(const Timeline &timeline)
{
    Json out{{"displayTimeUnit", "ms"}, {"traceEvents", Trace(timeline).events()}};
    out["otherData"] = {{"session", printable(timeline.session.id)},
                        {"command", command_words(timeline)},
                        {"began", clock_text(timeline.began_unix_ms)},
                        {"began_unix_ms", timeline.began_unix_ms}};
    return out.dump({.ascii = true}) + '\n';
}

} // namespace dbgscope
