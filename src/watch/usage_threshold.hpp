// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/bytes.hpp"
#include "dbgscope/error.hpp"
#include "kernel/cgroup.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// cgroup v1: wakes when a cgroup's usage passes a line, and changes nothing in it (cgroup.event_control,
/// Documentation/admin-guide/cgroup-v1/memory.rst, "Memory thresholds"). v2 has no such thing.
class UsageThreshold {
  public:
    UsageThreshold() = default;
    /// Does not own the cgroup's directory. Errors: errno_error's.
    [[nodiscard]] static Result<UsageThreshold> watch(Cgroup cgroup, Limit line);
    [[nodiscard]] int fd() const { return event_.get(); } ///< for poll(2); -1: nothing is watched
    /// fd() is readable. True: what is above the line now cannot be reclaimed; page cache alone does not count.
    [[nodiscard]] bool passed();

  private:
    Cgroup cgroup_;
    Limit line_;
    UniqueFd event_;
};

} // namespace dbgscope
