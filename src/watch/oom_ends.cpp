// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "watch/dying.hpp"
#include "watch/oom_watch.hpp"

// What is told when a debuggee, and at last the debugger, is gone.
namespace dbgscope {

std::optional<Verdict> OomWatch::on_debuggee_gone(int pid, std::string_view name, std::optional<int> wait_status,
                                                  Time now)
{
    look(now);
    auto known = std::ranges::find(debuggees_, pid, &Debuggee::pid);
    if (known != debuggees_.end()) {
        known->gone = true;
        known->wait_status = wait_status;
        if (!name.empty())
            known->name = name;
    }
    if (in_debuggee_.count > 0)
        return resolve(false, now);
    const bool told_before = known == debuggees_.end(); // its verdict came with the memory event
    forget_gone();
    if (told_before)
        return std::nullopt;
    last_debuggee_killed_ = false;
    Death death{.victim = Victim::debuggee, .pid = pid, .name = std::string(name)};
    Evidence after = reader_.read();
    if (after.oomd_marks <= before_.oomd_marks && !by_sigkill(wait_status))
        return std::nullopt;
    Verdict verdict = judge(before_, after, death, setup_.context);
    before_ = std::move(after);
    last_debuggee_killed_ = verdict.memory();
    return verdict;
}

std::optional<Verdict> OomWatch::on_debugger_gone(std::optional<int> wait_status, Time now)
{
    debugger_status_ = wait_status;
    look(now);
    Told whole;
    const auto append = [&whole](Told next) {
        if (!next)
            return;
        if (whole)
            next->line = whole->line + ' ' + next->line;
        whole = std::move(next);
    };
    const bool killed_elsewhere = elsewhere_.count > 0 || (alone() && in_debuggee_.count > 0);
    append(resolve(true, now));
    append(resolve(true, now));
    append(end_quiet(now, true));
    append(end_quiet(now, true));
    if (!killed_elsewhere && !debugger_told_ && by_sigkill(wait_status))
        append(judge_debugger(now));
    return whole;
}

/// Without a cgroup of the session's own the kernel counts its kill together with the debuggee's a moment before.
Verdict OomWatch::judge_debugger(Time now)
{
    read_log();
    const bool logged = own_pids_ && std::ranges::find(kills_, setup_.debugger_pid, &OomKill::pid) != kills_.end();
    const bool counted = logged || now < nameless_until_;
    const Death death{.victim = Victim::debugger, .pid = setup_.debugger_pid, .guessed = counted && !logged};
    return judge(counted ? previous_ : before_, reader_.read(), death, setup_.context);
}

} // namespace dbgscope
