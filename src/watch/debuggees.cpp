// SPDX-License-Identifier: Apache-2.0
#include "watch/debuggees.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include <fmt/core.h>

#include "kernel/cgroup.hpp"
#include "kernel/cgroup_error.hpp"
#include "kernel/members.hpp"
#include "kernel/process.hpp"
#include "kernel/process_stat.hpp"
#include "kernel/threads.hpp"
#include "sys/file.hpp"
#include "watch/data_limit.hpp"
#include "watch/dying.hpp"
#include "watch/exit_status.hpp"
#include "watch/heap_switch.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxKnown = 256; ///< of debuggees at one time; more are moved, but not followed one by one

/// Whether /proc/PID/cgroup names `directory`, by its last two parts ("….scope/debuggee"), or something below it.
bool is_in(pid_t pid, const std::string &directory)
{
    const auto text = cgroups_of(pid);
    if (!text)
        return true; // gone, or not ours to see
    const std::string ending = directory.substr(directory.rfind('/', directory.rfind('/') - 1));
    for (auto at = text->find(ending); at != std::string::npos; at = text->find(ending, at + 1)) {
        const char next = (*text)[at + ending.size()]; // a line ends in "\n"
        if (next == '\n' || next == '/')
            return true;
    }
    return false;
}

bool is_zombie(const ProcessId &process)
{
    const auto stat = read_process_stat(process.pid);
    return stat && stat->start_ticks == process.start_ticks && stat->state == 'Z';
}

bool ended(const Debuggee &debuggee)
{
    if (debuggee.pidfd.valid()) {
        pollfd entry{.fd = debuggee.pidfd.get(), .events = POLLIN, .revents = 0};
        return ::poll(&entry, 1, 0) > 0;
    }
    return !is_alive(debuggee.id);
}

} // namespace

Debuggees::Debuggees(const OpenSession &session, PtraceListener listener, pid_t debugger, int oom_score_adj,
                     bool refuse, std::uint64_t heap_profile_rate, Say say)
    : session_(session), listener_(std::move(listener)), debugger_(debugger), oom_score_adj_(oom_score_adj),
      refuse_(refuse), heap_profile_rate_(heap_profile_rate), say_(std::move(say))
{
    if (auto procs = Cgroup(session_.debuggee.get(), session_.place.version).open(CgroupFile::procs, O_WRONLY))
        procs_ = std::move(*procs);
    else
        no_procs_ = procs.error().error_number;
}

/// errno, 0 for success. The kernel moves the whole thread group; moving it again changes nothing.
int Debuggees::move(pid_t thread) const
{
    if (!procs_.valid())
        return no_procs_;
    const std::string text = std::to_string(thread);
    return ::write(procs_.get(), text.data(), text.size()) >= 0 ? 0 : errno;
}

std::optional<pid_t> Debuggees::on_notice(Limit cap)
{
    const auto notice = listener_.receive();
    if (!notice)
        return std::nullopt;
    if (notice->call == PtraceCall::allocate) {
        on_allocation(*notice);
        return std::nullopt;
    }
    if (notice->call == PtraceCall::go_start)
        on_go_start(*notice);
    if (notice->call != PtraceCall::trace_me || notice->thread <= 0 || !listener_.valid(notice->id)) {
        listener_.let_continue(notice->id);
        if (notice->call == PtraceCall::detach)
            on_detach(*notice);
        else if (notice->call == PtraceCall::go_start)
            note_program(notice->thread);
        return std::nullopt;
    }
    const bool outside = procs_.valid() && !is_in(notice->thread, session_.place.debuggee());
    const int code = session_.alone() ? 0 : move(notice->thread);
    raise_oom_score(notice->thread, oom_score_adj_);
    const bool bounded = bound_data(notice->thread, data_limit_);
    if (!listener_.valid(notice->id)) { // interrupted or dead: the call starts again, or never
        if (code == 0 && outside)
            move_back(notice->thread);
        return std::nullopt;
    }
    if (code != 0 && refuse_)
        listener_.refuse(notice->id, EPERM);
    else
        listener_.let_continue(notice->id);
    if (code != 0 && !std::exchange(failure_said_, true))
        say_(fmt::format("{}, so it {}: {}", "the debuggee cannot be moved out of the debugger's cgroup",
                         refuse_ ? "may not start (--require=split)" : "shares the debugger's limit",
                         to_line(cgroup_error(CgroupOperation::enter, code, session_.place.debuggee()))));
    if (!bounded && !std::exchange(failure_said_, true))
        say_("what the debuggee may map could not be bounded (--rlimit-data)");
    const pid_t pid = code == 0 ? thread_group(notice->thread) : 0; // 0: it has ended already
    if (pid == 0)
        return std::nullopt;
    if (remember(pid))
        return pid;
    // It had left, and is back by its own call; of one that is dying /proc/PID/cgroup says "/" too.
    if (const ProcessLook look = look_at_process(pid); outside && look.there && !look.dying)
        tell_escape(pid, cap);
    return std::nullopt;
}

