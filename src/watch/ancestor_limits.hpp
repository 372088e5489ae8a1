// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/session.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// Wakes when somebody writes a limit of a cgroup around a session (lowest_limit_around): inotify(7) tells of writes to
/// control files as of any other file. A limit that changes by itself (a cgroup above the visible ones) is not seen.
class AncestorLimits {
  public:
    AncestorLimits() = default;
    /// Nothing to wait for where inotify cannot be had: fd() is -1 then.
    [[nodiscard]] static AncestorLimits watch(const SessionPlace &place);
    [[nodiscard]] int fd() const { return events_.get(); } ///< for poll(2)

    /// Makes fd() unreadable again.
    void drain();

  private:
    UniqueFd events_;
};

} // namespace dbgscope
