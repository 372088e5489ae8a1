// SPDX-License-Identifier: Apache-2.0
#include "cli/cap_text.hpp"

#include <utility>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "debugger/go_live_limit.hpp"

namespace dbgscope {
namespace {

std::string arrow(Limit before, Limit after)
{
    if (before == after)
        return format_limit(after);
    return fmt::format("{} -> {}", format_limit(before), format_limit(after));
}

} // namespace

std::optional<LiveMemlimit> live_memlimit(const SessionRecord &record, Limit cap)
{
    auto command = go_memlimit_command(record.tool, record.go_version, cap);
    if (!command || !record.gomemlimit.finite())
        return std::nullopt;
    return LiveMemlimit{.client = record.tool == "gdbserver" ? "gdb" : record.tool, .command = std::move(*command)};
}

std::string cap_change_text(const LiveSession &session, const Usage &before, const CapChange &change,
                            const std::string &outer)
{
    const SessionRecord &record = session.record;
    const bool held = change.fuse.finite() && session.watcher_alive;
    const Limit whole = before.scope_limit.value_or(record.scope_limit);
    std::string text = printable(record.id);
    if (!record.place.divided && !has_no_cgroup(record)) { // debugger and debuggee share one limit
        text += fmt::format(": limit of the session {}\n", arrow(whole, change.scope_limit));
    } else {
        text += fmt::format(": cap {}", arrow(before.cap.value_or(record.cap), change.cap));
        if (held)
            text += fmt::format(", fuse at {}", format_limit(change.fuse));
        if (change.scope_limit != whole)
            text += fmt::format(", whole session {}", arrow(whole, change.scope_limit));
        text += '\n';
    }
    if (!outer.empty())
        text += fmt::format("The limit {} is lower, and counts.\n", printable(outer));
    if (change.fuse.finite() && !held)
        text += "Its watcher is gone: nobody holds it before the cap any more.\n";
    if (const auto kept = before.kept_bytes(); kept && held && *kept >= change.fuse.bytes())
        text += fmt::format("{} is in use and cannot be dropped: the debuggee will be held at once.\n",
                            format_bytes(*kept));
    if (const auto live = live_memlimit(record, change.cap))
        text +=
            fmt::format("The Go program has read GOMEMLIMIT at its start. To change it there too, in {} while it is "
                        "stopped:\n    {}\n",
                        live->client, live->command);
    return text;
}

} // namespace dbgscope