/// One that is stopped meanwhile starts its call again when it runs on, and is a new notification then; so it is after
/// each signal, and Go's runtime sends itself one every 10 ms.
void Debuggees::on_allocation(const PtraceNotice &notice)
{
    constexpr std::size_t kMaxWaiting = 128; // threads of one program
    const pid_t pid = may_allocate_ ? thread_group(notice.thread) : 0;
    const bool ours = std::ranges::any_of(living_, [pid](const Debuggee &known) { return known.id.pid == pid; });
    if (waiting_.size() >= kMaxWaiting)
        std::erase_if(waiting_, [this](std::uint64_t id) { return !listener_.valid(id); });
    if (!ours || waiting_.size() >= kMaxWaiting || may_allocate_(notice.bytes))
        listener_.let_continue(notice.id);
    else
        waiting_.push_back(notice.id);
}

void Debuggees::let_allocate()
{
    for (const std::uint64_t id : std::exchange(waiting_, {}))
        listener_.let_continue(id);
}

/// What was received by somebody else cannot be answered here; a signal makes the call start again. SIGURG means
/// nothing to a program that does not ask for it, and Go's runtime is used to it.
void Debuggees::answer_for_ever() const
{
    for (const pid_t pid : pids_started_with(session_.mark))
        if (tracer_of(pid) != 0)
            for (const pid_t thread : thread_ids_of(pid))
                (void)::tgkill(pid, thread, SIGURG);
    listener_.let_all_continue();
}

/// The number may have been another process's by the time it was written.
void Debuggees::move_back(pid_t thread) const
{
    const Cgroup debugger(session_.debugger.get(), session_.place.version);
    (void)debugger.write(CgroupFile::procs, std::to_string(thread)).has_value();
}

/// After the answer: nothing here may hold up the debugger. False: it was known, and calls again and again.
bool Debuggees::remember(pid_t pid)
{
    for (const Debuggee &known : living_)
        if (known.id.pid == pid && !ended(known))
            return false;
    const auto id = process_id(pid);
    if (!id || living_.size() >= kMaxKnown)
        return id.has_value();
    detached_.erase(pid); // an old pid come round again
    known_.insert(pid);
    living_.push_back({.id = *id, .name = {}, .program = {}, .pidfd = open_pidfd(pid)});
    return true;
}

void Debuggees::adopt(pid_t command)
{
    adopted_ = true;
    (void)remember(command);
}

std::set<pid_t> Debuggees::living_pids() const
{
    std::set<pid_t> pids;
    for (const Debuggee &known : living_)
        pids.insert(known.id.pid);
    return pids;
}

/// What the debugger itself started and lets go is meant to live on. gdb also detaches from each process the debuggee
/// forks; those share their parent's fate unless it ends by itself.
void Debuggees::on_detach(const PtraceNotice &notice)
{
    const bool debugged = session_.alone() ? descends_from(notice.thread, living_pids())
                                           : is_in(notice.thread, session_.place.debuggee());
    if (thread_group(notice.thread) != debugger_ && debugged)
        return; // a debugger that is being debugged
    const pid_t target = thread_group(notice.target);
    if (std::ranges::any_of(living_, [target](const Debuggee &known) { return known.id.pid == target; })) {
        detached_.insert(target);
        return;
    }
    if (forks_.size() >= kMaxKnown)
        std::erase_if(forks_, [](const ProcessId &fork) { return !is_alive(fork); });
    if (const auto id = process_id(target); id && forks_.size() < kMaxKnown)
        forks_.push_back(*id);
}

bool Debuggees::letting_go() const
{
    return std::ranges::any_of(living_, [this](const Debuggee &known) { return detached_.contains(known.id.pid); });
}

/// The notice comes before the call, and one for each thread.
std::vector<ProcessId> Debuggees::take_let_go()
{
    std::vector<ProcessId> gone;
    std::erase_if(living_, [&](const Debuggee &known) {
        if (!detached_.contains(known.id.pid) || ended(known) || tracer_of(known.id.pid) != 0)
            return false;
        gone.push_back(known.id);
        return true;
    });
    return gone;
}

PartingRules Debuggees::parting_rules(bool debugger_known) const
{
    PartingRules rules{.detached = detached_, .forks = {}, .sessions = known_};
    for (const ProcessId &fork : forks_)
        if (is_alive(fork))
            rules.forks.insert(fork.pid);
    rules.program_by_itself = program_ended_by_itself(debugger_known);
    return rules;
}

void Debuggees::note_end(const GoneDebuggee &gone, bool uncollected)
{
    if (detached_.contains(gone.was.id.pid))
        return;
    if (by_sigkill(gone.wait_status)) {
        if (!gone.was.program.empty()) // not one of gdb's tries of ptrace, at its start
            end_ = ProgramEnd::killed;
        return;
    }
    // A killed debugger takes its debuggees with it (PTRACE_O_EXITKILL), or leaves them to its breakpoints' SIGTRAP.
    const ProcessLook debugger = look_at_process(debugger_);
    const bool together = !debugger.there || debugger.dying;
    end_ = !together           ? ProgramEnd::by_itself
           : !gone.wait_status ? ProgramEnd::unclear
           : uncollected       ? ProgramEnd::outlived
                               : ProgramEnd::by_itself; // it was seen late
}

