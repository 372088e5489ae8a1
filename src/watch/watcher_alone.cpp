// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <utility>

#include "kernel/cgroup.hpp"
#include "kernel/members.hpp"
#include "kernel/process.hpp"
#include "sys/file.hpp"
#include "watch/watcher.hpp"

// A session without a cgroup of its own, as in most containers: known by what it inherits, measured by what all share.
namespace dbgscope {

/// Instead of open_session(): nothing can be missing.
OpenSession Watcher::open_alone() const
{
    OpenSession session;
    session.mark = session_mark(order_.session);
    if (auto directory = open_at(AT_FDCWD, order_.around->directory, O_RDONLY | O_DIRECTORY))
        session.around = std::move(*directory);
    if (auto directory = open_at(AT_FDCWD, order_.around->limiting, O_RDONLY | O_DIRECTORY))
        session.limiting = std::move(*directory);
    return session;
}

void Watcher::set_up_alone()
{
    const OpenSession &session = *cgroups_;
    if (auto file = Cgroup(session.around.get(), order_.around->version).open(CgroupFile::events, O_RDONLY))
        memory_events_ = std::move(*file);
    SessionRecord &record = recorder_.record();
    record.fuse = is_fuse(order_.fuse) ? order_.fuse_line : Limit();
    record.look = Limit();
    if (!is_fuse(order_.fuse))
        return;
    soft_.emplace(SoftConfig{.around = *order_.around,
                             .limiting = session.limiting.get(),
                             .cap = order_.cap,
                             .action = order_.fuse,
                             .debugger = debugger_,
                             .command = order_.tool == "run" ? std::function([this] { return command_members(); })
                                                             : std::function<std::vector<ProcessId>()>(),
                             .say = [this](std::string_view id, std::string_view line) { on_fuse(id, line); },
                             .tell = [this](std::string_view line) { tell(line); },
                             .let_allocate =
                                 [this] {
                                     if (debuggees_)
                                         debuggees_->let_allocate();
                                 }});
}

/// Allocations: under dlv that serves a client. See answer_for_ever().
void Watcher::bound_debuggees()
{
    if (order_.around)
        debuggees_->bound_data_to(order_.around->data_limit);
    if (!soft_ || order_.around->stop != SoftStop::allocation)
        return;
    if (auto guard = HoldGuard::start(debuggees_->listener(), [this] { debuggees_->answer_for_ever(); }))
        answers_ = std::move(*guard);
    debuggees_->ask_before_allocating([this](std::uint64_t bytes) { return soft_->may_allocate(bytes); });
}

void Watcher::follow()
{
    recording_.follow(debuggees_->living());
    follow_with_soft_fuse();
}

/// At once: a program may fill a container in its first tenth of a second.
void Watcher::follow_with_soft_fuse()
{
    if (!soft_)
        return;
    std::vector<ProcessId> living;
    for (const Debuggee &debuggee : debuggees_->living())
        living.push_back(debuggee.id);
    soft_->follow(is_own_debuggee() ? command_members() : living);
}

/// The command of `run --snapshot`.
bool Watcher::is_own_debuggee() const
{
    return order_.tool == "run" && order_.filtered() && debuggees_;
}

/// Of a command that is its own debuggee its parent knows how it ended.
std::vector<GoneDebuggee> Watcher::collect_gone()
{
    std::vector<GoneDebuggee> gone = debuggees_->collect_gone();
    for (GoneDebuggee &one : gone)
        if (!one.wait_status && is_own_debuggee() && one.was.id == debugger_)
            one.wait_status = debugger_status();
    return gone;
}

/// It, and what it has started.
std::vector<ProcessId> Watcher::command_members() const
{
    std::vector<ProcessId> members;
    for (const pid_t pid : pids_started_with(cgroups_->mark))
        if (const auto id = process_id(pid))
            members.push_back(*id);
    return members;
}

/// The look inside is over; what stood still for it may go on.
void Watcher::looked()
{
    if (fuse_)
        fuse_->looked();
    if (soft_)
        soft_->looked();
}

/// `dbgscope set`, `dbgscope more`.
void Watcher::take_soft_cap(bool asked)
{
    if (const auto cap = soft_ && asked ? recorder_.take_cap() : std::nullopt) {
        soft_->set_cap(*cap);
        if (debuggees_)
            debuggees_->bound_data_to(soft_->data_limit());
    }
}

void Watcher::note_soft_state()
{
    if (!soft_)
        return;
    SessionRecord &record = recorder_.record();
    const SessionState state = soft_->state();
    debuggee_stderr_.set_held(state != SessionState::running);
    if (record.state == state && record.cap == soft_->cap() && record.fuse_trips == soft_->trips())
        return;
    record.state = state;
    record.fuse_trips = soft_->trips();
    record.cap = soft_->cap();
    record.fuse = fuse_line_for(record.cap);
    recorder_.write();
}

void Watcher::disarm_fuses()
{
    if (fuse_)
        fuse_->disarm();
    if (soft_)
        soft_->disarm();
    answers_.end();
}

/// The last counts of such a session: the peak of the cgroup around is not the debuggee's.
void Watcher::end_alone()
{
    if (!order_.around)
        return;
    SessionRecord &record = recorder_.record();
    record.debuggee_peak_bytes = soft_ ? soft_->peak_bytes() : 0;
    record.debugger_peak_bytes = 0;
    if (soft_)
        record.fuse_trips = soft_->trips();
}

} // namespace dbgscope
