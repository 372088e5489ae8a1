// SPDX-License-Identifier: Apache-2.0
#include "session/port_holder.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "kernel/cgroup_tree.hpp"
#include "kernel/process.hpp"
#include "session/paths.hpp"

namespace dbgscope {

bool belongs(int pid, const SessionRecord &record)
{
    return pid == record.debugger.pid || std::ranges::count(pids_below(record.place.scope), pid) != 0;
}

std::string holder_words(const std::vector<PortSocket> &sockets, const std::vector<int> &holders)
{
    std::string names;
    for (const int pid : holders)
        names += fmt::format("{}{} (pid {})", names.empty() ? "" : ", ", process_name(pid), pid);
    return names.empty() && !sockets.empty() ? fmt::format("a process of user {}", sockets.front().uid) : names;
}

std::optional<PortFacts> look_at_port(std::uint16_t port)
{
    const auto sockets = listening_sockets(port);
    if (sockets.empty())
        return std::nullopt;
    const auto holders = holders_of(sockets);
    PortFacts facts{.port = port, .holder = holder_words(sockets, holders), .session = {}};
    if (const auto registry = Registry::open(session_paths()); registry && !holders.empty())
        for (const LiveSession &session : registry->list_live())
            if (std::ranges::any_of(holders, [&](int pid) { return belongs(pid, session.record); }))
                facts.session = session.record.id;
    return facts;
}

} // namespace dbgscope
