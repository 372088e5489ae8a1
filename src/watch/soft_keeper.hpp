// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "dbgscope/session.hpp"
#include "kernel/cgroup.hpp"
#include "watch/cpu_clock.hpp"
#include "watch/data_limit.hpp"
#include "watch/hold_guard.hpp"
#include "watch/loop.hpp"
#include "watch/soft_fuse.hpp"

namespace dbgscope {

struct SoftConfig {
    Around around;
    int limiting = -1; ///< around.limiting, open; outlives the keeper
    Limit cap;
    FuseAction action = FuseAction::hold;
    ProcessId debugger;
    /// A command of `run`, which is its own debuggee: who belongs to it now, though nobody traces them.
    std::function<std::vector<ProcessId>()> command;
    /// As FuseConfig::say: ids of fuse_keeper.hpp.
    std::function<void(std::string_view id, std::string_view line)> say;
    /// What is no business of the fuse's own.
    std::function<void(std::string_view line)> tell;
    /// Answers the allocations that wait.
    std::function<void()> let_allocate;
};

/// The soft fuse for the watcher's loop. What wakes it is the processor time that the debuggee has used: as much as it
/// would need to fill the room that is left. It sleeps while the debuggee does.
class SoftKeeper {
  public:
    explicit SoftKeeper(SoftConfig config)
        : config_(std::move(config)), fuse_(config_.action, config_.around.stop), data_(config_.around.data_limit)
    {
    }

    [[nodiscard]] Source source();
    /// Who is debugged now.
    void follow(const std::vector<ProcessId> &living);
    /// The look that the fuse has led to is over.
    void looked();
    /// Something has changed: the cgroup around, or the cap.
    void on_event() { look(); }
    /// A debuggee asks the kernel for so much more. False: it has to wait.
    [[nodiscard]] bool may_allocate(std::uint64_t bytes);
    void set_cap(Limit cap);
    /// The session ends.
    void disarm();

    [[nodiscard]] SessionState state() const;
    [[nodiscard]] std::uint32_t trips() const { return fuse_.trips(); }
    [[nodiscard]] Limit cap() const { return config_.cap; }
    [[nodiscard]] Limit data_limit() const { return data_.limit(); }
    [[nodiscard]] std::uint64_t peak_bytes() const { return peak_bytes_; }

  private:
    using Ms = std::chrono::milliseconds;
    [[nodiscard]] SoftSample sample();
    void look();
    void set_living(const std::vector<ProcessId> &living);
    void follow_command();
    void step(const SoftSample &sample);
    void arm(const SoftSample &sample);
    void stop();
    void suspend();
    void let_suspended_go();
    [[nodiscard]] std::string held_line(const SoftSample &sample) const;
    [[nodiscard]] std::string command_line(const SoftSample &sample) const;

    SoftConfig config_;
    SoftFuse fuse_;
    DataWatch data_;
    std::vector<ProcessId> living_;
    ProcessId largest_;
    std::vector<ProcessId> suspended_; ///< by us, while a snapshot is taken
    WatchTime suspended_until_;        ///< however long that takes
    HoldGuard suspension_;             ///< lets them go on when the watcher is killed meanwhile
    WatchTime command_seen_;           ///< when it was last asked who belongs to the command
    CpuClock clock_;
    bool disarmed_ = false;
    std::uint64_t waiting_bytes_ = 0, peak_bytes_ = 0, last_bytes_ = 0;
    std::chrono::nanoseconds last_used_{};
    std::optional<WatchTime> look_at_;
};

} // namespace dbgscope
