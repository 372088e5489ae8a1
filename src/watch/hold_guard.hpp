// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <utility>

#include "dbgscope/error.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// Lets what is held go when the watcher is killed. Nobody else would: a frozen debuggee stays frozen, and a debugger
/// that stops its debuggee before it ends it waits for ever. A child of the watcher, asleep while the watcher lives.
class HoldGuard {
  public:
    HoldGuard() = default;
    HoldGuard(HoldGuard &&other) noexcept
        : child_(std::exchange(other.child_, 0)), lifeline_(std::move(other.lifeline_))
    {
    }
    HoldGuard &operator=(HoldGuard &&other) noexcept
    {
        end();
        child_ = std::exchange(other.child_, 0);
        lifeline_ = std::move(other.lifeline_);
        return *this;
    }
    HoldGuard(const HoldGuard &) = delete;
    HoldGuard &operator=(const HoldGuard &) = delete;
    ~HoldGuard() { end(); }

    /// `let_go` runs in the child, with `directory` the only descriptor open. Errors: system (pipe2, fork).
    [[nodiscard]] static Result<HoldGuard> start(int directory, const std::function<void()> &let_go);
    [[nodiscard]] bool active() const { return child_ > 0; }
    /// Without letting go: the watcher has seen to that.
    void end();

  private:
    pid_t child_ = 0;
    UniqueFd lifeline_; ///< the only writing end of a pipe: the kernel closes it when the watcher is killed
};

} // namespace dbgscope
