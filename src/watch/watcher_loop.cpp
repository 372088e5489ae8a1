// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
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

constexpr auto kSettleDelay = std::chrono::milliseconds(20); ///< the debugger is to start first
constexpr auto kLookDelay = std::chrono::milliseconds(100);  ///< the debuggee has executed its program by then
constexpr auto kLongestLookDelay = std::chrono::milliseconds(500);
constexpr auto kEventPause = std::chrono::milliseconds(100); ///< `max` events come every 15 ms near the limit
/// A fast leak is through the margin in 100 ms; without a cgroup of its own it is killed and gone by then.
constexpr auto kFusePause = std::chrono::milliseconds(10);
constexpr auto kGoneInterval = std::chrono::milliseconds(200); ///< without pidfds

/// Makes poll(2) wait for the next change of a cgroup's event file. False: the cgroup is gone.
bool rearm(int file)
{
    std::array<char, 512> text; // NOLINT: filled by pread
    return ::pread(file, text.data(), text.size(), 0) >= 0;
}

} // namespace

void Watcher::add_sources()
{
    loop_.add(debugger_source());
    loop_.add({.name = "launcher",
               .fds = [this](auto &polled) { wait_for(polled, launcher_.get(), POLLIN); },
               .ready = [this](const pollfd &, Time) { on_launcher(); },
               .next_look = [this] { return settle_at_; },
               .timer =
                   [this](Time now) {
                       if (due(settle_at_, now))
                           settle();
                   }});
    loop_.add({.name = "signals",
               .fds = [this](auto &polled) { wait_for(polled, signals_.fd(), POLLIN); },
               .ready = [this](const pollfd &, Time) { on_signal(); }});
    loop_.add(debuggees_source());
    loop_.add(memory_source());
    loop_.add({.name = "populated",
               .fds = [this](auto &polled) { wait_for(polled, populated_.get(), POLLPRI); },
               .ready = [this](const pollfd &, Time) { on_populated(); }});
    loop_.add({.name = "fuse",
               .fds = [this](auto &polled) { wait_for(polled, fuse_ ? fuse_->event_fd() : -1, POLLIN); },
               .ready = [this](const pollfd &, Time) { fuse_->on_event(); },
               .next_look = [this] { return fuse_ ? fuse_->next_look() : std::nullopt; },
               .timer = [this](Time) { fuse_->on_timer(); }});
    loop_.add({.name = kOomSource,
               .fds = [this](auto &polled) { wait_for(polled, oom_ ? oom_->log_fd() : -1, POLLIN); },
               .ready = [this](const pollfd &, Time now) { report(oom_->on_log(now)); },
               .next_look = [this] { return oom_ ? oom_->next_look() : std::nullopt; },
               .timer = [this](Time now) { report(oom_->on_timer(now)); }});
    loop_.add(pressure_source());
    loop_.add(look_source());
    loop_.add(ancestors_source());
    loop_.add({.name = "debuggee's stderr",
               .next_look = [this] { return debuggee_stderr_.next_look(); },
               .timer = [this](Time now) { debuggee_stderr_.on_timer(now); }});
    loop_.add({.name = "client",
               .next_look = [this] { return client_due_at_; },
               .timer =
                   [this](Time now) {
                       if (due(client_due_at_, now))
                           end_unreached();
                   }});
    loop_.add(alloc_.source([this](std::string_view line) { say(line); }));
    loop_.add(recording_.source());
    if (soft_)
        loop_.add(soft_->source());
}

Source Watcher::debugger_source()
{
    return {.name = "debugger",
            .fds = [this](auto &polled) { wait_for(polled, debugger_pidfd_.get(), POLLIN); },
            .ready = [this](const pollfd &, Time) { gone_ = true; },
            .next_look = [this] { return gone_check_at_; },
            .timer =
                [this](Time now) {
                    gone_ = gone_ || !is_alive(debugger_);
                    gone_check_at_ = now + kGoneInterval;
                    on_gone(now);
                }};
}

