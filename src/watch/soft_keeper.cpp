// SPDX-License-Identifier: Apache-2.0
#include "watch/soft_keeper.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/core.h>

#include "kernel/memory_stat.hpp"
#include "kernel/process.hpp"
#include "kernel/process_memory.hpp"
#include "kernel/process_stat.hpp"
#include "kernel/threads.hpp"
#include "watch/fuse_keeper.hpp"
#include "watch/fuse_words.hpp"

namespace dbgscope {
namespace {

using std::chrono::milliseconds;

// More than one thread fills in a second with pages of 4 KiB, the kernel's clearing of them included; huge pages may be
// faster.
constexpr std::uint64_t kBytesPerCpuSecond = 4096 * kMiB;
constexpr milliseconds kLeastUsed{4}, kMostUsed{1000}; ///< a tick of the kernel's; a program with much room
constexpr milliseconds kWallLook{500};                 ///< ticks miss a program that works for less than one at a time
constexpr milliseconds kLookPatience{5'000};           ///< as long as it may stand still for being looked at

} // namespace

void SoftKeeper::set_living(const std::vector<ProcessId> &living)
{
    std::vector<pid_t> pids;
    for (const ProcessId &process : living)
        pids.push_back(process.pid);
    living_ = living;
    clock_.follow(pids);
}

void SoftKeeper::follow(const std::vector<ProcessId> &living)
{
    // What a command starts is a part of it: no new program with a fuse of its own.
    if (!config_.command && std::ranges::any_of(living, [this](const ProcessId &process) {
            return std::ranges::find(living_, process) == living_.end();
        }))
        fuse_.new_debuggee();
    set_living(living);
    look();
}

/// Nothing tells what a command starts; while it works it is asked now and then.
void SoftKeeper::follow_command()
{
    const auto now = std::chrono::steady_clock::now();
    if (!config_.command || now - command_seen_ < kWallLook)
        return;
    command_seen_ = now;
    if (auto living = config_.command(); living != living_)
        set_living(living);
}

SoftSample SoftKeeper::sample()
{
    SoftSample sample{.now =
                          std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()),
                      .asked_bytes = waiting_bytes_,
                      .cap = config_.cap,
                      .around_limit = config_.around.limit};
    std::uint64_t most = 0;
    sample.stopped = true;
    for (const ProcessId &process : living_) {
        const auto bytes = own_memory_of(process.pid);
        const auto stat = read_process_stat(process.pid);
        if (!bytes || !stat || stat->exiting())
            continue;
        sample.any = true;
        sample.traced = sample.traced || config_.command || tracer_of(process.pid) != 0;
        // One thread alone stands for a moment at each signal that it gets, and Go's runtime sends itself many.
        sample.stopped = sample.stopped && stat->state == 't' && all_threads_are(process.pid, "t");
        sample.own_bytes += *bytes;
        if (const auto line = data_.see(process.pid))
            config_.tell(*line);
        if (*bytes >= most) {
            most = *bytes;
            largest_ = process;
        }
    }
    sample.stopped = sample.stopped && sample.any;
    peak_bytes_ = std::max(peak_bytes_, sample.own_bytes);
    const Cgroup around(config_.limiting, config_.around.version);
    if (!around.valid() || !config_.around.limit.finite())
        return sample;
    if (const auto limit = around.read_limit(CgroupFile::limit)) // docker update
        sample.around_limit = config_.around.limit = *limit;
    sample.around_bytes = around.read_number(CgroupFile::usage).value_or(0);
    if (const auto stat = around.read(CgroupFile::stat))
        sample.around_bytes -=
            std::min(sample.around_bytes, droppable_bytes(*stat, config_.around.version).value_or(0));
    return sample;
}

void SoftKeeper::look()
{
    look_at_.reset();
    if (!suspended_.empty() && std::chrono::steady_clock::now() >= suspended_until_)
        looked();
    if (disarmed_ || living_.empty())
        return;
    follow_command();
    const SoftSample now = sample();
    step(now);
    arm(now);
}

void SoftKeeper::step(const SoftSample &sample)
{
    const SoftOrders orders = fuse_.step(sample);
    if (orders.stop || (orders.say_held && config_.around.stop == SoftStop::suspend))
        stop(); // before anything is said: it grows meanwhile
    if (orders.let_allocate && std::exchange(waiting_bytes_, 0) != 0)
        config_.let_allocate();
    if (orders.say_released != Release::none && config_.action != FuseAction::snapshot) // it was not held
        config_.say(kFuseReleased, released_line(orders.say_released, sample.own_bytes, sample.cap));
    if (orders.say_held)
        config_.say(config_.action == FuseAction::hold   ? kFuseHeld
                    : config_.action == FuseAction::warn ? kFuseWarned
                                                         : kFuseSnapshot,
                    held_line(sample));
}

/// Between two looks it may use what it would take to fill the room that is left, at the pace it had, or at the fastest
/// there is.
void SoftKeeper::arm(const SoftSample &sample)
{
    const auto used = clock_.used();
    const auto since = std::chrono::duration_cast<milliseconds>(used - last_used_).count();
    std::uint64_t pace = kBytesPerCpuSecond;
    if (since > 0 && sample.own_bytes > last_bytes_)
        pace = std::max(pace, (sample.own_bytes - last_bytes_) * 2000 / static_cast<std::uint64_t>(since));
    const bool moved = used != last_used_ || sample.own_bytes != last_bytes_;
    last_used_ = used;
    last_bytes_ = sample.own_bytes;
    const std::uint64_t room = std::min(fuse_.room(sample), pace); // a second of it
    clock_.arm(std::clamp(milliseconds(room * 1000 / pace), kLeastUsed, kMostUsed));
    const auto now = std::chrono::steady_clock::now();
    if (const auto in = fuse_.look_in(sample.now))
        look_at_ = now + *in;
    else if (moved && !sample.stopped)
        look_at_ = now + kWallLook;
    if (!suspended_.empty())
        look_at_ = suspended_until_;
}

bool SoftKeeper::may_allocate(std::uint64_t bytes)
{
    if (disarmed_ || config_.action != FuseAction::hold)
        return true;
    if (fuse_.state() == SoftFuse::State::asked && look_at_ && bytes <= waiting_bytes_)
        return false; // the same call, started again: what has changed is seen at the next look
    waiting_bytes_ = std::max(waiting_bytes_, bytes);
    const SoftSample now = sample();
    step(now);
    if (fuse_.state() != SoftFuse::State::asked)
        return true;
    arm(now);
    return false;
}

void SoftKeeper::set_cap(Limit cap)
{
    config_.cap = cap;
    data_.make_room_for(cap);
    look();
}

void SoftKeeper::disarm()
{
    disarmed_ = true;
    looked();
    look_at_.reset();
    clock_.follow({});
    config_.let_allocate();
}

void SoftKeeper::stop()
{
    if (config_.around.stop == SoftStop::suspend)
        suspend();
    else if (config_.around.stop == SoftStop::interrupt)
        (void)ProcessHandle(config_.debugger).send(SIGINT);
    else if (config_.around.stop == SoftStop::trap && tracer_of(largest_.pid) != 0) // else it would die of it
        (void)ProcessHandle(largest_).send(SIGTRAP);
}

/// One that somebody else has stopped is not ours to let go on. The first process of a container ignores it.
void SoftKeeper::suspend()
{
    for (const ProcessId &process : living_)
        if (const auto stat = read_process_stat(process.pid); stat && stat->state != 'T' && stat->state != 't')
            if (ProcessHandle(process).send(SIGSTOP) == 0)
                suspended_.push_back(process);
    suspended_until_ = std::chrono::steady_clock::now() + kLookPatience;
    if (auto guard = HoldGuard::start(std::max(config_.limiting, STDIN_FILENO), [this] { let_suspended_go(); }))
        suspension_ = std::move(*guard);
}

void SoftKeeper::let_suspended_go()
{
    for (const ProcessId &process : std::exchange(suspended_, {}))
        (void)ProcessHandle(process).send(SIGCONT);
}

void SoftKeeper::looked()
{
    let_suspended_go();
    suspension_.end();
}

SessionState SoftKeeper::state() const
{
    if (disarmed_)
        return SessionState::running;
    switch (fuse_.state()) {
    case SoftFuse::State::running: return SessionState::running;
    case SoftFuse::State::on:
        return config_.action == FuseAction::hold ? SessionState::throttled : SessionState::running;
    case SoftFuse::State::asked: return SessionState::held;
    case SoftFuse::State::stopped: return SessionState::stopped;
    }
    return SessionState::running;
}

std::string SoftKeeper::command_line(const SoftSample &sample) const
{
    std::string what = fmt::format("the command near its limit: {} of {} in use", format_bytes(sample.own_bytes),
                                   format_limit(sample.cap));
    if (sample.around_limit.finite())
        what += fmt::format(" ({}'s limit: {})", config_.around.name, format_limit(sample.around_limit));
    return what + (config_.action == FuseAction::warn ? ". It runs on" : ". A snapshot is taken, then it runs on");
}

std::string SoftKeeper::held_line(const SoftSample &sample) const
{
    if (config_.command)
        return command_line(sample);
    const bool own = sample.cap.finite() &&
                     (sample.own_bytes >= fuse_line_for(sample.cap).bytes() ||
                      sample.asked_bytes > sample.cap.bytes() - std::min(sample.own_bytes, sample.cap.bytes()));
    std::string what =
        own ? fmt::format("{} of its {} cap in use, which only this enforces here", format_bytes(sample.own_bytes),
                          format_limit(sample.cap))
            : fmt::format("{} of {}'s limit of {} in use, {} of it its own", format_bytes(sample.around_bytes),
                          config_.around.name, format_limit(sample.around_limit), format_bytes(sample.own_bytes));
    if (sample.asked_bytes >= 16 * kMiB)
        what += fmt::format(", and it asks for {} more", format_bytes(sample.asked_bytes));
    const std::string more = own ? ", or give it more: dbgscope more" : "";
    if (config_.action == FuseAction::warn)
        return fmt::format("debuggee near its cap: {}. It runs on: pause it in the debugger to look{}", what, more);
    if (config_.action == FuseAction::snapshot)
        return fmt::format("debuggee near its cap: {}. A snapshot is taken while it runs on", what);
    if (config_.around.stop == SoftStop::allocation)
        return fmt::format("debuggee held: {}. Pause it in the debugger to look{}", what, more);
    return fmt::format("debuggee held: {}. The debugger stops it: look, continue{}", what, more);
}

Source SoftKeeper::source()
{
    return {.name = "soft fuse",
            .fds = [this](auto &polled) { wait_for(polled, clock_.fd(), POLLIN); },
            .ready =
                [this](const pollfd &, WatchTime) {
                    clock_.drain();
                    look();
                },
            .next_look = [this] { return look_at_; },
            .timer =
                [this](WatchTime now) {
                    if (look_at_ && now >= *look_at_)
                        look();
                }};
}

} // namespace dbgscope
