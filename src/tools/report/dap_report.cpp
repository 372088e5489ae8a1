// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "tools/report/dap_log.hpp"
#include "tools/report/dap_members.hpp"

namespace dbgscope {
namespace {

Json::Array items_at(const Json &json, std::string_view name)
{
    const Json *found = json.find(name);
    return found == nullptr || found->items() == nullptr ? Json::Array{} : *found->items();
}

std::string file_name(const std::string &path)
{
    return path.substr(path.find_last_of("/\\") + 1);
}

/// What a request is about, in a few words.
std::string subject_of(const std::string &command, const Json &arguments)
{
    if (command == "launch" || command == "attach") {
        const std::string mode = text_at(arguments, "mode"), program = text_at(arguments, "program");
        return mode + (mode.empty() || program.empty() ? "" : " ") + program;
    }
    if (command == "setBreakpoints")
        return file_name(text_at(member_at(arguments, "source"), "path"));
    if (command == "evaluate")
        return text_at(arguments, "expression");
    return "";
}

/// What a request asks for, one string a breakpoint.
std::vector<std::string> places_of(const std::string &command, const Json &arguments)
{
    std::vector<std::string> places;
    const std::string file = file_name(text_at(member_at(arguments, "source"), "path"));
    for (const Json &point : items_at(arguments, "breakpoints")) {
        if (command == "setBreakpoints")
            places.push_back(fmt::format("{}:{}", file, number_at(point, "line").value_or(0)));
        else if (command == "setFunctionBreakpoints")
            places.push_back("function " + text_at(point, "name"));
        else
            places.push_back("instruction " + text_at(point, "instructionReference"));
    }
    return places;
}

bool sets_breakpoints(const std::string &command)
{
    return command == "setBreakpoints" || command == "setFunctionBreakpoints" || command == "setInstructionBreakpoints";
}

/// Takes the messages in their order.
class Listener {
  public:
    void take(const DapMessage &message)
    {
        ++out_.messages;
        if (message.at_s && !began_s_)
            began_s_ = message.at_s;
        now_s_ = message.at_s && began_s_ ? std::optional(*message.at_s - *began_s_) : std::nullopt;
        const std::string type = text_at(message.json, "type");
        if (type == "request")
            request(message.json);
        else if (type == "response")
            response(message.json);
        else
            event(message.json);
    }
    DapReport finish(bool whole_seconds)
    {
        out_.whole_seconds = whole_seconds;
        for (auto &[key, points] : breakpoints_)
            for (DapBreakpoint &point : points)
                keep(out_.breakpoints, std::move(point));
        return std::move(out_);
    }

  private:
    template <class T> bool keep(std::vector<T> &list, T item)
    {
        if (list.size() >= kMaxDap) {
            ++out_.left_out;
            return false;
        }
        list.push_back(std::move(item));
        return true;
    }

    void request(const Json &json)
    {
        const std::string command = text_at(json, "command");
        const Json &arguments = member_at(json, "arguments");
        if (command == "initialize") { // a new client, whose numbers begin anew
            open_.clear();
            out_.client = text_at(arguments, "clientID");
            out_.adapter = text_at(arguments, "adapterID");
        }
        if ((command == "launch" || command == "attach") && !launched_s_)
            launched_s_ = now_s_;
        const DapRequest asked{.seq = number_at(json, "seq").value_or(0),
                               .command = command,
                               .subject = subject_of(command, arguments),
                               .from_adapter = command == "runInTerminal" || command == "startDebugging",
                               .asked_s = now_s_};
        if (!keep(out_.requests, asked))
            return;
        open_[asked.seq] = out_.requests.size() - 1;
        if (sets_breakpoints(command))
            ask_for(asked.seq, command, arguments);
    }

    /// Each such request replaces all of its file's or kind's.
    void ask_for(std::int64_t seq, const std::string &command, const Json &arguments)
    {
        const std::string key = command + '\n' + text_at(member_at(arguments, "source"), "path");
        std::vector<DapBreakpoint> points;
        for (std::string &place : places_of(command, arguments))
            points.push_back({.place = std::move(place)});
        if (breakpoints_.size() < kMaxDap || breakpoints_.contains(key)) {
            breakpoints_[key] = std::move(points);
            asked_for_[seq] = key;
        }
    }