Source Watcher::debuggees_source()
{
    return {.name = "debuggees",
            .fds =
                [this](auto &polled) {
                    if (!debuggees_)
                        return;
                    if (!launcher_.valid()) // first what it said, and room for what an answer has to open
                        wait_for(polled, debuggees_->listener(), POLLIN);
                    for (const Debuggee &debuggee : debuggees_->living())
                        wait_for(polled, debuggee.pidfd.get(), POLLIN);
                },
            .ready =
                [this](const pollfd &entry, Time now) {
                    if (entry.fd != debuggees_->listener())
                        on_gone(now);
                    else
                        (entry.revents & POLLIN) != 0 ? on_notice(now) : debuggees_->forget_listener();
                },
            .next_look = [this] { return look_at_; },
            .timer =
                [this](Time now) {
                    if (due(look_at_, now) && debuggees_)
                        look(now);
                }};
}

Source Watcher::memory_source()
{
    return {.name = "memory",
            .fds =
                [this](auto &polled) {
                    if (!events_muted_)
                        wait_for(polled, memory_events_.get(), POLLPRI);
                },
            .ready = [this](const pollfd &, Time now) { on_memory_event(now); },
            .next_look = [this] { return events_muted_; },
            .timer =
                [this](Time now) {
                    if (!due(events_muted_, now) || !memory_events_.valid())
                        return;
                    report(oom_->on_memory_event(now)); // what came meanwhile
                    if (fuse_)
                        fuse_->on_event();
                }};
}

Source Watcher::pressure_source()
{
    return {.name = "pressure",
            .fds =
                [this](auto &polled) {
                    if (pressure_)
                        for (const auto &[fd, events] : pressure_->fds())
                            wait_for(polled, fd, events);
                },
            .ready = [this](const pollfd &entry,
                            Time now) { take(pressure_->on_ready(entry.fd, entry.revents, now), now); },
            .next_look = [this] { return pressure_ ? pressure_->next_look() : std::nullopt; },
            .timer = [this](Time now) { take(pressure_->on_timer(now), now); }};
}

void Watcher::run()
{
    const auto start = std::chrono::steady_clock::now();
    if (!debugger_pidfd_.valid())
        gone_check_at_ = start + kGoneInterval;
    if (order_.client_timeout_ms > 0)
        client_due_at_ = start + std::chrono::milliseconds(order_.client_timeout_ms);
    add_sources();
    loop_.before_idling([this] { return rest(); });
    while (!gone_ && loop_.turn()) {
        note_state(std::chrono::steady_clock::now());
        recording_.turn(recorder_.record());
        if (debuggees_)
            debuggees_->check_places_at_times(order_.cap);
    }
}

void Watcher::on_signal()
{
    const auto seen = signals_.on_signal();
    take_soft_cap(seen.look);
    if (!fuse_)
        return;
    if (seen.stop)
        fuse_->disarm(); // systemd stops the scope: everybody must be able to die
    else if (seen.look)
        fuse_->on_event();
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
    adopt_command();
    if (cgroups_)
        settle_at_ = std::chrono::steady_clock::now() + kSettleDelay;
}

void Watcher::settle()
{
    debuggers_score_ = oom_score_of(debugger_.pid);
    recorder_.note_directory(); // --working-directory
    join_unified(*cgroups_);
    if (fuse_ && order_.split)
        ancestors_ = AncestorLimits::watch(cgroups_->place);
    if (order_.pressure != PressureAction::off) {
        pressure_.emplace(cgroups_->v2_scope(), order_.pressure_some_permyriad, order_.pressure_full_permyriad,
                          order_.pressure);
        if (const auto &why = pressure_->why_not())
            recorder_.keep_unsaid(to_line(*why));
    }
    alloc_.start(cgroups_->place.version, cgroups_->place.capped(), order_.alloc);
    recorder_.write();
    recording_.begin(recorder_.record(), *cgroups_, session_paths());
    recorder_.sweep();
    if (oom_->shares_limit())
        (void)rest(); // not only when it idles: what follows a debuggee or records it may never do that
}

