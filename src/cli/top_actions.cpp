// SPDX-License-Identifier: Apache-2.0
#include "cli/top_actions.hpp"

#include <ctime>

#include <fmt/core.h>

#include "cli/cap_text.hpp"
#include "cli/change_cap.hpp"
#include "cli/inspect_choice.hpp"
#include "kernel/cgroup.hpp"
#include "probe/probe.hpp"
#include "session/usage.hpp"
#include "sys/file.hpp"
#include "tools/inspect/snapshot.hpp"

namespace dbgscope {
namespace {

struct Held {
    UniqueFd directory;
    Cgroup cgroup;
};

/// The debuggee's cgroup, where it can be frozen.
Result<Held> freezable(const SessionRecord &record, const char *operation)
{
    const auto refuse = [&](const char *cause) {
        return fail({.kind = ErrorKind::unsupported, .operation = operation, .subject = record.id, .cause = cause});
    };
    if (record.place.scope.empty() || !record.place.divided) // frozen too: its debugger and its watcher
        return refuse("that needs a debuggee in a cgroup of its own");
    if (!has_file(CgroupFile::freeze, record.place.version))
        return refuse("that needs cgroup v2");
    auto directory = open_directory(record.place.capped());
    if (!directory)
        return pass(directory);
    const Cgroup cgroup(directory->get(), record.place.version);
    return Held{std::move(*directory), cgroup};
}

std::string snapshot_name(pid_t pid)
{
    return fmt::format("dbgscope-snapshot.{}.{}", pid, ::time(nullptr));
}

} // namespace

Result<std::string> hold(const LiveSession &session)
{
    const auto debuggee = freezable(session.record, "hold");
    if (!debuggee)
        return fail(debuggee.error());
    if (debuggee->cgroup.frozen())
        return "it is held already";
    if (auto frozen = debuggee->cgroup.freeze(); !frozen)
        return pass(frozen);
    return "held, until c or more memory; its debugger cannot stop it meanwhile";
}

Result<std::string> go_on(const LiveSession &session)
{
    const auto debuggee = freezable(session.record, "continue");
    if (!debuggee)
        return fail(debuggee.error());
    if (!debuggee->cgroup.frozen())
        return "it is not held from here";
    if (session.watcher_alive && session.record.state == SessionState::held)
        return fail({.kind = ErrorKind::refused,
                     .operation = "continue",
                     .subject = session.record.id,
                     .cause = "the fuse holds it",
                     .hint = "+ gives it more"});
    if (auto thawed = debuggee->cgroup.thaw(); !thawed)
        return pass(thawed);
    return "it goes on";
}

Result<std::string> give_more(const LiveSession &session)
{
    const Usage usage = read_usage(session.record);
    const Limit before = usage.cap.value_or(session.record.cap);
    if (!before.finite())
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "give",
                     .subject = session.record.id + " more",
                     .cause = "it has no cap"});
    const Limit cap(before.bytes() + before.bytes() / 2);
    const Facts facts = probe(real_root(), Need::memory | Need::systemd | Need::host, {});
    const auto changed = change_cap(session, usage, cap, facts);
    if (!changed)
        return fail(changed.error());
    std::string text = fmt::format("cap {} -> {}", format_limit(before), format_limit(cap));
    if (const auto live = live_memlimit(session.record, cap))
        text += fmt::format("; in {}: {}", live->client, live->command);
    for (const std::string &line : changed->memlimits)
        text += "; " + line;
    return text;
}

Result<std::string> snapshot_here(const LiveSession &session)
{
    const std::vector<pid_t> debuggees = living_debuggees(session);
    if (debuggees.empty())
        return fail({.kind = ErrorKind::not_found,
                     .operation = "look into",
                     .subject = session.record.id,
                     .cause = "nothing is being debugged"});
    const auto target = open_process(debuggees.back());
    if (!target)
        return fail(target.error());
    const std::string directory = snapshot_name(debuggees.back());
    if (auto written = write_snapshot(take_snapshot(*target, unix_ns()), directory); !written)
        return pass(written);
    return "written: " + directory;
}

} // namespace dbgscope
