// SPDX-License-Identifier: Apache-2.0
#include "watch/fuse.hpp"

#include <algorithm>

namespace dbgscope {
namespace {

using Ms = std::chrono::milliseconds;

constexpr std::uint64_t kTripPercent = 95, kReleasePercent = 90;
constexpr Ms kSoonest{10}, kThrottledLook{100}, kFrozenLook{20}, kStoppedLook{500}, kLiftedLook{2000};
constexpr Ms kUnanswered{10'000}, kPatientLook{200};
constexpr Ms kLookPatience{5000}; ///< as long as it may stand still for being looked at
constexpr Ms kRanLongEnough{2000}, kReaction{100}, kReactionV1{30}, kStale{250};

/// v1: any amount wakes all that wait, and a pending signal is handled before the next allocation: what is lent to let
/// a stop land is only used up by threads that nobody stops. Tried with 4 KiB over 1, 16 and 64 threads.
constexpr std::uint64_t kLendForStop = 64 * kKiB;
constexpr std::uint64_t kLendToRun = 4 * kMiB;
constexpr std::uint64_t kPage = 4096;
/// Each thread may still draw one batch of charges (MEMCG_CHARGE_BATCH, 64 pages) before the kernel makes it wait.
constexpr std::uint64_t kFreezeAThread = 256 * kKiB, kLandAThread = 64 * kKiB;

/// percent of bytes, without overflow for what a machine can hold.
constexpr std::uint64_t share(std::uint64_t bytes, std::uint64_t percent)
{
    return bytes / 100 * percent + bytes % 100 * percent / 100;
}

constexpr std::uint64_t minus(std::uint64_t from, std::uint64_t bytes)
{
    return from > bytes ? from - bytes : 0;
}

std::uint64_t margin_of(const FuseSample &sample)
{
    return minus(sample.cap.bytes(), sample.line.bytes());
}

/// What is kept for the page faults that threads are in when they are thawed so that a stop lands.
std::uint64_t landing(const FuseSample &sample)
{
    return std::min(std::max(sample.threads * kLandAThread, kMiB), margin_of(sample) / 4);
}

} // namespace

bool Fuse::over(const FuseSample &sample) const
{
    if (version_ == 1)
        return sample.waiting;
    return sample.line.finite() && sample.unreclaimable_bytes >= share(sample.line.bytes(), kTripPercent);
}

/// Bytes up to the cap. On v1 what was not yet lent: what page cache fills of the limit is not free for the program.
std::uint64_t Fuse::left(const FuseSample &sample) const
{
    const std::uint64_t lent_to = std::max(sample.limit.bytes(), sample.current_bytes);
    return minus(sample.cap.bytes(), version_ == 1 ? lent_to : sample.unreclaimable_bytes);
}

/// v1: the kernel says that it waits until the last who does has got up, which on a busy machine is long after the
/// limit was raised.
bool Fuse::has_room(const FuseSample &sample) const
{
    return version_ == 1 && minus(sample.limit.bytes(), sample.current_bytes) >= kLendToRun;
}

ProcessNeed Fuse::needs_processes(const FuseSample &sample) const
{
    switch (state_) {
    case FuseState::running:
        if (!over(sample) && !sample.pressure_hold)
            return ProcessNeed::none;
        break;
    case FuseState::throttled:
    case FuseState::stepping: return frozen_ ? ProcessNeed::now : ProcessNeed::sometimes;
    default: break;
    }
    return ProcessNeed::now;
}

bool Fuse::in_danger(const FuseSample &sample) const
{
    if (version_ == 1 || action_ != FuseAction::hold || frozen_)
        return false;
    if (state_ == FuseState::running)
        return over(sample);
    if (state_ == FuseState::stopping)
        return lands_dearly(sample);
    return (state_ == FuseState::throttled || state_ == FuseState::stepping) && must_freeze(sample);
}

FuseOrders Fuse::step(const FuseSample &sample)
{
    FuseOrders orders;
    measure(sample);
    orders.event_gap = kThrottledLook;
    if (action_ != FuseAction::off) {
        if (!tripped())
            at_rest(sample, orders);
        if (tripped())
            held(sample, orders);
    }
    press(sample);
    // Stopped with nothing left: `continue` would be its death. Its memory and registers can be read all the same.
    const bool spent = state_ == FuseState::stopped && sample.cap.finite() && left(sample) < landing(sample);
    orders.say_spent = version_ != 1 && spent && !said_spent_;
    said_spent_ = tripped() && (said_spent_ || orders.say_spent);
    const bool freeze = pressed_ || (version_ != 1 && (state_ == FuseState::frozen || spent));
    orders.freeze = freeze && !frozen_;
    orders.thaw = frozen_ && !freeze;
    frozen_ = freeze;
    if (!freeze && state_ != FuseState::frozen)
        frozen_since_.reset();
    else if (!frozen_since_)
        frozen_since_ = sample.now;
    if (freeze)
        orders.look_in = std::min(orders.look_in.value_or(kStoppedLook), frozen_look(sample.now));
    return orders;
}

/// What it does now cannot be told from a sample of long ago, or from a time in which it was frozen.
void Fuse::measure(const FuseSample &sample)
{
    const Ms since = last_now_ ? sample.now - *last_now_ : kStale;
    if (since == Ms{0})
        return;
    growth_ = since >= kStale || frozen_ ? std::nullopt
                                         : std::optional(minus(sample.unreclaimable_bytes, last_used_) * 1000 /
                                                         static_cast<std::uint64_t>(since.count()));
    last_now_ = sample.now;
    last_used_ = sample.unreclaimable_bytes;
}

/// running and lifted, until the fuse trips.
void Fuse::at_rest(const FuseSample &sample, FuseOrders &orders)
{
    if (state_ == FuseState::lifted && !sample.line_in_force) {
        const bool small = sample.unreclaimable_bytes < share(sample.line.bytes(), kReleasePercent);
        const bool watched = sample.any_process && (sample.traced || only_looks());
        orders.arm = rearm_ || (watched && small);
        if (!orders.arm) {
            if (watched)
                orders.look_in = kLiftedLook;
            return;
        }
    }
    rearm_ = false;
    state_ = FuseState::running;
    if (over(sample) && sample.any_process && !sample.traced && !only_looks()) { // nobody could stop it and look
        orders.lift = true;
        orders.arm = false;
        state_ = FuseState::lifted;
        return;
    }
    const bool trips = over(sample) && sample.any_process;
    if (action_ == FuseAction::look && !trips && !orders.arm && sample.line_in_force && sample.any_process &&
        sample.current_bytes >=
            share(sample.line.bytes(), kTripPercent)) { // page cache, which nobody wants slowed down
        orders.lift = true;
        orders.look_in = kLiftedLook;
        state_ = FuseState::lifted;
        return;
    }
    if (!trips || orders.arm) {
        orders.take_back = version_ == 1 && sample.line_in_force && sample.limit > sample.line && !sample.waiting;
        orders.event_gap = hurry(sample, share(sample.line.bytes(), kTripPercent));
        // Page cache brought it to the line. Once more without an event, to see whether the rest follows quickly.
        if (trips ||
            (sample.current_bytes >= share(sample.line.bytes(), kTripPercent) && orders.event_gap < kThrottledLook))
            orders.look_in = orders.event_gap;
        return;
    }
    ++trips_;
    said_line_ = sample.line;
    orders.say_held = true;
    state_ = FuseState::throttled;
    left_at_stop_ = 0;
    tripped_at_ = sample.now;
    if (action_ == FuseAction::warn) {
        orders.lift = true;
        orders.look_in = kLiftedLook;
        state_ = FuseState::lifted;
    }
}

void Fuse::held(const FuseSample &sample, FuseOrders &orders)
{
    rearm_ = false;
    if (!release(sample, orders) && !lets_run_on(sample, orders))
        advance(sample, orders);
}

/// It was held for no more than a look at it.
bool Fuse::lets_run_on(const FuseSample &sample, FuseOrders &orders)
{
    if (!only_looks() || looking(sample))
        return false;
    orders.lift = true;
    orders.look_in = kLiftedLook;
    state_ = FuseState::lifted;
    return true;
}

bool Fuse::looking(const FuseSample &sample) const
{
    return looks_ && !sample.looked && tripped_at_ && sample.now - *tripped_at_ < kLookPatience;
}

/// True when what was announced is over.
bool Fuse::release(const FuseSample &sample, FuseOrders &orders)
{
    const bool raised = sample.line > said_line_;
    Release why = Release::none;
    if (!sample.any_process)
        why = Release::ended;
    else if (!sample.traced && !only_looks())
        why = Release::detached;
    else if (raised && (!over(sample) || has_room(sample)))
        why = Release::raised;
    else if (!sample.waiting && sample.unreclaimable_bytes < share(sample.line.bytes(), kReleasePercent))
        why = Release::shrunk;
    if (why == Release::none) {
        // Raised, but not by enough: the announcement's numbers are no longer true.
        if (raised) {
            orders.say_held = true;
            said_spent_ = false;
            left_at_stop_ = std::max(left(sample), kPage);
        }
        said_line_ = sample.line;
        return false;
    }
    if (!only_looks()) // it was never said to be held
        orders.say_released = why;
    orders.lift = why == Release::detached;
    state_ = orders.lift ? FuseState::lifted : FuseState::running;
    orders.take_back = version_ == 1 && !orders.lift && sample.limit > sample.line;
    return true;
}

void Fuse::advance(const FuseSample &sample, FuseOrders &orders)
{
    if (sample.all_stopped || asks_to_stop(sample)) {
        // Later stops of the same hold do not count anew: a breakpoint that continues by itself would never end it.
        if (state_ == FuseState::throttled || state_ == FuseState::frozen)
            left_at_stop_ = std::max(left(sample), kPage);
        state_ = sample.all_stopped ? FuseState::stopped : FuseState::stopping;
        orders.look_in = sample.all_stopped ? kStoppedLook : lands_dearly(sample) ? kSoonest : kFrozenLook;
        if (version_ == 1 && sample.stop_pending && sample.waiting)
            orders.lend_bytes = std::min(kLendForStop, std::max(kPage, left(sample) / 2));
    } else
        run_on(sample, orders);
    orders.event_gap = std::min(orders.look_in.value_or(kThrottledLook), kThrottledLook);
}

/// Held, not stopped, and nobody asks for a stop.
void Fuse::run_on(const FuseSample &sample, FuseOrders &orders)
{
    if (state_ == FuseState::stopped) {
        state_ = FuseState::stepping;
        running_since_ = sample.now;
    } else if (state_ == FuseState::stopping) // one thread's: gdb stops each new one before its start
        state_ = FuseState::throttled;
    if (version_ == 1) {
        // The kernel holds by itself; after a stop the program gets on with what is lent.
        const bool lends = state_ == FuseState::stepping && sample.waiting && !must_freeze(sample);
        if (lends)
            orders.lend_bytes = std::min(kLendToRun, std::max(kPage, left(sample) / 4));
        else if (sample.waiting)
            state_ = FuseState::frozen;
        else if (state_ == FuseState::frozen)
            state_ = FuseState::throttled;
    } else if (must_freeze(sample)) {
        if (state_ != FuseState::frozen)
            left_at_freeze_ = left(sample);
        state_ = FuseState::frozen;
    } else if (state_ == FuseState::frozen && left(sample) > left_at_freeze_) // the cap was raised, or others made room
        state_ = FuseState::throttled;
    const std::uint64_t half = minus(sample.cap.bytes(), margin_of(sample) / 2);
    if (state_ == FuseState::frozen)
        orders.look_in = frozen_look(sample.now);
    else
        orders.look_in = orders.lend_bytes != 0 ? kFrozenLook : hurry(sample, half);
}

/// v2: thawed so that a stop lands, and others use up what is left meanwhile: in short turns, then.
bool Fuse::lands_dearly(const FuseSample &sample) const
{
    const std::uint64_t soon = growth_.value_or(0) * static_cast<std::uint64_t>(kReaction.count()) / 1000;
    return version_ != 1 && sample.cap.finite() && left(sample) < std::max(soon, sample.threads * kFreezeAThread);
}

/// Debuggers stop each new thread before its start. A program that starts one after the other would use up, in the
/// moments it is thawed for that, what a person's stop will need: half of the margin is kept. (A person's stop is one
/// of all threads, or another signal.)
bool Fuse::asks_to_stop(const FuseSample &sample) const
{
    return sample.stop_pending && (version_ == 1 || !sample.starting || left(sample) >= margin_of(sample) / 2);
}

/// Less than half of the margin is left, or than many threads need: until the freeze has taken hold each may finish the
/// page fault it is in, and queues for the memory map with all others. Once stopped, it may run for two seconds and use
/// up half of what was left then; but rather frozen again in the middle of a step than killed.
bool Fuse::must_freeze(const FuseSample &sample) const
{
    // What will be left when a freeze ordered at the next look has taken hold. The kernel's throttling grows with the
    // square of the excess (mm/memcontrol.c, calculate_high_delay): 5 % above the line it is 160 ms for each 256 KiB
    // of a thread, so 64 threads still take 100 MiB/s.
    const Ms reaction = version_ == 1 ? kReactionV1 : kReaction;
    const std::uint64_t soon = growth_.value_or(0) * static_cast<std::uint64_t>(reaction.count()) / 1000;
    const std::uint64_t now_left = minus(left(sample), soon);
    const bool frozen = version_ != 1 && state_ == FuseState::frozen; // memory.stat is not exact: do not flap
    const std::uint64_t margin = margin_of(sample), wanted = std::min(margin, sample.threads * kFreezeAThread);
    if (!sample.cap.finite() || now_left >= std::max(margin / (frozen ? 4 : 2) * (frozen ? 3 : 1), wanted))
        return false;
    if (state_ != FuseState::stepping || (version_ != 1 && now_left < landing(sample)))
        return true;
    const bool long_enough = sample.now - running_since_ >= kRanLongEnough;
    return now_left < left_at_stop_ / 4 || (long_enough && now_left < left_at_stop_ / 2);
}

/// Somebody who has not come within ten seconds may come in an hour, and has a battery.
Fuse::Ms Fuse::frozen_look(Ms now) const
{
    return frozen_since_ && now - *frozen_since_ >= kUnanswered ? kPatientLook : kFrozenLook;
}

/// When to look again so that `until_bytes` is not passed unseen: half of the time it takes at the present growth,
/// within 10 and 100 ms; soon where nothing is known. (64 threads may charge 16 MiB before the kernel makes the first
/// one wait.)
Fuse::Ms Fuse::hurry(const FuseSample &sample, std::uint64_t until_bytes) const
{
    const std::uint64_t distance = minus(until_bytes, sample.unreclaimable_bytes);
    if (!growth_)
        return kSoonest;
    if (*growth_ == 0 || distance / *growth_ >= 1)
        return kThrottledLook;
    return std::clamp(Ms(distance * 500 / *growth_), kSoonest, kThrottledLook);
}

/// Reasons to freeze beside the fuse's own: the pressure action, and a look at one instant of it.
void Fuse::press(const FuseSample &sample)
{
    const bool stops = sample.stop_pending || sample.all_stopped || !sample.any_process;
    press_spent_ = sample.pressure_hold && (press_spent_ || stops || !sample.traced);
    if (stops || !looking(sample))
        tripped_at_.reset();
    const bool pressed = sample.pressure_hold && !press_spent_;
    pressed_ = version_ != 1 && (pressed || (tripped_at_ && tripped()));
}

} // namespace dbgscope
