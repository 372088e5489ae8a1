// SPDX-License-Identifier: Apache-2.0
#include "cli/memlimit_follows.hpp"

#include <unistd.h>

#include <limits>

#include <fmt/core.h>

#include "cli/inspect_choice.hpp"
#include "debugger/go_environment.hpp"
#include "kernel/cgroup_tree.hpp"
#include "kernel/members.hpp"
#include "kernel/process.hpp"
#include "tools/inspect/go_memlimit.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kOff = std::numeric_limits<std::int64_t>::max(); ///< runtime: math.MaxInt64

std::string memlimit_text(std::uint64_t bytes)
{
    return bytes == kOff ? "off" : format_bytes(bytes);
}

/// The debuggee's, not the session's, where both are in one cgroup.
Limit cap_before(const SessionRecord &record, const Usage &before)
{
    if (record.place.divided || has_no_cgroup(record))
        return before.cap.value_or(record.cap);
    const Limit whole = before.scope_limit.value_or(record.scope_limit);
    if (!whole.finite() || !record.scope_limit.finite() || record.cap > record.scope_limit)
        return whole;
    const std::uint64_t share = record.scope_limit.bytes() - record.cap.bytes();
    return whole.bytes() > share ? Limit(whole.bytes() - share) : record.cap;
}

/// A record may outlive its watcher, and a number its process.
bool belongs_to(const SessionRecord &record, pid_t pid)
{
    if (was_started_with(pid, session_mark(record.id)))
        return true;
    if (record.place.scope.empty())
        return false;
    for (const pid_t inside : pids_below(record.place.capped()))
        if (inside == pid)
            return true;
    return false;
}

std::string line_of(pid_t pid, const Result<MemlimitChange> &change, std::uint64_t wanted)
{
    using Outcome = MemlimitChange::Outcome;
    const std::string whose = fmt::format("GOMEMLIMIT of {} (pid {})", process_name(pid), pid);
    if (!change)
        return fmt::format("{} stays, so it goes on collecting as under the old cap: {}", whose,
                           to_line(change.error()));
    if (change->outcome == Outcome::written)
        return fmt::format("{}: {} -> {}, from its next collection on", whose, memlimit_text(change->before),
                           memlimit_text(wanted));
    if (change->outcome == Outcome::foreign)
        return fmt::format("{} stays at {}: the program, or its launch configuration, has set its own", whose,
                           memlimit_text(change->before));
    return {};
}

} // namespace

std::uint64_t memlimit_under(Limit cap)
{
    if (!cap.finite())
        return kOff;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return gomemlimit_for(Limit(cap.bytes() / page * page), false).value_or(kOff);
}

std::vector<std::uint64_t> own_memlimits(const SessionRecord &record, const Usage &before)
{
    return {record.gomemlimit_ours.bytes(), memlimit_under(record.cap), memlimit_under(cap_before(record, before))};
}

std::vector<std::string> let_memlimit_follow(const LiveSession &session, const Usage &before, Limit cap)
{
    std::vector<std::string> lines;
    if (!session.record.gomemlimit_ours.finite())
        return lines;
    const std::vector<std::uint64_t> ours = own_memlimits(session.record, before);
    const std::uint64_t wanted = memlimit_under(cap);
    for (const pid_t pid : living_debuggees(session)) {
        if (!belongs_to(session.record, pid))
            continue;
        if (std::string line = line_of(pid, write_go_memlimit(pid, ours, wanted), wanted); !line.empty())
            lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace dbgscope