/// One that was not collected has ended in the debugger's own last moment. Where nobody knows how the debugger ended,
/// a program that outlived it tells: its debugger neither ended it, nor let it go, nor collected it.
bool Debuggees::program_ended_by_itself(bool debugger_known) const
{
    ProgramEnd end = end_;
    for (const Debuggee &known : living_) {
        if (detached_.contains(known.id.pid))
            continue;
        const bool uncollected = is_zombie(known.id);
        const auto status = ended(known) ? exit_status_of(known.id, known.pidfd.get()) : std::nullopt;
        end = !status || by_sigkill(status) ? ProgramEnd::killed
              : uncollected                 ? ProgramEnd::outlived
                                            : ProgramEnd::by_itself;
    }
    return end == ProgramEnd::none || end == ProgramEnd::by_itself || (end == ProgramEnd::outlived && debugger_known);
}

/// Before the answer: the runtime looks at the byte right after this call. The debugger waits for nothing meanwhile.
void Debuggees::on_go_start(const PtraceNotice &notice)
{
    if (heap_profile_rate_ == 0 || living_.empty() || notice.thread <= 0)
        return; // dlv itself, and the compiler's processes
    const pid_t pid = thread_group(notice.thread);
    const bool ours = std::ranges::any_of(living_, [pid](const Debuggee &known) { return known.id.pid == pid; }) ||
                      (adopted_ && (session_.alone() || is_in(pid, session_.place.debuggee())));
    if (!ours || !listener_.valid(notice.id))
        return;
    if (std::string text = heap_switch_text(switch_heap_profile(pid, heap_profile_rate_)); !text.empty())
        heap_profile_ = std::move(text);
}

/// A debuggee that ends at once must have been seen as the program it was.
void Debuggees::note_program(pid_t thread)
{
    const pid_t pid = thread_group(thread);
    for (Debuggee &known : living_)
        if (known.id.pid == pid)
            note_program(known);
}

/// A child that has not executed anything yet has its debugger's program: gdb tries out ptrace on such children, and
/// kills them. One that keeps it debugs the debugger.
void Debuggees::note_program(Debuggee &debuggee)
{
    constexpr int kMostLooks = 20; // two seconds
    std::string program = executable_of(debuggee.id.pid);
    if (program.empty()) // it has ended
        return;
    if (debuggers_own_.empty() && !adopted_)
        debuggers_own_ = executable_of(debugger_);
    if (program == debuggers_own_ && ++debuggee.looks < kMostLooks) {
        debuggee.checked = false;
        return;
    }
    debuggee.program = std::move(program);
    debuggee.name = comm_of(debuggee.id.pid).value_or("");
}

bool Debuggees::undecided() const
{
    return std::ranges::any_of(living_,
                               [](const Debuggee &debuggee) { return debuggee.looks > 0 && !debuggee.checked; });
}

void Debuggees::look(Limit cap)
{
    for (Debuggee &debuggee : living_) {
        if (debuggee.checked)
            continue;
        debuggee.checked = true;
        note_program(debuggee);
        check_place(debuggee, cap);
    }
}

void Debuggees::check_places(Limit cap)
{
    for (const Debuggee &debuggee : living_)
        if (!ended(debuggee))
            check_place(debuggee, cap);
}

void Debuggees::check_places_at_times(Limit cap)
{
    constexpr std::chrono::milliseconds kPause{500};
    if (living_.empty() || escape_said_ || !session_.debuggee.valid() || session_.place.version != 1)
        return;
    const auto now = std::chrono::steady_clock::now();
    if (now - places_checked_ < kPause)
        return;
    places_checked_ = now;
    check_places(cap);
}

/// The limit counts where the process really is (facts: programs that migrate themselves exist).
void Debuggees::check_place(const Debuggee &debuggee, Limit cap)
{
    const pid_t pid = debuggee.id.pid;
    if (!cap.finite() || escape_said_ || session_.alone() || is_in(pid, session_.place.debuggee()))
        return;
    // Of one that exits /proc/PID/cgroup says "/", and goes on to as long as its other threads close their files.
    if (!look_at_process(pid).dying && !ended(debuggee))
        tell_escape(pid, cap);
}

void Debuggees::tell_escape(pid_t pid, Limit cap)
{
    if (cap.finite() && !std::exchange(escape_said_, true))
        say_(fmt::format("{} (pid {}) has left its cgroup: the cap of {} does not hold for it",
                         comm_of(pid).value_or(""), pid, format_limit(cap)));
}

std::vector<GoneDebuggee> Debuggees::collect_gone()
{
    std::vector<GoneDebuggee> gone;
    for (auto it = living_.begin(); it != living_.end();) {
        if (!ended(*it)) {
            ++it;
            continue;
        }
        GoneDebuggee end{std::move(*it), std::nullopt};
        const bool uncollected = is_zombie(end.was.id);
        end.wait_status = exit_status_of(end.was.id, end.was.pidfd.get());
        it = living_.erase(it);
        note_end(end, uncollected);
        gone.push_back(std::move(end));
    }
    return gone;
}

} // namespace dbgscope