void Watcher::on_memory_event(Time now)
{
    if (!rearm(memory_events_.get())) {
        memory_events_.reset();
        return;
    }
    if (oom_->shares_limit()) {
        events_muted_ = now + OomWatch::kDying;
        return;
    }
    debuggee_stderr_.expect_death(debuggee_pids(), now);
    events_muted_ = now + (fuse_ || cgroups_->alone() ? kFusePause : kEventPause);
    report(oom_->on_memory_event(now));
    if (fuse_)
        fuse_->on_event();
    if (soft_)
        soft_->on_event();
}

void Watcher::on_notice(Time now)
{
    const auto pid = debuggees_->on_notice(order_.cap);
    if (std::string &recorded = recorder_.record().heap_profile; recorded != debuggees_->heap_profile()) {
        recorded = debuggees_->heap_profile();
        look_at_ = now + kLookDelay;
    }
    if (debuggees_->letting_go()) {
        let_go_looks_ = 20; // two seconds for a debugger to go through all the threads
        look_at_ = now + kLookDelay;
    }
    if (pid)
        new_debuggee(*pid, now);
}

/// `run --watch --snapshot`. It may have ended already, which is seen later.
void Watcher::adopt_command()
{
    if (!is_own_debuggee() || debuggees_->adopted())
        return;
    debuggees_->adopt(debugger_.pid);
    new_debuggee(debugger_.pid, std::chrono::steady_clock::now());
}

void Watcher::new_debuggee(pid_t pid, Time now)
{
    if (oom_)
        oom_->on_debuggee_started(pid);
    if (debuggees_->living().size() <= 1) // of several the largest was looked at, whoever comes now
        forget_look();
    sample_growth(pid);
    alloc_.process_started();
    if (fuse_)
        fuse_->new_debuggee();
    follow_with_soft_fuse();
    look_by_ = look_by_.value_or(now + kLongestLookDelay);
    look_at_ = std::min(now + kLookDelay, *look_by_);
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
    for (GoneDebuggee &gone : collect_gone()) {
        if (!gone.was.program.empty())
            programs_.push_back(gone.was.program);
        recording_.gone(gone);
        auto verdict = oom_->on_debuggee_gone(gone.was.id.pid, gone.was.name, gone.wait_status, now);
        // At its start gdb tries out ptrace on children that never execute a program, and kills them.
        if (verdict && verdict->cause == Cause::not_memory && gone.was.program.empty())
            verdict.reset();
        report(verdict);
    }
    if (debuggees_->living().empty())
        debuggee_stderr_.all_ended(oom_->next_look().has_value(), now);
}

/// Who the debuggees are, for the record.
void Watcher::look(Time now)
{
    look_by_.reset();
    let_go(debuggees_->take_let_go());
    debuggees_->look(order_.cap);
    if ((debuggees_->letting_go() && let_go_looks_-- > 0) || debuggees_->undecided())
        look_at_ = now + kLookDelay;
    debuggees_->check_places(order_.cap);
    SessionRecord &record = recorder_.record();
    record.debuggees.clear();
    for (const Debuggee &debuggee : debuggees_->living())
        record.debuggees.push_back(debuggee.id.pid);
    follow();
    recorder_.write();
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
        return note_soft_state();
    SessionRecord &record = recorder_.record();
    const SessionState state = fuse_->state();
    debuggee_stderr_.set_held(state != SessionState::running);
    const bool only_looks = order_.fuse == FuseAction::look;
    const Limit line = only_looks || is_fuse(order_.fuse) ? fuse_->line() : Limit();
    Limit &recorded = only_looks ? record.look : record.fuse;
    if (record.state == state && record.cap == fuse_->cap() && record.fuse_trips == fuse_->trips() && recorded == line)
        return;
    record.state = state;
    record.fuse_trips = fuse_->trips();
    recorded = line; // `set` raises it a moment after the cap
    if (record.cap != fuse_->cap()) {
        record.cap = fuse_->cap();
        oom_->set_cap(record.cap);
    }
    if (pressure_)
        pressure_->set_fuse_held(state != SessionState::running, now);
    recorder_.write();
}

} // namespace dbgscope
