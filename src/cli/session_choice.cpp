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

Error several(std::string_view word, const std::vector<const LiveSession *> &candidates)
{
    std::string names;
    for (std::size_t i = 0; i < candidates.size() && i < kMaxListed; ++i)
        names += fmt::format("{}{}", i == 0 ? "" : ", ", full_name(candidates[i]->record));
    return {.kind = ErrorKind::usage,
            .operation = "choose",
            .subject = fmt::format("session \"{}\"", word),
            .cause = fmt::format("it may be any of {}{}", names, candidates.size() > kMaxListed ? ", …" : ""),
            .hint = "give more of the name"};
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
        return fail(several(word, candidates));
    return *candidates.front();
}

} // namespace dbgscope
