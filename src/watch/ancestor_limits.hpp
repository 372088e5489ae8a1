// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/bytes.hpp"
#include "dbgscope/session.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// The limits of the cgroups around a session, and a wake-up when somebody writes one: inotify(7) tells of writes to
/// control files as of any other file. A limit that changes by itself (a cgroup above the visible ones) is not seen.
class AncestorLimits {
  public:
    AncestorLimits() = default;
    /// Nothing to wait for where inotify cannot be had: fd() is -1 then.
    [[nodiscard]] static AncestorLimits watch(const SessionPlace &place);
    [[nodiscard]] int fd() const { return events_.get(); } ///< for poll(2)

    struct Lowest {
        Limit limit;
        std::string directory; ///< empty: there is no limit
    };
    /// What is in force now.
    [[nodiscard]] Lowest read();

  private:
    UniqueFd events_;
    int version_ = 0;
    std::vector<std::string> directories_; ///< the innermost first
};

/// What is left for the debuggee where everything together is limited to `above` and the debugger has `beside` for
/// itself: never less than half.
[[nodiscard]] Limit part_of_debuggee(Limit above, std::uint64_t beside);

} // namespace dbgscope
