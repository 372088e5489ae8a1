// SPDX-License-Identifier: Apache-2.0
#include "cli/session_choice.hpp"

#include <fmt/core.h>

#include "dbgscope/profile.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxListed = 8;

std::string full_name(const SessionRecord &record)
{
    return fmt::format("{}.{}", record.id, record.debugger.pid);
}

/// `subject`: what was said of the session.
Error several(std::string subject, const std::vector<const LiveSession *> &candidates, std::string hint)
{
    std::string names;
    for (std::size_t i = 0; i < candidates.size() && i < kMaxListed; ++i)
        names += fmt::format("{}{}", i == 0 ? "" : ", ", full_name(candidates[i]->record));
    return {.kind = ErrorKind::usage,
            .operation = "choose",
            .subject = std::move(subject),
            .cause = fmt::format("it may be any of {}{}", names, candidates.size() > kMaxListed ? ", …" : ""),
            .hint = std::move(hint)};
}

Error unknown(std::string_view word, const std::vector<LiveSession> &sessions)
{
    std::vector<std::string> names;
    for (const LiveSession &session : sessions)
        names.push_back(session.record.id);
    const std::string near = suggest(std::string(word), names);
    std::string hint = "dbgscope ps lists the sessions";
    if (!near.empty())
        hint = fmt::format("did you mean {}?", near);
    return {.kind = ErrorKind::not_found,
            .operation = "find",
            .subject = fmt::format("session \"{}\"", word),
            .cause = names.empty() ? "no session of yours is running" : "none of that name is running",
            .hint = names.empty() ? "" : hint};
}

} // namespace

Result<LiveSessions> live_sessions()
{
    auto registry = Registry::open(session_paths());
    if (!registry) {
        if (registry.error().kind == ErrorKind::not_found)
            return LiveSessions{};
        return pass(registry);
    }
    std::vector<LiveSession> sessions = registry->list_live();
    return LiveSessions{std::move(*registry), std::move(sessions)};
}

Result<LiveSession> choose_session(const std::vector<LiveSession> &sessions, std::string_view word)
{
    std::vector<const LiveSession *> exact, begins;
    for (const LiveSession &session : sessions) {
        if (session.record.id == word || full_name(session.record) == word)
            exact.push_back(&session);
        if (full_name(session.record).starts_with(word))
            begins.push_back(&session);
    }
    const auto &candidates = exact.empty() ? begins : exact;
    if (word.empty() || candidates.empty())
        return fail(unknown(word, sessions));
    if (candidates.size() > 1)
        return fail(several(fmt::format("session \"{}\"", word), candidates, "give more of the name"));
    return *candidates.front();
}

Result<LiveSession> only_session(const std::vector<LiveSession> &sessions, std::string_view form)
{
    if (sessions.empty())
        return fail({.kind = ErrorKind::not_found,
                     .operation = "find",
                     .subject = "a session",
                     .cause = "no session of yours is running"});
    if (sessions.size() == 1)
        return sessions.front();
    std::vector<const LiveSession *> candidates;
    for (const LiveSession &session : sessions)
        candidates.push_back(&session);
    return fail(several("a session without its name", candidates, std::string(form)));
}

Result<LiveSession> held_session(const std::vector<LiveSession> &sessions, std::string_view form)
{
    const LiveSession *newest = nullptr;
    for (const LiveSession &session : sessions) {
        const SessionState state = session.record.state;
        const bool past_line = state != SessionState::running && state != SessionState::ended;
        if (session.watcher_alive && past_line &&
            (newest == nullptr || session.record.debugger.start_ticks >= newest->record.debugger.start_ticks))
            newest = &session;
    }
    if (newest != nullptr)
        return *newest;
    return only_session(sessions, form);
}

} // namespace dbgscope
