// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"
#include "kernel/cgroup.hpp"
#include "sys/fd.hpp"

// PSI triggers on the session's memory (Documentation/accounting/psi.rst) and what is said and done about them.
namespace dbgscope {

/// What swapping looks like at this moment; from /proc and the scope's memory.swap.current.
struct SwapUse {
    std::uint64_t total_bytes = 0, used_bytes = 0;
    std::uint64_t swappiness = 0;
    std::uint64_t session_bytes = 0;    ///< of the session, in swap; 0 also where unknown (v1)
    std::uint64_t swapped_in_pages = 0; ///< of the machine, since the watch began (pswpin)
};
/// One sentence on vm.swappiness, or empty where it would not help: pure.
[[nodiscard]] std::string swap_advice(const SwapUse &use);

enum class PressureEffect : std::uint8_t { none, lower_weight, restore_weight, hold, release };

/// What an event led to. `line` is empty when there is nothing new to say.
struct PressureStep {
    std::string line;
    PressureEffect effect = PressureEffect::none;
    bool stalling = false; ///< for OomWatch::on_pressure: an event came, and not of our own making
    bool over = false;     ///< for OomWatch::on_pressure: the last state has ended
};

enum class PressureKind : std::uint8_t { some, full };

/// Which states there are and what was said of them: no descriptor, no clock. A state begins with an event and is over
/// after ten seconds without one. When it comes back within five minutes that calm doubles, up to 160 s: a state that
/// flaps is said once. `some` is not said where `full` has been.
class PressureStates {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// Permyriads of the time, for the words; 0: that kind has no trigger.
    PressureStates(PressureAction action, std::int64_t some_permyriad, std::int64_t full_permyriad);
    /// `advice` is appended where a state begins; may be empty.
    [[nodiscard]] PressureStep on_event(PressureKind kind, Time now, const std::string &advice);
    [[nodiscard]] PressureStep on_timer(Time now);
    [[nodiscard]] std::optional<Time> next_look() const;
    /// While our own fuse throttles or holds the debuggee, pressure is of our making: nothing is said, no timer runs.
    /// Not heeded while the debuggee is held because of pressure: that has to end by itself.
    void set_fuse_held(bool held, Time now);
    [[nodiscard]] bool active(PressureKind kind) const { return states_[static_cast<std::size_t>(kind)].active; }

  private:
    struct State {
        std::int64_t permyriad = 0;
        bool active = false;
        Time began{}, last{};
        std::optional<Time> ended;
        std::chrono::seconds calm{0};
    };
    [[nodiscard]] bool any() const { return states_[0].active || states_[1].active; }
    [[nodiscard]] bool acts_on(PressureKind kind) const;

    PressureAction action_;
    std::array<State, 2> states_;
    bool acting_ = false, fuse_held_ = false;
};

/// The triggers. Owns one descriptor each; waiting costs nothing.
class PressureWatch {
  public:
    using Time = PressureStates::Time;
    struct Watched {
        int fd = -1;
        short events = 0; ///< POLLPRI
    };

    /// `directory`: the scope's in the v2 hierarchy (on hybrid hosts the unified one), borrowed; -1: none. A permyriad
    /// of a 2 s window; 0: not watched. Never fails: what could not be opened is in why_not().
    PressureWatch(int directory, std::int64_t some_permyriad, std::int64_t full_permyriad, PressureAction action);

    /// For poll(2). Empty when nothing is watched (any more).
    [[nodiscard]] std::span<const Watched> fds() const { return {watched_.data(), count_}; }
    /// `revents` of poll. POLLERR: the cgroup is gone, the descriptor is closed and leaves fds().
    [[nodiscard]] PressureStep on_ready(int fd, short revents, Time now);
    [[nodiscard]] PressureStep on_timer(Time now) { return states_.on_timer(now); }
    [[nodiscard]] std::optional<Time> next_look() const { return states_.next_look(); }
    void set_fuse_held(bool held, Time now) { states_.set_fuse_held(held, now); }
    /// Why a trigger could not be set: EPERM, EINVAL (an unprivileged window on an old kernel), EOPNOTSUPP (psi=0), …
    [[nodiscard]] const std::optional<Error> &why_not() const { return why_not_; }

  private:
    void open_trigger(PressureKind kind, std::int64_t permyriad);
    [[nodiscard]] SwapUse read_swap() const;

    Cgroup scope_;
    PressureStates states_;
    std::array<Watched, 2> watched_{};
    std::array<PressureKind, 2> kinds_{};
    std::array<UniqueFd, 2> owned_;
    std::size_t count_ = 0;
    std::uint64_t swapped_in_at_start_pages_ = 0;
    std::optional<Error> why_not_;
};

} // namespace dbgscope
