// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "tools/report/dap_log.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMostText = 160;  ///< of a message or an expression
constexpr std::size_t kMostRows = 1000; ///< of each table; --json has them all

std::string shortened(std::string text)
{
    text = printable(text);
    if (text.size() <= kMostText)
        return text;
    std::size_t end = kMostText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80)
        --end;
    return text.substr(0, end) + "…";
}

std::string seconds(const std::optional<double> &value, bool whole)
{
    if (!value)
        return "-";
    return whole ? fmt::format("{:.0f}s", *value) : fmt::format("{:.3f}s", *value);
}

std::string request_line(const DapRequest &request, bool whole)
{
    std::string answer = "ok";
    if (!request.answered)
        answer = "NOT ANSWERED";
    else if (!request.success)
        answer = "FAILED" + (request.message.empty() ? "" : ": " + shortened(request.message));
    std::string what = printable(request.command);
    if (request.from_adapter)
        what += " (of the adapter)";
    if (!request.subject.empty())
        what += ' ' + shortened(request.subject);
    return fmt::format("{:>9} {:>9}  {:<40}  {}\n", seconds(request.asked_s, whole), seconds(request.took_s, whole),
                       what, answer);
}

std::string breakpoint_line(const DapBreakpoint &point)
{
    std::string state = "asked for, no answer";
    if (point.answered && point.verified)
        state = "verified" + (point.line ? fmt::format(", line {}", *point.line) : "");
    else if (point.answered)
        state = "NOT verified" + (point.message.empty() ? "" : ": " + shortened(point.message));
    return fmt::format("  {:<40}  {}\n", shortened(point.place), state);
}

std::string stop_line(const DapStop &stop, bool whole)
{
    return fmt::format("{:>9}  {}{}{}\n", seconds(stop.at_s, whole), shortened(stop.reason),
                       stop.thread ? fmt::format(", thread {}", *stop.thread) : "",
                       stop.text.empty() ? "" : ": " + shortened(stop.text));
}

/// At most kMostRows of a list, and how many more there are.
template <class T, class Line> std::string rows(const std::vector<T> &list, const Line &line)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(list.size(), kMostRows); ++i)
        text += line(list[i]);
    if (list.size() > kMostRows)
        text += fmt::format("  and {} more\n", list.size() - kMostRows);
    return text;
}

std::string output_lines(const DapOutput &output)
{
    std::string text = fmt::format("output      {} events, {} bytes as the program's", output.events,
                                   output.stdout_bytes + output.stderr_bytes);
    if (output.stderr_bytes > 0)
        text += fmt::format(" ({} on standard error)", output.stderr_bytes);
    text += fmt::format("; {} events, {} bytes of the debugger's own\n", output.own_events, output.own_bytes);
    if (!output.elsewhere.empty())
        text += fmt::format("            the program's went {}\n", output.elsewhere);
    for (const DapLost &lost : output.lost)
        text += fmt::format("output lost {}\n", lost.text);
    return text;
}

std::string ending(const DapReport &report)
{
    std::string text;
    if (report.first_stop_s)
        text += fmt::format("\nfirst stop  {} after it was asked to start\n",
                            seconds(report.first_stop_s, report.whole_seconds));
    text += output_lines(report.output);
    if (report.exit_code)
        text += fmt::format("program     exited with {}\n", *report.exit_code);
    const auto waiting = report.unanswered();
    if (waiting.empty())
        return text + (report.terminated ? "end         terminated; the client waits for nothing\n"
                                         : "end         the client waits for nothing\n");
    text += "end         the client waits for";
    for (std::size_t i = 0; i < std::min<std::size_t>(waiting.size(), 8); ++i)
        text += fmt::format("{} {} (request {})", i == 0 ? "" : ",", printable(waiting[i]->command), waiting[i]->seq);
    return text + (waiting.size() > 8 ? fmt::format(" and {} more\n", waiting.size() - 8) : "\n");
}

Json number(const std::optional<double> &value)
{
    return value ? Json(*value) : Json();
}
Json number(const std::optional<std::int64_t> &value)
{
    return value ? Json(*value) : Json();
}

} // namespace

std::string dap_text(const DapReport &report)
{
    std::string text = fmt::format("{} messages", report.messages);
    if (!report.client.empty())
        text += ", client " + shortened(report.client);
    if (!report.adapter.empty())
        text += ", adapter " + shortened(report.adapter);
    if (report.whole_seconds)
        text += "; the log counts whole seconds";
    text += fmt::format("\n\n{:>9} {:>9}  {:<40}  {}\n", "ASKED", "TOOK", "REQUEST", "ANSWER");
    const bool whole = report.whole_seconds;
    text += rows(report.requests, [whole](const DapRequest &request) { return request_line(request, whole); });
    if (!report.breakpoints.empty())
        text += "\nbreakpoints\n" + rows(report.breakpoints, breakpoint_line);
    if (!report.stops.empty())
        text += "\nstops\n" + rows(report.stops, [whole](const DapStop &stop) { return stop_line(stop, whole); });
    if (report.left_out > 0)
        text += fmt::format("\nnote: {} more than is read are left out\n", report.left_out);
    return text + (report.first_stop_s ? "" : "\n") + ending(report);
}

std::string dap_json(const DapReport &report)
{
    Json requests = Json::array(), breakpoints = Json::array(), stops = Json::array();
    for (const DapRequest &each : report.requests)
        requests.push_back({{"seq", each.seq},
                            {"command", each.command},
                            {"subject", each.subject},
                            {"from_adapter", each.from_adapter},
                            {"asked_s", number(each.asked_s)},
                            {"took_s", number(each.took_s)},
                            {"answered", each.answered},
                            {"success", each.success},
                            {"message", each.message}});
    for (const DapBreakpoint &each : report.breakpoints)
        breakpoints.push_back({{"place", each.place},
                               {"answered", each.answered},
                               {"verified", each.verified},
                               {"line", number(each.line)},
                               {"message", each.message}});
    for (const DapStop &each : report.stops)
        stops.push_back({{"at_s", number(each.at_s)},
                         {"reason", each.reason},
                         {"text", each.text},
                         {"thread", number(each.thread)}});
    Json waiting = Json::array(), lost = Json::array();
    for (const DapLost &each : report.output.lost)
        lost.push_back({{"kind", to_string(each.kind)}, {"text", each.text}});
    for (const DapRequest *each : report.unanswered())
        waiting.push_back(each->command);
    Json out{{"schema", 1},
             {"client", report.client},
             {"adapter", report.adapter},
             {"messages", report.messages},
             {"whole_seconds", report.whole_seconds},
             {"requests", std::move(requests)},
             {"breakpoints", std::move(breakpoints)},
             {"stops", std::move(stops)},
             {"first_stop_s", number(report.first_stop_s)},
             {"output_events", report.outputs},
             {"output_bytes", report.output_bytes},
             {"stdout_bytes", report.output.stdout_bytes},
             {"stderr_bytes", report.output.stderr_bytes},
             {"output_elsewhere", report.output.elsewhere},
             {"output_lost", std::move(lost)},
             {"exit_code", number(report.exit_code)},
             {"terminated", report.terminated},
             {"waiting_for", std::move(waiting)},
             {"left_out", report.left_out}};
    return out.dump({.ascii = true}) + '\n';
}

} // namespace dbgscope
