// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "dbgscope/bytes.hpp"
#include "dbgscope/plan.hpp"

// The fuse as a state machine: what was seen goes in, what to do comes out. No clock, no file.
namespace dbgscope {

enum class FuseState : std::uint8_t {
    running,   ///< armed; nothing announced
    throttled, ///< announced; the kernel slows its allocations
    frozen,    ///< v2: cgroup.freeze; v1: it waits in the kernel at the limit
    stopping,  ///< a stop is pending: not frozen, so that it lands
    stopped,   ///< by its debugger
    stepping,  ///< has been stopped since and runs again: `next`, `print f()`, `continue`
    lifted,    ///< the line is not in force: warned once, or nobody traces it any more
};

/// What is true at one moment.
struct FuseSample {
    std::chrono::milliseconds now{}; ///< of a clock that never goes back
    std::uint64_t current_bytes = 0; ///< memory.current | memory.usage_in_bytes
    std::uint64_t unreclaimable_bytes = 0;
    Limit line, cap;           ///< as they are now: `dbgscope set` writes them behind our back
    Limit limit;               ///< v1: memory.limit_in_bytes, the line and what was lent
    bool line_in_force = true; ///< false after `lift`, until somebody writes a new line
    bool waiting = false;      ///< v1: under_oom
    bool any_process = true, traced = true, stop_pending = false, all_stopped = false;
    bool starting = false;      ///< the only stop pending may be that of a new thread, before its start
    std::uint64_t threads = 1;  ///< of all processes, as last seen
    bool pressure_hold = false; ///< v2: the pressure action asks for a freeze
    bool looked = false;        ///< whoever was to look at it since the fuse tripped has done so
};

/// Why what was announced is over.
enum class Release : std::uint8_t { none, shrunk, raised, ended, detached };

/// What to do now, in this order, and when to look again.
struct FuseOrders {
    bool thaw = false;
    bool lift = false; ///< v2: memory.high = max; v1: limit = cap, OOM killer on
    bool arm = false;  ///< the opposite of lift
    bool freeze = false;
    std::uint64_t lend_bytes = 0; ///< v1: raise the limit by this much
    bool take_back = false;       ///< v1: lower it to the line
    Release say_released = Release::none;
    bool say_held = false;                            ///< in the words of the action
    bool say_spent = false;                           ///< that it stays frozen even while its debugger has stopped it
    std::optional<std::chrono::milliseconds> look_in; ///< nothing: sleep until an event
    std::chrono::milliseconds event_gap{};            ///< an event causes no look sooner than this after the last
};

/// Whether `any_process` … `all_stopped` of a sample must be looked up before step(). `sometimes`: the defaults stand
/// for "as before", every 100 ms is enough; freezing does not wait for it, since the next look thaws again for a stop.
enum class ProcessNeed : std::uint8_t { none, sometimes, now };

/// A sample trips the fuse when what crossed the line cannot be reclaimed: unreclaimable >= 95 % of the line (v1: the
/// kernel says so itself, it waits only after reclaim has failed). Page cache never does. Each state is said once.
class Fuse {
  public:
    /// `looks`: when it trips somebody looks at the debuggee, which stands still meanwhile.
    Fuse(int version, FuseAction action, bool looks = false) : version_(version), action_(action), looks_(looks) {}

    [[nodiscard]] ProcessNeed needs_processes(const FuseSample &sample) const;
    /// v2: step() may order a freeze, as far as can be told without the processes: freeze now, look at them, then step.
    [[nodiscard]] bool in_danger(const FuseSample &sample) const;
    [[nodiscard]] FuseOrders step(const FuseSample &sample);
    /// The next step arms again what was lifted.
    void new_debuggee() { rearm_ = true; }

    [[nodiscard]] FuseState state() const { return state_; }
    [[nodiscard]] bool frozen() const { return frozen_; } ///< v2: by an order of ours, for either reason
    [[nodiscard]] std::uint32_t trips() const { return trips_; }
    [[nodiscard]] bool tripped() const { return state_ != FuseState::running && state_ != FuseState::lifted; }

  private:
    using Ms = std::chrono::milliseconds;
    [[nodiscard]] bool over(const FuseSample &sample) const;
    [[nodiscard]] bool has_room(const FuseSample &sample) const;
    [[nodiscard]] std::uint64_t left(const FuseSample &sample) const;
    [[nodiscard]] bool must_freeze(const FuseSample &sample) const;
    [[nodiscard]] bool lands_dearly(const FuseSample &sample) const;
    [[nodiscard]] bool asks_to_stop(const FuseSample &sample) const;
    [[nodiscard]] Ms frozen_look(Ms now) const;
    [[nodiscard]] Ms hurry(const FuseSample &sample, std::uint64_t until_bytes) const;
    void measure(const FuseSample &sample);
    void at_rest(const FuseSample &sample, FuseOrders &orders);
    void held(const FuseSample &sample, FuseOrders &orders);
    bool release(const FuseSample &sample, FuseOrders &orders);
    void advance(const FuseSample &sample, FuseOrders &orders);
    void run_on(const FuseSample &sample, FuseOrders &orders);
    void press(const FuseSample &sample);
    /// Held for no longer than the look takes, and so whether or not anybody could stop it.
    [[nodiscard]] bool only_looks() const { return action_ == FuseAction::snapshot || action_ == FuseAction::look; }
    [[nodiscard]] bool looking(const FuseSample &sample) const;
    [[nodiscard]] bool lets_run_on(const FuseSample &sample, FuseOrders &orders);

    int version_;
    FuseAction action_;
    bool looks_;
    FuseState state_ = FuseState::running;
    bool frozen_ = false, pressed_ = false, press_spent_ = false, rearm_ = false, said_spent_ = false;
    std::uint32_t trips_ = 0;
    Limit said_line_;                ///< the line when it was last announced
    std::uint64_t left_at_stop_ = 0; ///< bytes up to the cap when it was last asked to stop
    std::uint64_t left_at_freeze_ = 0;
    Ms running_since_{};
    std::optional<Ms> tripped_at_; ///< and the look has not been over since
    std::optional<Ms> last_now_;
    std::optional<Ms> frozen_since_; ///< nothing runs, by whatever order: v1's too
    std::uint64_t last_used_ = 0;
    std::optional<std::uint64_t> growth_; ///< bytes per second between the last two samples
};

} // namespace dbgscope
