// SPDX-License-Identifier: Apache-2.0
#include "watch/cgroups.hpp"

#include <fcntl.h>

#include <algorithm>

#include "session/cgroup_processes.hpp"
#include "sys/file.hpp"

namespace dbgscope {

std::string SessionCgroups::debugger_path() const
{
    return places.debugger_leaf ? places.scope + '/' + kDebuggerName : places.scope;
}

std::string SessionCgroups::debuggee_path() const
{
    return places.scope + '/' + kDebuggeeName;
}

Result<SessionCgroups> open_session(const SessionPlaces &places)
{
    SessionCgroups session;
    session.places = places;
    const auto open = [](const std::string &path, UniqueFd &into) -> Result<void> {
        auto directory = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
        if (!directory)
            return pass(directory);
        into = std::move(*directory);
        return {};
    };
    if (auto opened = open(places.scope, session.scope); !opened)
        return pass(opened);
    if (auto opened = open(session.debugger_path(), session.debugger); !opened)
        return pass(opened);
    if (places.divided)
        if (auto opened = open(session.debuggee_path(), session.debuggee); !opened)
            return pass(opened);
    if (!places.unified.empty())
        if (auto directory = open_at(AT_FDCWD, places.unified, O_RDONLY | O_DIRECTORY)) // for pressure alone
            session.unified = std::move(*directory);
    return session;
}

void join_unified(const SessionCgroups &session)
{
    constexpr int kRounds = 3; // for what is forked while its parent is moved
    bool moved = session.unified.valid();
    for (int round = 0; moved && round < kRounds; ++round) {
        moved = false;
        const std::vector<pid_t> inside = pids_below(session.places.unified);
        for (const pid_t pid : pids_below(session.places.scope))
            if (std::ranges::find(inside, pid) == inside.end())
                moved = write_at(session.unified.get(), "cgroup.procs", std::to_string(pid)).has_value() || moved;
    }
}

} // namespace dbgscope
