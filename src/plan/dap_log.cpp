// SPDX-License-Identifier: Apache-2.0
#include "plan/dap_log.hpp"

#include <fmt/core.h>

#include "debugger/dap_log.hpp"
#include "plan/budget.hpp"
#include "plan/go_variables.hpp"
#include "text/values.hpp"

namespace dbgscope {
namespace {

/// Another user could not reach a file of ours.
bool becomes_another(const Settings &settings)
{
    return settings.find(Key::uid) != nullptr || settings.find(Key::gid) != nullptr;
}

/// dlv warns of that on standard error, and with a log only there. "localhost", "127.0.0.1", "[::1]", a socket.
bool listens_everywhere(const DebuggerCall &call)
{
    const std::string &address = call.listen;
    const std::string host = address.substr(0, address.rfind(':'));
    return call.tool == Tool::dlv && !address.empty() && !address.starts_with("unix:") && host != "localhost" &&
           !host.starts_with("127.") && host != "[::1]";
}

std::string obstacle_of(const Request &request, const DapLogChoice &choice, const DapLogWay &way)
{
    if (!way.obstacle.empty())
        return way.obstacle;
    if (!way.variable.empty() && inherited(request, way.variable))
        return fmt::format("{} is set already", way.variable);
    if (choice.file.empty() && becomes_another(request.settings))
        return "the debugger runs as another user, who cannot reach the session's files: name one of his";
    if (choice.file.empty() && request.dap_logs.empty())
        return "there is no place for the history, and so for the log: name a file";
    return {};
}

} // namespace

DapLogChoice dap_log_choice(const Settings &settings)
{
    const std::string word = settings.text(Key::dap_log);
    if (word.empty())
        return {};
    if (const auto on = values::boolean(word))
        return {.on = *on, .file = {}};
    return {.on = true, .file = word};
}

std::string dap_log_name(const Request &request, const std::string &session)
{
    return fmt::format("{}.{}-{}.log", session, request.pid, request.start_ticks);
}

void plan_dap_log(const Request &request, const std::string &session, Execute &execute, LaunchPlan &plan)
{
    const DapLogChoice choice = dap_log_choice(request.settings);
    if (!choice.on)
        return;
    const std::string file =
        !choice.file.empty() ? choice.file : request.dap_logs + '/' + dap_log_name(request, session);
    DapLogWay way = dap_log_way(request.call, request.called, request.arguments, file);
    const std::string where = origin_of(request.settings, Key::dap_log);
    if (const std::string obstacle = obstacle_of(request, choice, way); !obstacle.empty()) {
        // In a file it is meant for the debuggers that do speak the protocol.
        const bool told = way.obstacle.empty() || way.speaks_dap ||
                          request.settings.find(Key::dap_log)->origin.layer >= Layer::environment;
        (told ? plan.notices : plan.left_out)
            .push_back({"dap-log", fmt::format("{} has no effect: {}", where, obstacle)});
        return;
    }
    execute.arguments.insert(execute.arguments.begin() + static_cast<std::ptrdiff_t>(way.at + 1), way.words.begin(),
                             way.words.end());
    if (way.ready_line && listens_everywhere(request.call))
        plan.notices.push_back({"dap-log", "anybody who reaches dlv's port may use it: dlv's own warning of that goes "
                                           "to the log"});
    plan.steps.push_back({KeepDapLog{.path = file,
                                     .words = std::move(way.words),
                                     .variable = std::move(way.variable),
                                     .ready_line = way.ready_line},
                          where});
}

} // namespace dbgscope
