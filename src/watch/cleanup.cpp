// SPDX-License-Identifier: Apache-2.0
#include "watch/cleanup.hpp"

#include <unistd.h>

#include "kernel/cgroup_tree.hpp"
#include "kernel/members.hpp"

namespace dbgscope {

bool kill_leftovers(const OpenSession &session, const PartingRules &rules, bool use_cgroup_kill,
                    std::chrono::milliseconds patience)
{
    const auto spared = [&, self = ::getpid()](bool in_debuggee) {
        return [&, self, in_debuggee](pid_t pid) { return pid == self || lives_on(rules, pid, in_debuggee); };
    };
    if (session.alone())
        return kill_started_with(session.mark, spared(true), patience);
    bool empty = kill_below(session.place.debugger(), spared(false), use_cgroup_kill, patience);
    if (session.debuggee.valid())
        empty = kill_below(session.place.debuggee(), spared(true), use_cgroup_kill, patience) && empty;
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
    for (const char *child :
         {kDebuggeeName, kDebuggerName, kDetachedName}) // systemd removes the scope, and these with it
        (void)remove_cgroup(session.scope.get(), child);
}

} // namespace dbgscope
