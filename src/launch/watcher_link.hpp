// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/session.hpp"
#include "sys/fd.hpp"

// Between the launcher and its watcher: a socket that lives until the launcher's exec or end.
namespace dbgscope {

/// Everything a watcher starts with.
struct WatchStart {
    Watch order;
    UniqueFd launcher; ///< the socket's other end
    pid_t debugger = 0;
    std::vector<std::string> unsaid = {}; ///< notes of the launch that nobody has read
};

/// The launcher's end. Going away without hand_over() tells the watcher that the launch came to nothing.
class WatcherLink {
  public:
    [[nodiscard]] pid_t watcher() const { return watcher_; }
    /// Before a plain cgroup is made: what the watcher removes if this process is killed on the way.
    void expect(const std::string &scope, const std::string &unified);
    /// Tells the watcher where the session lives, once the launcher is inside. Errors: system (the watcher is gone).
    [[nodiscard]] Result<void> introduce(const SessionPlace &place);
    /// Where the split is required: waits until the watcher has taken them up. Errors: system (it could not, or is
    /// gone).
    [[nodiscard]] Result<void> await_ready();
    /// Does not wait. Errors: system (the watcher is gone).
    [[nodiscard]] Result<void> check_alive() const;
    /// The seccomp listener: from now on the watcher answers the debugger's calls.
    [[nodiscard]] Result<void> hand_over(UniqueFd listener);
    /// Right before the exec, and again when it has failed: without one there was no session.
    void tell_execution(bool failed);

  private:
    friend struct Forked;
    friend Result<struct Forked> fork_watcher(const Watch &order);
    UniqueFd socket_;
    pid_t watcher_ = 0;
};

/// What fork_watcher() returned, in each of the two processes.
struct Forked {
    std::optional<WatcherLink> link;   ///< in the launcher
    std::optional<WatchStart> watcher; ///< in the watcher
};

/// order.wait false: double-forks a process of its own session that has nothing of ours but stderr. The launcher keeps
/// its pid, and no child. order.wait true: forks once; the child goes on as the launcher and dies with its parent
/// (PR_SET_PDEATHSIG), the caller becomes the watcher. Errors: system.
[[nodiscard]] Result<Forked> fork_watcher(const Watch &order);

/// The watcher's side: the launcher's next message. Nothing: the launcher has executed the debugger, or is gone.
struct LauncherMessage {
    std::optional<SessionPlace> place;
    std::optional<SessionPlace> expected; ///< only scope and unified; they may not be there yet
    UniqueFd listener;
    std::optional<bool> executes; ///< false: it did, and that failed
};
[[nodiscard]] std::optional<LauncherMessage> receive_from_launcher(int socket);
/// Answers await_ready().
void tell_launcher_ready(int socket);

} // namespace dbgscope
