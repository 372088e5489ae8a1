// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <ctime>

#include <fmt/core.h>

#include "cli/session_choice.hpp"
#include "cli/session_now.hpp"
#include "cli/verbs.hpp"
#include "render/session_text.hpp"
#include "session/record_json.hpp"
#include "session/usage.hpp"
#include "text/json.hpp"
#include "text/secrets.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kClear = "\x1b[H\x1b[2J\x1b[3J"; ///< home, the screen, what has scrolled out of it
constexpr std::int64_t kEverySecond = 1;

Json json_of(const LiveSession &session)
{
    const Usage usage = read_usage(session.record);
    const auto bytes = [](const auto &value) { return value ? Json(*value) : Json(); };
    SessionRecord shown = session.record;
    shown.command = without_secrets(shown.command);
    Json object = record_to_json(shown);
    Json now{{"state", state_of(session, usage)},
             {"debugger_alive", session.debugger_alive},
             {"watcher_alive", session.watcher_alive},
             {"age_s", bytes(age_s(session.record))},
             {"memory_bytes", bytes(usage.current_bytes)},
             {"peak_bytes", bytes(usage.peak_bytes)},
             {"frozen", usage.frozen}};
    const Limit cap = usage.cap.value_or(session.record.cap);
    now["cap_bytes"] = cap.finite() ? Json(cap.bytes()) : Json("infinity");
    object["now"] = std::move(now);
    return object;
}

SessionRow row_of(const LiveSession &session)
{
    const SessionRecord &record = session.record;
    const Usage usage = read_usage(record);
    return {.id = record.id,
            .debugger = fmt::format("{} {}", record.tool, record.debugger.pid),
            .state = state_of(session, usage),
            .age_s = age_s(record),
            .used_bytes = usage.current_bytes,
            .peak_bytes = usage.peak_bytes,
            .cap = usage.cap.value_or(record.cap),
            .command = record.command};
}

std::string text_of(const std::vector<LiveSession> &sessions, bool as_json, std::size_t width)
{
    if (as_json) {
        Json list = Json::array();
        for (const LiveSession &session : sessions)
            list.push_back(json_of(session));
        return list.dump({.ascii = true, .sorted = true}) + '\n';
    }
    if (sessions.empty())
        return "No session is running.\n";
    std::vector<SessionRow> rows;
    for (const LiveSession &session : sessions)
        rows.push_back(row_of(session));
    return session_table(rows, width);
}

} // namespace

Result<int> ps_verb(ParsedOptions options, const Invocation &)
{
    if (!options.rest.empty())
        return fail({.kind = ErrorKind::usage,
                     .operation = "list",
                     .subject = "the sessions",
                     .cause = fmt::format("unexpected word \"{}\"", options.rest.front()),
                     .hint = "dbgscope ps [-w] [--json]"});
    const bool follow = options.settings.flag(Key::watch);
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    for (;;) { // until Ctrl-C, or nobody reads any more
        const auto live = live_sessions();
        if (!live)
            return fail(live.error());
        winsize size{};
        if (follow && terminal)
            (void)::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
        std::string text = text_of(live->sessions, options.json, size.ws_col);
        if (follow && terminal && !options.json)
            text.insert(0, kClear);
        if (auto printed = print(text); !printed)
            return pass(printed);
        if (!follow)
            return 0;
        const timespec pause{.tv_sec = kEverySecond, .tv_nsec = 0};
        (void)::nanosleep(&pause, nullptr);
    }
}

} // namespace dbgscope
