// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "dbgscope/bytes.hpp"
#include "dbgscope/plan.hpp"
#include "watch/fuse.hpp"

// The fuse where no cgroup of the debuggee's own can be made, as a state machine: no clock, no file.
namespace dbgscope {

/// What is true at one moment.
struct SoftSample {
    std::chrono::milliseconds now{}; ///< of a clock that never goes back
    std::uint64_t own_bytes = 0;     ///< of the debuggees
    std::uint64_t around_bytes = 0;  ///< of everybody in the cgroup around, without page cache
    std::uint64_t asked_bytes = 0;   ///< what an allocation that waits for an answer would add
    Limit cap, around_limit;
    bool any = false, traced = false;
    bool stopped = false; ///< by the debugger
};

struct SoftOrders {
    bool stop = false; ///< it is to be stopped now
    bool say_held = false;
    bool let_allocate = false; ///< the allocation that was asked for, or those that wait
    Release say_released = Release::none;
};

/// Nothing here slows a program down: it is stopped in time, or it is not. Each stop after the first leaves room for
/// half of what was left, so that `next` and `continue` work.
class SoftFuse {
  public:
    SoftFuse(FuseAction action, SoftStop how) : action_(action), how_(how) {}

    [[nodiscard]] SoftOrders step(const SoftSample &sample);
    void new_debuggee();

    enum class State : std::uint8_t {
        running,
        asked,   ///< told to stop, or waiting for memory
        stopped, ///< by its debugger
        on,      ///< it runs on past the line
    };
    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] std::uint32_t trips() const { return trips_; }
    /// How much may be added before anything is to be done.
    [[nodiscard]] std::uint64_t room(const SoftSample &sample) const;
    /// Whether somebody has to look again soon, whatever the program does.
    [[nodiscard]] std::optional<std::chrono::milliseconds> look_in(std::chrono::milliseconds now) const;

  private:
    using Ms = std::chrono::milliseconds;
    [[nodiscard]] bool over(const SoftSample &sample) const;
    [[nodiscard]] static bool past_line(const SoftSample &sample, std::uint64_t more);
    void allow(const SoftSample &sample);
    void trip(const SoftSample &sample, SoftOrders &orders);
    [[nodiscard]] bool release(const SoftSample &sample, SoftOrders &orders);

    FuseAction action_;
    SoftStop how_;
    State state_ = State::running;
    std::uint32_t trips_ = 0;
    Limit said_cap_; ///< when it was last told
    Ms asked_at_{};
    bool again_ = false;                                        ///< it has been asked a second time
    std::optional<std::uint64_t> allowed_own_, allowed_around_; ///< past the line: up to here
};

} // namespace dbgscope
