// SPDX-License-Identifier: Apache-2.0
#include "watch/cleanup.hpp"

#include <unistd.h>

#include "kernel/cgroup_tree.hpp"
#include "kernel/process_stat.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxAncestors = 64;

bool is_spared(pid_t pid, const std::set<pid_t> &detached)
{
    for (std::size_t depth = 0; pid > 1 && depth < kMaxAncestors; ++depth) {
        if (detached.contains(pid))
            return true;
        const auto relatives = read_process_stat(pid);
        if (!relatives)
            return false;
        if (detached.contains(relatives->group) || detached.contains(relatives->session))
            return true;
        pid = relatives->parent;
    }
    return false;
}

} // namespace

bool kill_leftovers(const OpenSession &session, const std::set<pid_t> &detached, bool use_cgroup_kill,
                    std::chrono::milliseconds patience)
{
    const auto spared = [&, self = ::getpid()](pid_t pid) {
        return pid == self || (!detached.empty() && is_spared(pid, detached));
    };
    bool empty = kill_below(session.place.debugger(), spared, use_cgroup_kill, patience);
    if (session.debuggee.valid())
        empty = kill_below(session.place.debuggee(), spared, use_cgroup_kill, patience) && empty;
    return empty;
}

void remove_abandoned(const SessionPlace &place, std::chrono::milliseconds patience)
{
    for (const std::string &path : {place.scope, place.unified})
        if (!path.empty())
            (void)remove_cgroup_at(path, patience);
}

void remove_cgroups(const OpenSession &session, std::chrono::milliseconds patience)
{
    if (session.place.remove)
        return remove_abandoned(session.place, patience);
    for (const char *child : {kDebuggeeName, kDebuggerName}) // systemd removes the scope, and these with it
        (void)remove_cgroup(session.scope.get(), child);
}

} // namespace dbgscope
