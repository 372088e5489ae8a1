// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "cli/change_cap.hpp"
#include "cli/session_choice.hpp"
#include "cli/verbs.hpp"
#include "probe/probe.hpp"
#include "session/cap.hpp"
#include "watch/fuse_words.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kForm = "dbgscope more [ID] [SIZE], like dbgscope more 2G";

struct Wish {
    std::string session; ///< empty: the one that is held
    std::string size;    ///< empty: twice what it has
};

Result<Wish> read_wish(const std::vector<std::string> &words)
{
    Wish wish;
    if (words.size() == 2)
        wish = {words[0], words[1]};
    else if (words.size() == 1)
        (parse_size(words[0]) ? wish.size : wish.session) = words[0];
    else if (words.size() > 2)
        return fail({.kind = ErrorKind::usage,
                     .operation = "read",
                     .subject = "what is to get more memory",
                     .cause = fmt::format("unexpected word \"{}\"", words[2]),
                     .hint = std::string(kForm)});
    return wish;
}

/// What the session is to have: more than it has.
Result<Limit> wanted(const Wish &wish, const std::string &id, Limit now, const Facts &facts)
{
    auto size = parse_size(wish.size.empty() ? suggested_cap(now) : wish.size);
    if (!size)
        return pass(size);
    if (size->kind == SizeSpec::Kind::permyriad && !facts.memory.total_bytes)
        return fail({.operation = "set",
                     .subject = wish.size,
                     .cause = "a percentage of an unknown amount: " + facts.memory.total_bytes.detail()});
    const Limit cap = size->resolve(facts.memory.total_bytes.value_or(0));
    if (cap <= now)
        return fail({.kind = ErrorKind::limit,
                     .operation = "give",
                     .subject = id + " more",
                     .cause = fmt::format("its cap is {} already", format_limit(now)),
                     .hint = now.finite() ? "dbgscope set memory.max=SIZE can lower it too" : ""});
    return cap;
}

} // namespace

Result<int> more_verb(ParsedOptions options, const Invocation &)
{
    const auto wish = read_wish(options.rest);
    if (!wish)
        return fail(wish.error());
    const auto live = live_sessions();
    if (!live)
        return fail(live.error());
    const auto session =
        wish->session.empty() ? held_session(live->sessions, kForm) : choose_session(live->sessions, wish->session);
    if (!session)
        return fail(session.error());
    const Facts facts =
        probe(real_root(), Need::memory | Need::systemd | Need::host, options.settings.list(Key::assume));
    const Usage usage = read_usage(session->record);
    const auto cap = wanted(*wish, session->record.id, usage.cap.value_or(session->record.cap), facts);
    if (!cap)
        return fail(cap.error());
    return say_change(change_cap(*session, usage, *cap, facts), options.settings.flag(Key::quiet));
}

} // namespace dbgscope
