// SPDX-License-Identifier: Apache-2.0
#include "kernel/sweep.hpp"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <limits>

#include "kernel/cgroup_tree.hpp"
#include "kernel/process_stat.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kPrefix = "dbgscope.";
constexpr std::size_t kMaxRemovals = 256;

/// Decimal digits only, no leading zero, at most `max`.
std::optional<std::uint64_t> plain_number(std::string_view text, std::uint64_t max)
{
    std::uint64_t value = 0;
    const char *const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, value);
    if (text.empty() || text.front() == '0' || code != std::errc{} || end != last || value > max)
        return std::nullopt;
    return value;
}

bool alive(const ProcessId &debugger, const std::string &proc)
{
    const auto stat = read_process_stat(debugger.pid, proc);
    if (!stat) // gone, or hidden by hidepid: a cgroup with processes cannot be removed anyway. Not judged: malformed
        return stat.error().error_number == EINVAL;
    return stat->start_ticks == debugger.start_ticks;
}

} // namespace

std::optional<SessionName> parse_session_name(std::string_view name)
{
    // dbgscope.run-p123-0011223344556677.123-4567
    if (!name.starts_with(kPrefix))
        return std::nullopt;
    const auto dot = name.rfind('.');
    if (dot < kPrefix.size() + 1)
        return std::nullopt;
    const std::string_view tail = name.substr(dot + 1);
    const auto dash = tail.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto pid = plain_number(tail.substr(0, dash), static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max()));
    const auto ticks = plain_number(tail.substr(dash + 1), std::numeric_limits<std::uint64_t>::max());
    if (!pid || !ticks)
        return std::nullopt;
    return SessionName{name.substr(kPrefix.size(), dot - kPrefix.size()), {static_cast<int>(*pid), *ticks}};
}

std::size_t sweep_dead_sessions(int parent, const std::string &proc)
{
    std::size_t removed = 0;
    for (const std::string &name : child_cgroups(parent, kPrefix)) {
        const auto session = parse_session_name(name);
        if (!session || alive(session->debugger, proc))
            continue;
        // The kernel refuses to remove what has processes or children; only with children it is for us to judge.
        const bool gone = ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 ||
                          (!is_occupied(parent, name) && remove_cgroup(parent, name));
        if (gone && ++removed == kMaxRemovals)
            break;
    }
    return removed;
}

} // namespace dbgscope
