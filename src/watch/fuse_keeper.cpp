// SPDX-License-Identifier: Apache-2.0
#include "watch/fuse_keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "sys/file.hpp"
#include "watch/fuse_words.hpp"

namespace dbgscope {
namespace {

using Clock = FuseKeeper::Clock;
using std::chrono::milliseconds;

constexpr milliseconds kRetry{100};      ///< after a failure that may pass
constexpr milliseconds kThreadLook{100}; ///< signals sent to one thread are looked for this often
constexpr int kIdleShare = 10;           ///< of a processor, looking at processes takes at most one part in this many
constexpr milliseconds kRecent{10'000};  ///< two points this close make a present growth
constexpr milliseconds kTooClose{20};    ///< and closer ones make none

/// Of this thread: what others take from us while we look must not make us look later.
std::chrono::nanoseconds cpu_time()
{
    timespec used{};
    (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

bool gone(const Error &error)
{
    return error.error_number == ENODEV || error.error_number == ENOENT;
}

std::string_view trip_id(FuseAction action)
{
    return action == FuseAction::look       ? kFuseLook
           : action == FuseAction::warn     ? kFuseWarned
           : action == FuseAction::snapshot ? kFuseSnapshot
                                            : kFuseHeld;
}

milliseconds since_epoch(Clock::time_point at)
{
    return std::chrono::duration_cast<milliseconds>(at.time_since_epoch());
}

} // namespace

FuseKeeper::FuseKeeper(FuseConfig config, FuseCgroup cgroup, UniqueFd proc)
    : config_(std::move(config)), cgroup_(std::move(cgroup)), proc_(std::move(proc)),
      fuse_(config_.version, config_.action, config_.looks), line_(config_.line), cap_(config_.cap)
{
}

Result<FuseKeeper> FuseKeeper::arm(FuseConfig config)
{
    if (!config.line.finite())
        config.action = FuseAction::off;
    FuseCgroup cgroup(config.version, config.directory, config.line, config.cap);
    auto proc = open_directory("/proc");
    if (!proc)
        return pass(proc);
    if (config.action != FuseAction::off) {
        if (auto prepared = cgroup.prepare(); !prepared)
            return pass(prepared);
        if (auto armed = cgroup.arm(); !armed)
            return pass(armed);
    }
    return FuseKeeper(std::move(config), std::move(cgroup), std::move(*proc));
}

void FuseKeeper::on_event()
{
    cgroup_.drain_event();
    const auto now = Clock::now();
    if (const auto earliest = last_look_ ? *last_look_ + event_gap_ : now; earliest > now)
        next_look_ = std::min(next_look_.value_or(earliest), earliest);
    else
        look();
}

void FuseKeeper::on_timer()
{
    if (next_look_ && Clock::now() >= *next_look_)
        look();
}

void FuseKeeper::new_debuggee()
{
    if (!guard_.active() && !disarmed_ && config_.action != FuseAction::warn && config_.action != FuseAction::look)
        if (auto guard = HoldGuard::start(config_.directory, [this] { let_go(false); }))
            guard_ = std::move(*guard);
    fuse_.new_debuggee();
    start_ = recent_ = std::nullopt;
    look();
}

void FuseKeeper::hold_for_pressure(bool wanted)
{
    if (std::exchange(pressure_, wanted) != wanted)
        look();
}

void FuseKeeper::looked()
{
    looked_ = true;
    next_look_ = Clock::now();
}

void FuseKeeper::disarm()
{
    next_look_.reset();
    if (std::exchange(disarmed_, true))
        return;
    let_go(true);
    guard_.end();
}

/// `for_good`: the session ends. Else nobody watches any more: v2 can leave the kernel's own brake on, under which a
/// stop lands; on v1 it would hold for ever.
void FuseKeeper::let_go(bool for_good)
{
    (void)cgroup_.thaw().has_value(); // v1 has no freezer there
    if (config_.action != FuseAction::off && (for_good || config_.version == 1))
        (void)cgroup_.lift().has_value();
}

SessionState FuseKeeper::state() const
{
    if (disarmed_)
        return SessionState::running;
    if (fuse_.frozen())
        return SessionState::held;
    switch (fuse_.state()) {
    case FuseState::running:
    case FuseState::lifted: return SessionState::running;
    case FuseState::throttled:
    case FuseState::stopping:
    case FuseState::stepping: return SessionState::throttled;
    case FuseState::frozen: return SessionState::held;
    case FuseState::stopped: return SessionState::stopped;
    }
    return SessionState::running;
}

void FuseKeeper::look()
{
    next_look_.reset();
    const auto now = Clock::now();
    last_look_ = now;
    if (disarmed_)
        return;
    const auto reading = cgroup_.read(fuse_.frozen());
    if (!reading) { // with the cgroup all that was held has gone; anything else (EMFILE) must not leave it frozen
        if (!gone(reading.error()) && fuse_.state() != FuseState::running)
            next_look_ = now + kRetry;
        return;
    }
    line_ = reading->line;
    cap_ = reading->cap;
    looked_ = looked_ && fuse_.tripped(); // else of another trip
    FuseSample sample{.now = since_epoch(now),
                      .current_bytes = reading->current_bytes,
                      .unreclaimable_bytes = reading->unreclaimable_bytes(),
                      .line = reading->line,
                      .cap = reading->cap,
                      .limit = reading->limit,
                      .line_in_force = reading->line_in_force,
                      .waiting = reading->waiting,
                      .threads = threads_,
                      .pressure_hold = pressure_,
                      .looked = looked_};
    const bool early = freeze_early(sample);
    look_at_debuggee(sample, now);
    const FuseOrders orders = fuse_.step(sample);
    if (early && !fuse_.frozen())
        thaw();
    obey(orders, *reading, now);
    remember(sample.unreclaimable_bytes, now);
    event_gap_ = orders.event_gap;
    if (thaw_owed_)
        next_look_ = now + kRetry;
    else if (orders.look_in)
        next_look_ = now + (fuse_.needs_processes(sample) == ProcessNeed::now ? std::max(*orders.look_in, process_gap_)
                                                                              : *orders.look_in);
}

/// With dozens of threads at work, looking at them can take seconds, and the room to the cap lasts for 100 ms. Whether
/// it was right is seen while they wait.
bool FuseKeeper::freeze_early(const FuseSample &sample)
{
    return fuse_.in_danger(sample) && cgroup_.freeze().has_value();
}

void FuseKeeper::thaw()
{
    const auto thawed = cgroup_.thaw();
    thaw_owed_ = !thawed && !gone(thawed.error());
}

/// The dear part of a look where there are many threads, so it is done no more often than it has to and can afford.
void FuseKeeper::look_at_debuggee(FuseSample &sample, Clock::time_point now)
{
    const ProcessNeed need = fuse_.needs_processes(sample);
    const auto since = last_process_look_ ? now - *last_process_look_ : Clock::duration::max();
    if (need == ProcessNeed::none || (need == ProcessNeed::sometimes && since < std::max(kThreadLook, process_gap_)))
        return;
    // At the moment the line is passed, every millisecond counts, and nobody has asked for a stop yet.
    const bool hurried = fuse_.state() == FuseState::running && !fuse_.frozen();
    const bool threads = !hurried && (!last_thread_look_ || now - *last_thread_look_ >= kThreadLook);
    const auto before = cpu_time();
    const auto seen = look_at_processes({config_.directory, config_.version}, proc_.get(),
                                        threads ? LookDepth::every_thread : LookDepth::leaders);
    process_gap_ = std::chrono::ceil<milliseconds>((cpu_time() - before) * kIdleShare);
    last_process_look_ = now;
    if (threads)
        last_thread_look_ = now;
    sample.threads = threads_ = std::max<std::uint64_t>(seen.threads, 1);
    sample.any_process = seen.any;
    sample.traced = seen.traced;
    sample.stop_pending = seen.stop_pending;
    sample.starting = seen.starting;
    sample.all_stopped = seen.all_stopped;
}

void FuseKeeper::obey(const FuseOrders &orders, const FuseReading &reading, Clock::time_point now)
{
    // EBUSY of take_back and ENODEV are normal. What lends or lifts is ordered again as long as it waits; a thaw is
    // not.
    if (orders.thaw || thaw_owed_)
        thaw();
    if (orders.lift)
        (void)cgroup_.lift().has_value();
    if (orders.arm)
        (void)cgroup_.arm().has_value();
    if (orders.freeze) {
        (void)cgroup_.freeze().has_value();
        thaw_owed_ = false;
    }
    if (orders.lend_bytes != 0)
        (void)cgroup_.lend(orders.lend_bytes).has_value();
    if (orders.take_back)
        (void)cgroup_.take_back().has_value();
    const std::uint64_t bytes = reading.unreclaimable_bytes();
    if (orders.say_released != Release::none)
        config_.say(kFuseReleased, released_line(orders.say_released, bytes, reading.cap));
    const HeldFacts facts{.action = config_.action,
                          .who = config_.who,
                          .unreclaimable_bytes = bytes,
                          .cap = reading.cap,
                          .parts = reading.parts,
                          .growth = growth(bytes, now),
                          .pressure_avg10 = orders.say_held ? cgroup_.pressure_avg10() : std::nullopt};
    if (orders.say_held)
        config_.say(trip_id(config_.action), held_line(facts));
    if (orders.say_spent)
        config_.say("fuse-spent", spent_line(facts));
}

/// Two points make a growth: the last look where it was a moment ago, else the debuggee's start.
std::optional<Growth> FuseKeeper::growth(std::uint64_t bytes, Clock::time_point now) const
{
    const bool recent = recent_ && now - recent_->at <= kRecent && now - recent_->at >= kTooClose;
    const std::optional<Point> &from = recent ? recent_ : start_;
    if (!from || bytes <= from->bytes)
        return std::nullopt;
    const auto ms = std::chrono::duration_cast<milliseconds>(now - from->at).count();
    if (ms < kTooClose.count())
        return std::nullopt;
    return Growth{(bytes - from->bytes) * 1000 / static_cast<std::uint64_t>(ms), !recent};
}

void FuseKeeper::remember(std::uint64_t bytes, Clock::time_point now)
{
    recent_ = Point{now, bytes};
    if (!start_)
        start_ = recent_;
}

} // namespace dbgscope
