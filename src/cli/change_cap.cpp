// SPDX-License-Identifier: Apache-2.0
#include "cli/change_cap.hpp"

#include <csignal>

#include <fmt/core.h>

#include "cli/cap_text.hpp"
#include "cli/memlimit_follows.hpp"
#include "cli/session_choice.hpp"
#include "cli/verbs.hpp"
#include "kernel/process.hpp"
#include "plan/budget.hpp"
#include "session/cap.hpp"
#include "session/end.hpp"

namespace dbgscope {
namespace {

/// In their order; the first that fails ends it. What was done before it only gives more room.
Result<void> take_steps(const SessionRecord &record, const CapChange &change, const Facts &facts)
{
    for (const CapStep &step : change.steps) {
        const ScopeProperty total{.name = "MemoryMax", .value = step.limit.bytes(), .droppable = false, .limit = true};
        const bool user = record.backend == backend_name(Backend::systemd_user);
        auto done = step.unit ? set_unit_properties(address_of(facts, user), record.id + ".scope", {total}, true)
                              : write_step(record, step);
        if (!done)
            return done;
    }
    return {};
}

/// Of a session without a cgroup: its watcher is told.
Result<CapOutcome> change_soft_cap(const LiveSession &session, const Usage &usage, Limit cap)
{
    const SessionRecord &record = session.record;
    if (!session.watcher_alive || !record.fuse.finite())
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "set the cap of",
                     .subject = record.id,
                     .cause = record.fuse.finite() ? "it has no cgroup of its own, and nobody watches it"
                                                   : "it has no cgroup of its own, and no soft fuse"});
    auto live = live_sessions();
    if (!live)
        return pass(live);
    if (auto written = live->registry->write_cap(record, cap); !written)
        return pass(written);
    if (const int code = ProcessHandle(record.watcher).send(SIGUSR1); code != 0)
        return fail(errno_error(code, "tell", "the watcher of " + record.id));
    const CapChange change{.steps = {}, .cap = cap, .fuse = fuse_line_for(cap), .scope_limit = {}, .raises = true};
    return CapOutcome{cap_change_text(session, usage, change, ""), let_memlimit_follow(session, usage, cap)};
}

} // namespace

Result<void> check_smallest(const std::string &word, std::uint64_t bytes)
{
    if (bytes >= kSmallestCapBytes)
        return {};
    return fail({.kind = ErrorKind::limit,
                 .operation = "set",
                 .subject = word,
                 .cause = fmt::format("below {} nothing in it could run", format_bytes(kSmallestCapBytes)),
                 .hint = "infinity takes the limit away"});
}

ManagerAddress address_of(const Facts &facts, bool user)
{
    const ManagerFacts &manager = user ? facts.systemd.user : facts.systemd.system;
    return {user, manager.socket.value_or(""), manager.bus.value_or(""), !user && facts.host.uid != 0};
}

Result<CapOutcome> change_cap(const LiveSession &session, const Usage &usage, Limit cap, const Facts &facts)
{
    const SessionRecord &record = session.record;
    if (has_no_cgroup(record))
        return change_soft_cap(session, usage, cap);
    if (!usage.cap)
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "set the cap of",
                     .subject = record.id,
                     .cause = record.place.capped() + " cannot be read",
                     .hint = "the session may have ended"});
    if (!names_its_session(record))
        return fail(
            {.kind = ErrorKind::refused,
             .operation = "set the cap of",
             .subject = record.id,
             .cause = fmt::format("its record names {}, which is no cgroup of that session", record.place.scope)});
    const CapChange change = plan_cap_change(record, usage, cap);
    if (auto possible = check_cap(record, usage, change); !possible)
        return pass(possible);
    if (auto done = take_steps(record, change, facts); !done)
        return pass(done);
    if (session.watcher_alive) // it looks at the limits again
        (void)ProcessHandle(record.watcher).send(SIGUSR1);
    const Limit limit = record.place.divided ? change.cap : change.scope_limit;
    return CapOutcome{cap_change_text(session, usage, change, lower_limit_around(record, limit)),
                      let_memlimit_follow(session, usage, cap)};
}

Result<int> say_change(const Result<CapOutcome> &outcome, bool quiet)
{
    if (!outcome)
        return fail(outcome.error());
    std::string text = outcome->text;
    for (const std::string &line : outcome->memlimits)
        text += line + '\n';
    if (!quiet)
        if (auto said = print(text); !said)
            return pass(said);
    return 0;
}

} // namespace dbgscope
