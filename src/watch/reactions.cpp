// SPDX-License-Identifier: Apache-2.0
#include "watch/reactions.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "sys/spawn.hpp"
#include "watch/tool_process.hpp"

namespace dbgscope {
namespace {

constexpr std::chrono::seconds kCalm{1};
/// Below this a history has too few sessions for a comparison: a record of the shortest names has about 900 bytes.
constexpr off_t kSmallestHistory = 6 * 600;

const char *name_of_event(SessionEvent event)
{
    switch (event) {
    case SessionEvent::pressure: return "pressure";
    case SessionEvent::growth: return "growth";
    case SessionEvent::held: return "held";
    case SessionEvent::killed: break;
    }
    return "killed";
}

/// The watcher's, but for what an event outside has told it.
std::vector<std::string> environment_with(std::vector<std::string> variables)
{
    for (std::string &variable : own_environment())
        if (!variable.starts_with("DBGSCOPE_EVENT") && !variable.starts_with("DBGSCOPE_SESSION="))
            variables.push_back(std::move(variable));
    return variables;
}

void append(std::vector<std::string> &words, const Watch &order, const std::vector<std::string> &actions)
{
    words.push_back(std::to_string(order.on.deadline_ms));
    words.push_back(order.log_file);
    words.insert(words.end(), actions.begin(), actions.end());
}

} // namespace

std::vector<std::string> event_variables(std::string_view event, const std::string &session, const EventFacts &facts)
{
    std::vector<std::string> out{fmt::format("DBGSCOPE_EVENT={}", event), "DBGSCOPE_SESSION=" + session};
    const auto add = [&](std::string_view name, const std::string &value) {
        if (!value.empty())
            out.push_back(fmt::format("DBGSCOPE_EVENT_{}={}", name, value));
    };
    const auto bytes = [](Limit limit) { return limit.finite() ? std::to_string(limit.bytes()) : std::string(); };
    add("TEXT", printable(facts.text));
    add("TOOL", facts.tool);
    add("PROGRAM", facts.program);
    add("PID", facts.pid > 0 ? std::to_string(facts.pid) : "");
    add("MEMORY_BYTES", facts.memory_bytes ? std::to_string(*facts.memory_bytes) : "");
    add("LINE_BYTES", bytes(facts.line));
    add("CAP_BYTES", bytes(facts.cap));
    return out;
}

const std::vector<std::string> &Reactor::actions(SessionEvent event) const
{
    const Reactions &on = order_.on;
    switch (event) {
    case SessionEvent::pressure: return on.pressure;
    case SessionEvent::growth: return on.growth;
    case SessionEvent::held: return on.held;
    case SessionEvent::killed: break;
    }
    return on.killed;
}

bool Reactor::wants(SessionEvent event, std::string_view action) const
{
    return std::ranges::find(actions(event), action) != actions(event).end();
}

void Reactor::react(SessionEvent event, const EventFacts &facts, Time now)
{
    std::vector<std::string> wanted;
    for (const std::string &action : actions(event))
        if (action == "stop" || action.starts_with("exec"))
            wanted.push_back(action);
    auto &last = last_[static_cast<std::size_t>(event)];
    if (wanted.empty() || (last && now - *last < kCalm))
        return;
    last = now;
    std::vector<std::string> words{std::string(kEventVerb), order_.session};
    append(words, order_, wanted);
    (void)start_tool({.words = std::move(words),
                      .environment = environment_with(event_variables(name_of_event(event), order_.session, facts))});
}

void Reactor::keep_stderr()
{
    struct stat info{};
    const bool quiet = order_.quiet || !order_.log_file.empty();
    if (quiet || ::fstat(STDERR_FILENO, &info) != 0 || (!S_ISREG(info.st_mode) && ::isatty(STDERR_FILENO) != 1))
        return;
    stderr_.reset(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

void Reactor::ended(const std::string &history, const EventFacts &facts)
{
    struct stat info{};
    const UniqueFd error = std::move(stderr_);
    const bool says = !order_.quiet && (error.valid() || !order_.log_file.empty());
    const bool compares =
        (says || !order_.on.drift.empty()) && ::stat(history.c_str(), &info) == 0 && info.st_size >= kSmallestHistory;
    if (history.empty() || (!compares && order_.history_textfile.empty()))
        return;
    std::vector<std::string> words{std::string(kAfterVerb), order_.session, std::to_string(order_.drift_permyriad),
                                   order_.history_textfile, says ? "say" : "quiet"};
    append(words, order_, order_.on.drift);
    (void)start_tool({.words = std::move(words),
                      .error = error.get(),
                      .environment = environment_with(event_variables("drift", order_.session, facts))});
}

} // namespace dbgscope