    void response(const Json &json)
    {
        const auto seq = number_at(json, "request_seq");
        const auto open = seq ? open_.find(*seq) : open_.end();
        if (open == open_.end())
            return;
        DapRequest &asked = out_.requests[open->second];
        asked.answered = true;
        asked.success = true_at(json, "success");
        if (now_s_ && asked.asked_s)
            asked.took_s = *now_s_ - *asked.asked_s;
        if (!asked.success) {
            asked.message = text_at(member_at(member_at(json, "body"), "error"), "format");
            if (asked.message.empty())
                asked.message = text_at(json, "message");
        }
        open_.erase(open);
        if (const auto key = asked_for_.find(*seq); key != asked_for_.end()) {
            placed(breakpoints_[key->second], items_at(member_at(json, "body"), "breakpoints"));
            asked_for_.erase(key);
        }
    }

    static void place(DapBreakpoint &point, const Json &json)
    {
        point.answered = true;
        point.verified = true_at(json, "verified");
        point.message = text_at(json, "message");
        point.line = number_at(json, "line");
        if (const auto id = number_at(json, "id"))
            point.id = id;
    }
    static void placed(std::vector<DapBreakpoint> &points, const Json::Array &answers)
    {
        for (std::size_t i = 0; i < std::min(points.size(), answers.size()); ++i)
            place(points[i], answers[i]);
    }

    void event(const Json &json)
    {
        ++out_.events;
        const std::string name = text_at(json, "event");
        const Json &body = member_at(json, "body");
        if (name == "stopped") {
            std::string text = text_at(body, "description");
            if (const std::string more = text_at(body, "text"); !more.empty())
                text += (text.empty() ? "" : ": ") + more;
            keep(out_.stops, DapStop{now_s_, text_at(body, "reason"), std::move(text), number_at(body, "threadId")});
            if (!out_.first_stop_s && now_s_ && launched_s_)
                out_.first_stop_s = *now_s_ - *launched_s_;
        } else if (name == "output") {
            ++out_.outputs;
            out_.output_bytes += text_at(body, "output").size();
        } else if (name == "breakpoint") {
            const Json &changed = member_at(body, "breakpoint");
            const auto id = number_at(changed, "id");
            for (auto &[key, points] : breakpoints_)
                for (DapBreakpoint &point : points)
                    if (id && point.id == id)
                        place(point, changed);
        } else if (name == "exited") {
            out_.exit_code = number_at(body, "exitCode");
        } else if (name == "terminated") {
            out_.terminated = true;
        }
    }

    DapReport out_;
    std::optional<double> began_s_, now_s_, launched_s_;
    std::map<std::int64_t, std::size_t> open_;
    std::map<std::string, std::vector<DapBreakpoint>> breakpoints_;
    std::map<std::int64_t, std::string> asked_for_;
};

} // namespace

std::vector<const DapRequest *> DapReport::unanswered() const
{
    std::vector<const DapRequest *> out;
    for (const DapRequest &request : requests)
        if (!request.answered && !request.from_adapter)
            out.push_back(&request);
    return out;
}

Result<DapReport> read_dap_log(std::string_view text)
{
    DapLog log(text);
    Listener listener;
    DapOutputWatch output(dap_log_signs(text));
    bool any = false;
    while (const auto message = log.next()) {
        listener.take(*message);
        output.take(*message);
        any = true;
    }
    if (!any)
        return fail({.kind = ErrorKind::config,
                     .operation = "read",
                     .subject = "the log",
                     .cause = "there is no message of the Debug Adapter Protocol in it",
                     .hint = "dlv writes them with --log --log-output=dap, lldb-dap with LLDBDAP_LOG=FILE"});
    DapReport report = listener.finish(log.whole_seconds());
    report.output = output.finish(log.unread());
    return report;
}

} // namespace dbgscope
