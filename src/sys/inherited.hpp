// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>

#include <array>
#include <csignal>

namespace dbgscope {

/// What a process inherits besides arguments and environment: resource limits, ignored and pending signals. We change
/// some for our own work; the program that is started finds all of it as it would have without us.
class Inherited {
  public:
    /// Nothing was changed, and give_back() does nothing.
    Inherited() = default;
    /// From now on a write past RLIMIT_FSIZE is an error (EFBIG) instead of our death, as is RLIMIT_CPU, and ended
    /// children can be waited for (whoever ignores SIGCHLD is never told how they ended).
    [[nodiscard]] static Inherited set_aside();
    /// For a launch: every soft limit that could end or starve our own work up to its hard one.
    void raise_limits();
    /// What the program shall have instead of what the caller had.
    void replace_limit(int resource, const rlimit &value);
    /// Before a fork(2) after which only the child goes on to the program: what was pending is the program's alone.
    void take_pending() const;
    /// Right before an exec: all as it was. What a child of ours that has ended left pending is taken away, what a
    /// fork(2) of ours lost comes again.
    void give_back() const;
    /// After an exec that has failed: as set_aside() left it.
    void take_again() const;

  private:
    void give_back_child_signal() const;
    void give_back_pending() const;

    bool aside_ = false, raised_ = false;
    std::array<bool, NSIG> ignored_{};
    sigset_t pending_{};
    std::array<rlimit, RLIM_NLIMITS> limits_{};
};

/// For a process of ours that becomes no program: no limit that it may lift holds for it.
void lift_limits();

} // namespace dbgscope
