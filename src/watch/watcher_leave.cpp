// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "kernel/cgroup_tree.hpp"
#include "kernel/members.hpp"
#include "kernel/process_stat.hpp"
#include "watch/watcher.hpp"

// What outlives its debugger, and what does not.
namespace dbgscope {

/// With what it has started: a program that was let go goes its own way. Not with what is debugged still (gdb's
/// follow-fork-mode child lets the parent go).
void Watcher::let_go(const std::vector<ProcessId> &processes)
{
    if (processes.empty() || !cgroups_)
        return;
    for (const ProcessId &process : processes) {
        std::vector<pid_t> pids;
        for (const pid_t pid :
             cgroups_->alone() ? pids_started_with(cgroups_->mark) : pids_below(cgroups_->place.debuggee()))
            if (descends_from(pid, {process.pid}) && tracer_of(pid) == 0)
                pids.push_back(pid);
        set_free(pids);
        say(fmt::format("detached: {} runs on without a cap", name_of(process.pid)));
    }
    if (fuse_)
        fuse_->on_event(); // what it held may be gone
}

void Watcher::set_free(const std::vector<pid_t> &pids)
{
    release(*cgroups_, pids, {order_.debuggee_oom_score_adj, debuggers_score_.value_or(order_.debuggee_oom_score_adj)},
            own_score_.value_or(order_.debuggee_oom_score_adj));
}

/// The last words: who lives on, and whom the end of the session takes with it.
PartingRules Watcher::take_leave(std::optional<int> debugger_status)
{
    constexpr std::size_t kMaxEnded = 64; // names in the record
    PartingRules rules;
    if (!cgroups_ || !executed_) // nothing was started
        return rules;
    if (debuggees_) {
        rules = debuggees_->parting_rules(debugger_status.has_value());
        let_go(debuggees_->take_let_go());
    }
    rules.sessions.insert(debuggers_session_);
    rules.debugger_by_itself = !debugger_status || !WIFSIGNALED(*debugger_status);
    std::vector<std::string> names;
    for (const pid_t pid : part(*cgroups_, rules).end)
        names.push_back(name_of(pid));
    if (!names.empty())
        say("ended with the session: " + names_of(names));
    names.resize(std::min(names.size(), kMaxEnded));
    recorder_.record().ended = std::move(names);
    return rules;
}

} // namespace dbgscope
