// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "text/fold.hpp"
#include "tools/explain/explain.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kShownFindings = 20;

std::string block(std::string_view label, std::string_view words)
{
    return folded(fmt::format("   {:<8}", label), words, 11);
}

std::string where(const Explanation &explanation, const LogPlace &place)
{
    return fmt::format("{}:{}", explanation.logs[place.log].name, place.line);
}

std::string consequences_text(const Explanation &explanation, const Finding &finding)
{
    std::string text;
    for (const Consequence &link : finding.explains) {
        const Finding &other = explanation.findings[link.finding];
        const char *words = link.certainty == Certainty::certain    ? "explains"
                            : link.certainty == Certainty::probable ? "probably explains"
                                                                    : "may explain";
        text += fmt::format("   {} {}: {}  [{}]\n", words, where(explanation, other.first), other.first.text,
                            other.rule->id);
    }
    return text;
}

/// `more` of the same rule follow, with the same reason and cure: those are said once, behind the last one.
std::string finding_text(const Explanation &explanation, const Finding &finding, std::size_t number, bool more)
{
    std::string text = fmt::format("{}. {}  [{}]\n", number, finding.what, finding.rule->id);
    text += fmt::format("   {:<8}{}: {}\n", "where", where(explanation, finding.first), finding.first.text);
    if (finding.count > 1)
        text += fmt::format("   {:<8}{} times, last at {}\n", "", finding.count, where(explanation, finding.last));
    text += consequences_text(explanation, finding);
    if (!more)
        text += block("why", finding.cause) + block("do", finding.cure) + "\n";
    return text;
}

std::string findings_text(const Explanation &explanation)
{
    std::vector<const Finding *> listed;
    for (const Finding &finding : explanation.findings)
        if (!finding.explained && listed.size() < kShownFindings)
            listed.push_back(&finding);
    std::string text;
    for (std::size_t i = 0; i < listed.size(); ++i) {
        const bool more = i + 1 < listed.size() && listed[i]->rule == listed[i + 1]->rule &&
                          listed[i]->cause == listed[i + 1]->cause && listed[i]->cure == listed[i + 1]->cure;
        text += finding_text(explanation, *listed[i], i + 1, more);
    }
    return text;
}

std::string program_text(const GcProgram &program, std::size_t number, std::size_t programs)
{
    std::string text =
        fmt::format("   {}{} collections", programs > 1 ? fmt::format("program {}: ", number) : "", program.cycles());
    if (const auto whole = program.whole())
        text += fmt::format(" in {:.1f} s ({:.1f} a second), GC {:.0f} % of all processors, marking {:.0f} % of the "
                            "time, tight goal {:.0f} %",
                            whole->to_s - whole->from_s, whole->per_s, whole->cpu_share * 100, whole->mark_duty * 100,
                            whole->tight_goal * 100);
    const GcLine &last = program.last();
    text += fmt::format("; longest pause {:.2g} ms; heap at most {} MB, in the end {} MB live, goal {} MB",
                        program.max_pause_ms(), program.peak_mib(), last.live_mib, last.goal_mib);
    if (program.forced() > 0)
        text += fmt::format("; {} forced by the program", program.forced());
    return text + "\n";
}

std::string gc_text(const Explanation &explanation, const LogRead &log, bool chart)
{
    const auto &programs = log.gc.programs();
    std::string text = fmt::format("gctrace in {}", log.name);
    if (explanation.cap_bytes)
        text += fmt::format(", cap {}", format_bytes(*explanation.cap_bytes));
    text += ":\n";
    std::size_t number = 0;
    for (const GcProgram &program : programs) {
        text += program_text(program, ++number, programs.size());
        for (const std::string &verdict : gc_verdicts(program, explanation.cap_bytes, explanation.killed_for_memory()))
            text += block("", "=> " + verdict + ".");
        if (chart)
            text += gc_chart(program, explanation.cap_bytes);
    }
    if (log.gc.torn() > 0)
        text += fmt::format("   {} torn line{} not counted (several programs on one pipe, or killed in the middle)\n",
                            log.gc.torn(), log.gc.torn() == 1 ? "" : "s");
    if (log.gc.unplaced() > 0)
        text += fmt::format("   {} lines of further programs not counted\n", log.gc.unplaced());
    return text + "\n";
}

std::string time_of(const TimeLine &line, double at_s)
{
    if (line.clock != "time of day")
        return fmt::format("{:.6f}", at_s);
    const auto second = static_cast<unsigned>(at_s);
    return fmt::format("{:02}:{:02}:{:09.6f}", second / 3600, second / 60 % 60, at_s - second / 60 * 60);
}

std::string time_line_text(const Explanation &explanation)
{
    const TimeLine &line = explanation.time_line;
    std::string text;
    if (!line.clock.empty()) {
        text += fmt::format("in order of time ({}):\n", line.clock);
        for (const TimedEvent &event : line.events)
            text +=
                fmt::format("   {}  {}: {}\n", time_of(line, event.at_s), where(explanation, event.place), event.what);
    } else if (line.left_out.size() > 1)
        text += "The logs cannot be put in one order of time:\n";
    if (!line.clock.empty() && !line.left_out.empty())
        text += "   not in it:\n";
    if (!line.clock.empty() || line.left_out.size() > 1)
        for (const std::string &log : line.left_out)
            text += fmt::format("   {}\n", log);
    return text;
}

} // namespace

std::string explanation_text(const Explanation &explanation, bool chart)
{
    std::uint64_t lines = 0;
    std::string names, text;
    for (const LogRead &log : explanation.logs) {
        lines += log.lines;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", log.name);
        if (log.bytes == 0)
            text += fmt::format("{} is empty.\n", log.name);
        if (log.cut_lines > 0)
            text += fmt::format("{}: {} line{} longer than 64 KiB, read to there only.\n", log.name, log.cut_lines,
                                log.cut_lines == 1 ? "" : "s");
    }
    if (!explanation.anything())
        return text + fmt::format("Nothing known in {} line{} of {}.\n", lines, lines == 1 ? "" : "s", names);
    const auto count = static_cast<std::size_t>(
        std::ranges::count_if(explanation.findings, [](const Finding &finding) { return !finding.explained; }));
    text += fmt::format("{} line{} of {}{}\n\n", lines, lines == 1 ? "" : "s", names, count == 0 ? "" : ":");
    text += findings_text(explanation);
    if (count > kShownFindings || explanation.unlisted > 0)
        text += fmt::format("and {} more (--json lists the first {})\n\n",
                            std::max(count, kShownFindings) - kShownFindings + explanation.unlisted, kMaxFindings);
    for (const LogRead &log : explanation.logs)
        if (!log.gc.programs().empty())
            text += gc_text(explanation, log, chart);
    text += time_line_text(explanation);
    if (text.ends_with("\n\n"))
        text.pop_back();
    return text;
}

} // namespace dbgscope
