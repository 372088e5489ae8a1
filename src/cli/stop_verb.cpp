// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "cli/messages.hpp"
#include "cli/session_choice.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/utf8.hpp"
#include "debugger/call.hpp"
#include "probe/assume.hpp"
#include "session/end.hpp"
#include "session/port_holder.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kForm = "dbgscope stop [ID...] | --port N | --all";

Error bad_call(std::string cause)
{
    return {.kind = ErrorKind::usage,
            .operation = "stop",
            .subject = "a session",
            .cause = std::move(cause),
            .hint = std::string(kForm)};
}

Result<std::uint16_t> read_port(const std::string &text)
{
    const auto port = parse_port(text);
    if (!port)
        return fail(bad_call(fmt::format("\"{}\" is no port, 1 to 65535", text)));
    return *port;
}

Error not_ours(std::uint16_t port, const std::vector<PortSocket> &sockets, const std::vector<int> &holders)
{
    Error error{.kind = ErrorKind::not_found,
                .operation = "stop",
                .subject = fmt::format("what listens on port {}", port),
                .cause = "nothing listens there"};
    if (!holders.empty()) {
        error.kind = ErrorKind::refused;
        error.cause = fmt::format("it is {}, and no session of yours", holder_words(sockets, holders));
        error.hint = fmt::format("kill {} would end it", holders.front());
    } else if (!sockets.empty()) {
        error.kind = ErrorKind::refused;
        error.cause =
            fmt::format("it is {} that cannot be looked into, and no session of yours", holder_words(sockets, holders));
        error.hint = fmt::format("as root: ss -ltnp sport = :{}", port);
    }
    return error;
}

Result<std::vector<LiveSession>> on_port(const std::string &text, const std::vector<LiveSession> &sessions)
{
    const auto port = read_port(text);
    if (!port)
        return fail(port.error());
    const auto sockets = listening_sockets(*port);
    const auto holders = holders_of(sockets);
    const auto connected = sockets.empty() ? holders_of(connected_sockets(*port)) : std::vector<int>();
    std::vector<LiveSession> chosen;
    for (const LiveSession &session : sessions) {
        const bool listens = std::ranges::any_of(holders, [&](int pid) { return belongs(pid, session.record); });
        // Not what a debuggee has connected to somewhere from a port that is this one by chance.
        if (listens || std::ranges::count(connected, session.record.debugger.pid) != 0)
            chosen.push_back(session);
    }
    if (chosen.empty())
        return fail(not_ours(*port, sockets, holders));
    return chosen;
}

Result<std::vector<LiveSession>> chosen_sessions(const ParsedOptions &options, const std::vector<LiveSession> &sessions)
{
    const int ways = static_cast<int>(!options.rest.empty()) + static_cast<int>(!options.port.empty()) +
                     static_cast<int>(options.all);
    if (ways > 1)
        return fail(bad_call("it is said in more than one way"));
    if (options.all)
        return sessions;
    if (ways == 0) {
        auto session = only_session(sessions, kForm);
        if (!session)
            return pass(session);
        return std::vector{std::move(*session)};
    }
    if (!options.port.empty())
        return on_port(options.port, sessions);
    std::vector<LiveSession> chosen;
    for (const std::string &word : options.rest) {
        auto session = choose_session(sessions, word);
        if (!session)
            return pass(session);
        const auto same = [&](const LiveSession &other) {
            return live_file_name(other.record) == live_file_name(session->record);
        };
        if (std::ranges::none_of(chosen, same))
            chosen.push_back(std::move(*session));
    }
    return chosen;
}

/// All are asked before the first is waited for. One that cannot be ended does not keep the others: its failure is
/// said, the last one's is returned.
Result<int> end_all(const std::vector<Ending> &endings, const LiveSessions &live, const Settings &settings)
{
    const Messages messages(settings);
    std::optional<Error> failure;
    const auto note = [&](Error &error) {
        if (failure)
            messages.say(to_line(*failure));
        failure = std::move(error);
    };
    std::vector<const Ending *> asked;
    for (const Ending &ending : endings)
        if (auto begun = ending.begin(); begun)
            asked.push_back(&ending);
        else
            note(begun.error());
    for (const Ending *ending : asked) {
        if (auto ended = ending->finish(*live.registry); !ended) {
            note(ended.error());
            continue;
        }
        if (settings.flag(Key::quiet))
            continue;
        if (auto said = print(fmt::format("{} has ended\n", printable(ending->record().id))); !said)
            return pass(said);
    }
    if (failure)
        return fail(std::move(*failure));
    return 0;
}

} // namespace

Result<int> stop_verb(ParsedOptions options, const Invocation &)
{
    const std::vector<std::string> assume = options.settings.list(Key::assume);
    if (auto known = check_assume(assume); !known)
        return pass(known);
    auto live = live_sessions();
    if (!live)
        return pass(live);
    const auto chosen = chosen_sessions(options, live->sessions);
    if (!chosen)
        return fail(chosen.error());
    if (chosen->empty() && !options.settings.flag(Key::quiet))
        if (auto said = print("No session is running.\n"); !said)
            return pass(said);

    EndOptions how;
    how.use_pidfd = std::ranges::count(assume, "no-pidfd") == 0;
    how.use_cgroup_kill = std::ranges::count(assume, "no-cgroup-kill") == 0;
    how.history = session_paths().history;
    std::vector<Ending> endings;
    for (const LiveSession &session : *chosen)
        endings.emplace_back(session, how);
    return end_all(endings, *live, options.settings);
}

} // namespace dbgscope
