// SPDX-License-Identifier: Apache-2.0
#include "watch/open_session.hpp"

#include <fcntl.h>

#include <algorithm>

#include "kernel/cgroup.hpp"
#include "kernel/cgroup_tree.hpp"
#include "sys/file.hpp"

namespace dbgscope {

Result<OpenSession> open_session(const SessionPlace &place)
{
    OpenSession session;
    session.place = place;
    const auto open = [](const std::string &path, UniqueFd &into) -> Result<void> {
        auto directory = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
        if (!directory)
            return pass(directory);
        into = std::move(*directory);
        return {};
    };
    if (auto opened = open(place.scope, session.scope); !opened)
        return pass(opened);
    if (auto opened = open(place.debugger(), session.debugger); !opened)
        return pass(opened);
    if (place.divided)
        if (auto opened = open(place.debuggee(), session.debuggee); !opened)
            return pass(opened);
    if (!place.unified.empty())
        if (auto directory = open_at(AT_FDCWD, place.unified, O_RDONLY | O_DIRECTORY)) // for pressure alone
            session.unified = std::move(*directory);
    return session;
}

void join_unified(const OpenSession &session)
{
    constexpr int kRounds = 3; // for what is forked while its parent is moved
    const Cgroup unified(session.unified.get(), 2);
    bool moved = unified.valid();
    for (int round = 0; moved && round < kRounds; ++round) {
        moved = false;
        const std::vector<pid_t> inside = pids_below(session.place.unified);
        for (const pid_t pid : pids_below(session.place.scope))
            if (std::ranges::find(inside, pid) == inside.end())
                moved = unified.add(pid).has_value() || moved;
    }
}

} // namespace dbgscope
