// SPDX-License-Identifier: Apache-2.0
#include "tools/report/dap_output.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "tools/report/dap_log.hpp"
#include "tools/report/dap_members.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; ///< U+FFFD
/// dlv's first words to every client, from before 1.20 to 1.27.
constexpr std::string_view kDlvGreets = "Type 'dlv help'";

/// Characters that came as U+FFFD, and bytes that are part of none. dlv and lldb-dap send what they read, 1024 bytes at
/// a time, each piece as a text of its own.
std::uint64_t broken_characters(std::string_view text)
{
    std::uint64_t broken = 0;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        broken += length == 0 || text.substr(0, length) == kReplacement ? 1 : 0;
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return broken;
}

bool goes_on(std::string_view command)
{
    return command == "continue" || command == "next" || command == "stepIn" || command == "stepOut" ||
           command == "stepBack" || command == "reverseContinue" || command == "restart" ||
           command == "configurationDone";
}

std::string counted(std::uint64_t number, std::string_view what)
{
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

} // namespace

const char *to_string(DapLoss kind)
{
    switch (kind) {
    case DapLoss::outside_protocol: return "outside-protocol";
    case DapLoss::unknown_mode: return "unknown-mode";
    case DapLoss::unsent: return "unsent";
    case DapLoss::after_end: return "after-end";
    case DapLoss::disconnected: return "disconnected";
    case DapLoss::log_ends: return "log-ends";
    case DapLoss::broken: return "broken";
    case DapLoss::unread: return "unread";
    }
    return "?";
}

DapLogSigns dap_log_signs(std::string_view text)
{
    constexpr auto kNone = std::string_view::npos;
    // Inside a message a line's end and a tab are escaped, so no program can write these. From dlv 1.20 on:
    // "… debug layer=dap parsed launch config: {\n\t\"mode\": \"exec\",\n\t\"outputMode\": \"remote\",\n"
    return {.of_dlv = text.find(" layer=dap ") != kNone,
            .parsed = text.find(" layer=dap parsed launch config: {\n") != kNone,
            .took_remote = text.find("\n\t\"outputMode\": \"remote\"") != kNone};
}

void DapOutputWatch::take(const DapMessage &message)
{
    const std::string type = text_at(message.json, "type");
    if (type == "request")
        request(message.json);
    else if (type == "response")
        response(message.json);
    else
        event(message);
}

void DapOutputWatch::request(const Json &json)
{
    const std::string command = text_at(json, "command");
    const Json &arguments = member_at(json, "arguments");
    if (command == "initialize") { // a new client
        end_session();
    } else if (command == "launch" || command == "attach") {
        now_.kind = command == "launch" ? Session::Kind::launch : Session::Kind::attach;
        const std::string console = text_at(arguments, "console");
        now_.remote = text_at(arguments, "outputMode") == "remote";
        now_.terminal = console == "integratedTerminal" || console == "externalTerminal";
        now_.files = arguments.find("stdoutTo") != nullptr || arguments.find("stderrTo") != nullptr; // dlv from 1.26 on
    } else if (command == "disconnect" && !now_.disconnected) {
        now_.disconnected = true;
        now_.cut = now_.running && !now_.ended;
    }
}

void DapOutputWatch::response(const Json &json)
{
    const std::string command = text_at(json, "command");
    const bool success = true_at(json, "success");
    if (command == "launch" || command == "attach")
        now_.started = now_.started || success;
    if (command == "runInTerminal")
        now_.terminal = now_.terminal || success;
    // Adapters differ in which of the two they answer first; who stops at the entry says so after both.
    if (success && (goes_on(command) || command == "launch"))
        now_.running = true;
}

void DapOutputWatch::event(const DapMessage &message)
{
    const std::string name = text_at(message.json, "event");
    const Json &body = member_at(message.json, "body");
    if (name == "output")
        output(message, body);
    else if (name == "stopped" || name == "continued")
        now_.running = name == "continued";
    else if (name == "exited" || name == "terminated")
        now_.ended = true;
    if (name == "terminated")
        now_.terminated = true;
    if (name == "stopped" || name == "process")
        now_.started = true;
}

