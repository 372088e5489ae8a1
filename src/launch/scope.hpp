// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"

// The systemd backend: one transient scope, made by the manager, with our processes in it.
namespace dbgscope {

/// Time for everything: connecting, property negotiation, the job. runc allows 30 s, systemd-run any time.
inline constexpr std::chrono::milliseconds kScopeTimeout{5000};
/// Used instead where polkit may ask a person for a password.
inline constexpr std::chrono::milliseconds kPasswordTimeout{120'000};

struct ScopeResult {
    std::string unit;
    std::vector<std::string> dropped; ///< properties this systemd does not know, by D-Bus name
    bool limit_dropped = false;       ///< one of them was the memory limit
    std::string invocation_id;        ///< 32 hex digits from systemd 255 on, as systemd-run exports it; else empty
};

/// The creation of a scope, in two halves so that the caller's own work overlaps the manager's.
class ScopeCall {
  public:
    /// Connects and hands StartTransientUnit to the manager: one round trip, for authentication. `pids` must live until
    /// wait() returns. `pidfds`: name them by descriptor first (systemd 255 and later; falls back to numbers);
    /// nothing: if libsystemd is that new. Errors as for wait().
    [[nodiscard]] static Result<ScopeCall> start(const CreateScope &scope, std::span<const pid_t> pids,
                                                 std::chrono::milliseconds timeout = kScopeTimeout,
                                                 std::optional<bool> pidfds = {});

    /// Waits until the job is done: from then on `pids` are in the scope and its limits are in force (scope_start()
    /// realizes the cgroup, limits first, then attaches, then ends the job). Properties the manager does not know are
    /// left out if they may be; a failed leftover of the same name is reset once. The connection is closed.
    /// Errors: unsupported (no libsystemd, an indispensable property), denied, refused, timeout, system. After a
    /// timeout the manager may still move the processes.
    [[nodiscard]] Result<ScopeResult> wait();

    ScopeCall(ScopeCall &&) noexcept;
    ScopeCall &operator=(ScopeCall &&) noexcept;
    ~ScopeCall();

  private:
    struct State;
    explicit ScopeCall(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace dbgscope
