// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/time_span.hpp"
#include "kernel/cgroup.hpp"
#include "kernel/process.hpp"
#include "session/listeners.hpp"
#include "sys/file.hpp"
#include "watch/watcher.hpp"

namespace dbgscope {
namespace {

constexpr auto kSettleDelay = std::chrono::milliseconds(20);   ///< the debugger is to start first
constexpr auto kLookDelay = std::chrono::milliseconds(100);    ///< the debuggee has executed its program by then
constexpr auto kEventPause = std::chrono::milliseconds(100);   ///< `max` events come every 15 ms near the limit
constexpr auto kFusePause = std::chrono::milliseconds(10);     ///< a fast leak is through the margin in 100 ms
constexpr auto kGoneInterval = std::chrono::milliseconds(200); ///< without pidfds

template <class T> void keep_earlier(std::optional<T> &earliest, const std::optional<T> &candidate)
{
    if (candidate && (!earliest || *candidate < *earliest))
        earliest = candidate;
}

bool due(std::optional<std::chrono::steady_clock::time_point> &at, std::chrono::steady_clock::time_point now)
{
    if (!at || *at > now)
        return false;
    at.reset();
    return true;
}

/// Makes poll(2) wait for the next change of a cgroup's event file. False: the cgroup is gone.
bool rearm(int file)
{
    std::array<char, 512> text; // NOLINT: filled by pread
    return ::pread(file, text.data(), text.size(), 0) >= 0;
}

} // namespace

void Watcher::collect(std::vector<pollfd> &polled) const
{
    polled.clear();
    const auto add = [&](int fd, short events) {
        if (fd >= 0)
            polled.push_back({.fd = fd, .events = events, .revents = 0});
    };
    add(debugger_pidfd_.get(), POLLIN);
    add(launcher_.get(), POLLIN);
    add(signals_.fd(), POLLIN);
    if (debuggees_) {
        if (!launcher_.valid()) // first what it said, and room for what an answer has to open
            add(debuggees_->listener(), POLLIN);
        for (const Debuggee &debuggee : debuggees_->living())
            add(debuggee.pidfd.get(), POLLIN);
    }
    if (!events_muted_)
        add(memory_events_.get(), POLLPRI);
    add(populated_.get(), POLLPRI);
    if (fuse_)
        add(fuse_->event_fd(), POLLIN);
    if (pressure_)
        for (const auto &[fd, events] : pressure_->fds())
            add(fd, events);
}

/// For poll(2): -1 while nothing is to be looked at again.
int Watcher::patience(Time now) const
{
    std::optional<Time> next = look_at_;
    keep_earlier(next, events_muted_);
    keep_earlier(next, gone_check_at_);
    keep_earlier(next, client_due_at_);
    keep_earlier(next, settle_at_);
    if (fuse_)
        keep_earlier(next, fuse_->next_look());
    if (oom_)
        keep_earlier(next, oom_->next_look());
    if (pressure_)
        keep_earlier(next, pressure_->next_look());
    if (!next)
        return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void Watcher::run()
{
    using Clock = std::chrono::steady_clock;
    if (!debugger_pidfd_.valid())
        gone_check_at_ = Clock::now() + kGoneInterval;
    if (order_.client_timeout_ms > 0)
        client_due_at_ = Clock::now() + std::chrono::milliseconds(order_.client_timeout_ms);
    std::vector<pollfd> polled;
    while (!gone_) {
        collect(polled);
        if (::poll(polled.data(), polled.size(), patience(Clock::now())) < 0 && errno != EINTR)
            break;
        const auto now = Clock::now();
        for (const pollfd &entry : polled)
            if (entry.revents != 0)
                handle(entry, now);
        on_timers(now);
        note_state(now);
    }
}

void Watcher::handle(const pollfd &ready, Time now)
{
    const int fd = ready.fd;
    if (fd == debugger_pidfd_.get())
        gone_ = true;
    else if (fd == launcher_.get())
        on_launcher();
    else if (fd == signals_.fd()) {
        const auto seen = signals_.on_signal();
        if (seen.stop && fuse_)
            fuse_->disarm(); // systemd stops the scope: everybody must be able to die
        else if (seen.look && fuse_)
            fuse_->on_event();
    } else if (debuggees_ && fd == debuggees_->listener())
        (ready.revents & POLLIN) != 0 ? on_notice(now) : debuggees_->forget_listener();
    else if (fd == memory_events_.get())
        on_memory_event(now);
    else if (fd == populated_.get())
        on_populated();
    else if (fuse_ && fd == fuse_->event_fd())
        fuse_->on_event();
    else if (pressure_ && std::any_of(pressure_->fds().begin(), pressure_->fds().end(),
                                      [&](const auto &watched) { return watched.fd == fd; }))
        take(pressure_->on_ready(fd, ready.revents, now), now);
    else
        on_gone(now);
}

/// The launcher's next message. False: its socket has ended, with its exec or its life.
bool Watcher::take_message()
{
    for_listener_.reset();
    auto message = receive_from_launcher(launcher_.get());
    if (!message) {
        launcher_.reset();
        return false;
    }
    if (message->listener.valid())
        take_listener(std::move(message->listener));
    else if (message->executes)
        executed_ = *message->executes;
    return true;
}

/// What the launch need not wait for comes after its end, and the debugger's own start has the processors first.
void Watcher::on_launcher()
{
    if (take_message() || !executed_) // killed before its exec: there has been no session
        return;
    say_if_not_watched();
    if (cgroups_)
        settle_at_ = std::chrono::steady_clock::now() + kSettleDelay;
}

void Watcher::settle()
{
    recorder_.note_directory(); // --working-directory
    join_unified(*cgroups_);
    if (order_.pressure != PressureAction::off) {
        pressure_.emplace(cgroups_->v2_scope(), order_.pressure_some_permyriad, order_.pressure_full_permyriad,
                          order_.pressure);
        if (const auto &why = pressure_->why_not())
            recorder_.keep_unsaid(to_line(*why));
    }
    recorder_.write();
    recorder_.sweep();
}

void Watcher::on_memory_event(Time now)
{
    if (!rearm(memory_events_.get())) {
        memory_events_.reset();
        return;
    }
    events_muted_ = now + (fuse_ ? kFusePause : kEventPause);
    report(oom_->on_memory_event(now));
    if (fuse_)
        fuse_->on_event();
}

void Watcher::on_notice(Time now)
{
    const auto pid = debuggees_->on_notice();
    if (!pid)
        return;
    if (oom_)
        oom_->on_debuggee_started(*pid);
    if (fuse_)
        fuse_->new_debuggee();
    look_at_ = now + kLookDelay;
}

/// Nobody is left in the debuggee's cgroup: who still lives has left it.
void Watcher::on_populated()
{
    if (!rearm(populated_.get()))
        populated_.reset();
    else if (debuggees_)
        debuggees_->check_places(order_.cap);
}

void Watcher::on_gone(Time now)
{
    if (!debuggees_ || !oom_)
        return;
    if (look_at_)
        debuggees_->look(order_.cap);
    for (GoneDebuggee &gone : debuggees_->collect_gone()) {
        if (!gone.was.program.empty())
            programs_.push_back(gone.was.program);
        auto verdict = oom_->on_debuggee_gone(gone.was.id.pid, gone.was.name, gone.wait_status, now);
        // At its start gdb tries out ptrace on children that never execute a program, and kills them.
        if (verdict && verdict->cause == Cause::not_memory && gone.was.program.empty())
            verdict.reset();
        report(verdict);
    }
}

void Watcher::on_timers(Time now)
{
    if (due(events_muted_, now) && memory_events_.valid()) {
        report(oom_->on_memory_event(now)); // what came meanwhile
        if (fuse_)
            fuse_->on_event();
    }
    if (due(gone_check_at_, now)) {
        gone_ = !is_alive(debugger_);
        gone_check_at_ = now + kGoneInterval;
        on_gone(now);
    }
    if (due(look_at_, now) && debuggees_) {
        debuggees_->look(order_.cap);
        SessionRecord &record = recorder_.record();
        record.debuggees.clear();
        for (const Debuggee &debuggee : debuggees_->living())
            record.debuggees.push_back(debuggee.id.pid);
        recorder_.write();
    }
    if (due(settle_at_, now))
        settle();
    if (due(client_due_at_, now))
        end_unreached();
    if (fuse_ && fuse_->next_look() && *fuse_->next_look() <= now)
        fuse_->on_timer();
    if (oom_ && oom_->next_look() && *oom_->next_look() <= now)
        report(oom_->on_timer(now));
    if (pressure_ && pressure_->next_look() && *pressure_->next_look() <= now)
        take(pressure_->on_timer(now), now);
}

void Watcher::take(const PressureStep &step, Time now)
{
    if (!step.line.empty())
        say(step.line);
    if (step.stalling || step.over)
        if (const auto line = oom_->on_pressure(step.stalling, now))
            say(*line);
    if (step.effect == PressureEffect::lower_weight)
        lower_weight();
    if (step.effect == PressureEffect::restore_weight && !weight_before_.empty())
        (void)Cgroup(cgroups_->debuggee.get(), cgroups_->place.version)
            .write(CgroupFile::cpu_weight, weight_before_)
            .has_value();
    if (fuse_ && step.effect == PressureEffect::hold)
        fuse_->hold_for_pressure(true);
    if (fuse_ && step.effect == PressureEffect::release)
        fuse_->hold_for_pressure(false);
}

/// `dlv dap` ends with its only client: one that lives and is not connected now has never had one.
void Watcher::end_unreached()
{
    if (is_connected(debugger_.pid).value_or(true))
        return;
    say(fmt::format("no client has reached {} (pid {}) within {}: it is ended (client_timeout)", order_.tool,
                    debugger_.pid, format_time_span(std::chrono::milliseconds(order_.client_timeout_ms))));
    (void)ProcessHandle(debugger_, order_.use_pidfd).send(SIGTERM);
}

/// A fifth of the default: the debugger and the editor come first while memory is short.
void Watcher::lower_weight()
{
    constexpr const char *kLow = "20";
    if (!cgroups_->debuggee.valid())
        return;
    const Cgroup debuggee(cgroups_->debuggee.get(), cgroups_->place.version);
    const auto before = debuggee.read(CgroupFile::cpu_weight);
    const auto lowered = before ? debuggee.write(CgroupFile::cpu_weight, kLow) : Result<void>(fail(before.error()));
    if (lowered)
        weight_before_ = *before;
    else // no cpu controller was given to this session
        say(fmt::format("the debuggee's CPU weight cannot be lowered: {}", to_line(lowered.error())));
}

/// What `dbgscope ps` shows follows the fuse; the pressure a held debuggee makes is not news.
void Watcher::note_state(Time now)
{
    if (!fuse_)
        return;
    SessionRecord &record = recorder_.record();
    const SessionState state = fuse_->state();
    if (record.state == state && record.cap == fuse_->cap() && record.fuse_trips == fuse_->trips())
        return;
    record.state = state;
    record.fuse_trips = fuse_->trips();
    if (record.cap != fuse_->cap()) { // dbgscope set
        record.cap = fuse_->cap();
        record.fuse = fuse_->line();
    }
    if (pressure_)
        pressure_->set_fuse_held(state != SessionState::running, now);
    recorder_.write();
}

} // namespace dbgscope