void DapOutputWatch::output(const DapMessage &message, const Json &body)
{
    const std::string category = text_at(body, "category"), text = text_at(body, "output");
    if (category != "stdout" && category != "stderr") {
        ++out_.own_events;
        out_.own_bytes += text.size();
        signs_.of_dlv = signs_.of_dlv || text.starts_with(kDlvGreets);
        return;
    }
    ++out_.events;
    ++now_.events;
    (category == "stdout" ? out_.stdout_bytes : out_.stderr_bytes) += text.size();
    broken_ += broken_characters(text);
    if (message.unsent) {
        ++unsent_;
        unsent_bytes_ += text.size();
    } else if (now_.terminated) {
        ++late_;
        late_bytes_ += text.size();
    }
}

/// The client itself wished for another place than the protocol.
bool DapOutputWatch::goes_elsewhere()
{
    if (now_.events > 0)
        return false;
    std::string where;
    if (now_.kind == Session::Kind::attach)
        where = "where it went before: the program was attached to";
    else if (now_.terminal)
        where = "to a terminal, as the client asked";
    else if (now_.files)
        where = "to the files that stdoutTo and stderrTo name";
    else
        return false;
    out_.elsewhere = std::move(where);
    return true;
}

void DapOutputWatch::lose(DapLoss kind, std::string text)
{
    DapLost lost{kind, std::move(text)};
    if (std::ranges::find(out_.lost, lost) == out_.lost.end())
        out_.lost.push_back(std::move(lost));
}

void DapOutputWatch::end_session()
{
    const bool any = now_.kind != Session::Kind::none && now_.started;
    if (any && !goes_elsewhere()) {
        constexpr std::string_view kOutside =
            "no output event of category stdout or stderr in the log: the program's "
            "output did not go through the protocol but to dlv's own standard output and error";
        const bool silent_dlv = signs_.of_dlv && now_.events == 0;
        if (silent_dlv && !now_.remote)
            lose(DapLoss::outside_protocol, fmt::format("{} (outputMode is not remote)", kOutside));
        else if (silent_dlv && signs_.parsed && !signs_.took_remote)
            lose(DapLoss::unknown_mode,
                 fmt::format("{} (this dlv does not know outputMode, which came with 1.21.1)", kOutside));
        else if (silent_dlv && !signs_.parsed)
            lose(DapLoss::unknown_mode,
                 "outputMode is remote and no output came: the program wrote nothing, or this dlv "
                 "is older than 1.21.1 and does not know it");
        else if (now_.cut)
            lose(DapLoss::disconnected,
                 "the client disconnected while the program ran: what it wrote from then on, and "
                 "what the debugger had not passed on yet, is not here");
        else if (!now_.ended && !now_.disconnected)
            lose(DapLoss::log_ends, "the log ends before the program: what it wrote later is not here");
    }
    now_ = {};
}

DapOutput DapOutputWatch::finish(std::uint64_t unread)
{
    end_session();
    if (unsent_ > 0)
        lose(DapLoss::unsent,
             fmt::format("{} of the program ({}) could not be sent: the client had closed the connection",
                         counted(unsent_, "output event"), counted(unsent_bytes_, "byte")));
    if (late_ > 0)
        lose(DapLoss::after_end,
             fmt::format("{} of the program ({}) came after \"terminated\", where a client may show "
                         "nothing any more",
                         counted(late_, "output event"), counted(late_bytes_, "byte")));
    if (broken_ > 0)
        lose(DapLoss::broken,
             fmt::format("at {} a broken character (U+FFFD, or no UTF-8): cut between two output events, or "
                         "written so by the program",
                         counted(broken_, "place")));
    if (unread > 0)
        lose(DapLoss::unread, fmt::format("at {} in the log messages could not be read: damaged, cut off or very long",
                                          counted(unread, "place")));
    return std::move(out_);
}

} // namespace dbgscope
