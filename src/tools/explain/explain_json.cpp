// SPDX-License-Identifier: Apache-2.0
#include "text/json.hpp"
#include "tools/explain/explain.hpp"

namespace dbgscope {
namespace {

std::string_view to_string(Certainty certainty)
{
    switch (certainty) {
    case Certainty::certain: return "certain";
    case Certainty::probable: return "probable";
    case Certainty::possible: return "possible";
    }
    return "possible";
}

Json place_json(const Explanation &explanation, const LogPlace &place)
{
    return {{"log", explanation.logs[place.log].name}, {"line", place.line}, {"text", place.text}};
}

Json finding_json(const Explanation &explanation, const Finding &finding)
{
    Json explains = Json::array();
    for (const Consequence &link : finding.explains)
        explains.push_back({{"finding", link.finding}, {"certainty", to_string(link.certainty)}});
    return {{"rule", finding.rule->id},
            {"severity", to_string(finding.rule->severity)},
            {"what", finding.what},
            {"why", finding.cause},
            {"do", finding.cure},
            {"applies", finding.rule->applies},
            {"count", finding.count},
            {"first", place_json(explanation, finding.first)},
            {"last", place_json(explanation, finding.last)},
            {"explained", finding.explained},
            {"explains", std::move(explains)}};
}

Json window_json(const GcWindow &window)
{
    return {{"from_s", window.from_s},        {"to_s", window.to_s},           {"cycles", window.cycles},
            {"per_s", window.per_s},          {"cpu_share", window.cpu_share}, {"mark_duty", window.mark_duty},
            {"tight_goal", window.tight_goal}};
}

Json program_json(const Explanation &explanation, const GcProgram &program)
{
    const auto whole = program.whole();
    return {{"cycles", program.cycles()},
            {"forced", program.forced()},
            {"whole", whole ? window_json(*whole) : Json()},
            {"death_spiral", program.spiral() ? window_json(*program.spiral()) : Json()},
            {"death_spiral_s", program.spiral_s()},
            {"max_pause_ms", program.max_pause_ms()},
            {"peak_mib", program.peak_mib()},
            {"last_live_mib", program.last().live_mib},
            {"last_goal_mib", program.last().goal_mib},
            {"next_goal_mib", program.next_goal_mib()},
            {"verdicts", gc_verdicts(program, explanation.cap_bytes, explanation.killed_for_memory())}};
}

Json log_json(const Explanation &explanation, const LogRead &log)
{
    Json entry{{"name", log.name}, {"lines", log.lines}, {"bytes", log.bytes}, {"cut_lines", log.cut_lines}};
    Json programs = Json::array();
    for (const GcProgram &program : log.gc.programs())
        programs.push_back(program_json(explanation, program));
    entry["gctrace"] = {
        {"programs", std::move(programs)}, {"torn_lines", log.gc.torn()}, {"unplaced_lines", log.gc.unplaced()}};
    return entry;
}

} // namespace

std::string explanation_json(const Explanation &explanation)
{
    Json root{{"schema", 1}, {"logs", Json::array()}, {"findings", Json::array()}, {"unlisted", explanation.unlisted}};
    for (const LogRead &log : explanation.logs)
        root["logs"].push_back(log_json(explanation, log));
    for (const Finding &finding : explanation.findings)
        root["findings"].push_back(finding_json(explanation, finding));
    root["cap_bytes"] = explanation.cap_bytes ? Json(*explanation.cap_bytes) : Json();
    Json events = Json::array();
    for (const TimedEvent &event : explanation.time_line.events)
        events.push_back({{"at_s", event.at_s}, {"place", place_json(explanation, event.place)}, {"what", event.what}});
    root["time_line"] = {{"clock", explanation.time_line.clock.empty() ? Json() : Json(explanation.time_line.clock)},
                         {"events", std::move(events)},
                         {"left_out", explanation.time_line.left_out}};
    return root.dump({.indent = 2}) + "\n";
}

} // namespace dbgscope
