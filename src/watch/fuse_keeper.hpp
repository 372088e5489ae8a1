// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/error.hpp"
#include "dbgscope/session.hpp"
#include "sys/fd.hpp"
#include "watch/fuse.hpp"
#include "watch/fuse_cgroup.hpp"
#include "watch/hold_guard.hpp"
#include "watch/stops.hpp"

// The fuse for the watcher's loop: no thread and no timer of its own, silent and asleep while nothing happens.
namespace dbgscope {

/// Ids of the lines that a trip has said, by its action; the last one is for nobody to read.
inline constexpr std::string_view kFuseHeld = "fuse-held", kFuseWarned = "fuse-warned", kFuseSnapshot = "fuse-snapshot",
                                  kFuseLook = "fuse-look";
inline constexpr std::string_view kFuseReleased = "fuse-released";

struct FuseConfig {
    int version = 2;    ///< of the hierarchy that carries memory
    int directory = -1; ///< the debuggee's cgroup in it, open for openat(2); outlives the keeper
    Limit line, cap;    ///< line: infinity or action off: no fuse, only hold_for_pressure()
    FuseAction action = FuseAction::hold;
    bool looks = false; ///< somebody looks at the debuggee at each trip, and calls looked()
    const char *who = "debuggee";
    /// `id`: one of the four above, "fuse-spent", "fuse-released". Called from the members that look, never from
    /// arm and disarm.
    std::function<void(std::string_view id, std::string_view line)> say;
};

/// Movable. Going away changes nothing in the cgroup: call disarm().
class FuseKeeper {
  public:
    using Clock = std::chrono::steady_clock;

    /// Arms the line. Errors: a control file could not be written; nothing is held then and the cap stays in force.
    [[nodiscard]] static Result<FuseKeeper> arm(FuseConfig config);

    /// memory.events of the debuggee's cgroup has changed (v2), event_fd() is readable (v1), or somebody has written
    /// memory.max, memory.high or memory.limit_in_bytes. May come as often as it likes: looks are spaced here.
    void on_event();
    /// next_look() has come. Harmless before.
    void on_timer();
    /// A process was moved into the cgroup. After the notification was answered: it reads and may write files. The
    /// first time it starts the guard.
    void new_debuggee();
    /// What the trip had to be looked at for is over: it need not stand still for that any more.
    void looked();
    /// The last word, when the session ends, its scope is being stopped, or the watcher ends: thaws and lifts the line,
    /// so that every signal lands. Later calls do nothing.
    void disarm();

    /// The pressure action `hold`: frozen while `wanted`, except that a stop thaws it until the next call with false.
    /// v2 only. Nothing is said: the caller knows why.
    void hold_for_pressure(bool wanted);

    [[nodiscard]] std::optional<Clock::time_point> next_look() const { return next_look_; }
    [[nodiscard]] int event_fd() const { return cgroup_.event_fd(); } ///< -1 on v2
    [[nodiscard]] SessionState state() const;
    [[nodiscard]] std::uint32_t trips() const { return fuse_.trips(); }
    /// As last read: what the record shows after `dbgscope set`.
    [[nodiscard]] Limit line() const { return line_; }
    [[nodiscard]] Limit cap() const { return cap_; }

  private:
    FuseKeeper(FuseConfig config, FuseCgroup cgroup, UniqueFd proc);
    void look();
    [[nodiscard]] bool freeze_early(const FuseSample &sample);
    void thaw();
    void let_go(bool for_good);
    void look_at_debuggee(FuseSample &sample, Clock::time_point now);
    void obey(const FuseOrders &orders, const FuseReading &reading, Clock::time_point now);
    [[nodiscard]] std::optional<struct Growth> growth(std::uint64_t bytes, Clock::time_point now) const;
    void remember(std::uint64_t bytes, Clock::time_point now);

    FuseConfig config_;
    FuseCgroup cgroup_;
    UniqueFd proc_;
    HoldGuard guard_; ///< none where nothing can be held
    Fuse fuse_;
    Limit line_, cap_;
    bool disarmed_ = false, pressure_ = false, looked_ = false;
    bool thaw_owed_ = false; ///< it could not be written
    std::uint64_t threads_ = 1;
    std::optional<Clock::time_point> next_look_, last_look_, last_process_look_, last_thread_look_;
    std::chrono::milliseconds event_gap_{}, process_gap_{};
    struct Point {
        Clock::time_point at;
        std::uint64_t bytes = 0;
    };
    std::optional<Point> start_, recent_;
};

} // namespace dbgscope
