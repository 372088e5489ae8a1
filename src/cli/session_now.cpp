// SPDX-License-Identifier: Apache-2.0
#include "cli/session_now.hpp"

#include <unistd.h>

#include <ctime>

namespace dbgscope {

std::optional<std::int64_t> age_s(const SessionRecord &record)
{
    timespec now{};
    const long ticks = ::sysconf(_SC_CLK_TCK);
    if (record.debugger.start_ticks == 0 || ticks <= 0 || ::clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return std::nullopt;
    const auto started = static_cast<std::int64_t>(record.debugger.start_ticks / static_cast<std::uint64_t>(ticks));
    return now.tv_sec < started ? 0 : now.tv_sec - started;
}

std::string state_of(const LiveSession &session, const Usage &usage)
{
    if (!session.debugger_alive)
        return state_name(SessionState::ended);
    if (session.watcher_alive) {
        if (usage.frozen) // by hand: no record says so
            return state_name(SessionState::held);
        const bool at_breakpoint = usage.stopped && session.record.state == SessionState::running;
        return std::string(state_name(at_breakpoint ? SessionState::stopped : session.record.state)) +
               (usage.outside ? ", outside its cap" : "");
    }
    return usage.frozen ? "unwatched, held" : "unwatched";
}

} // namespace dbgscope
