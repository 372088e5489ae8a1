// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

#include "dbgscope/bytes.hpp"

// RLIMIT_DATA of debuggees (--rlimit-data): the kernel refuses what a process wants to map beyond it.
namespace dbgscope {

/// Of a process that is about to execute its program, which keeps it, and hands it on to what it starts. The soft limit
/// alone, so that it can be raised again; one that is lower stays. False: it could not be set.
bool bound_data(pid_t pid, Limit limit);

/// How near to that limit each debuggee has come.
class DataWatch {
  public:
    explicit DataWatch(Limit limit) : limit_(limit) {}

    [[nodiscard]] Limit limit() const { return limit_; }
    /// At a look. A line, once for each process: it is so near that what it asks for next may be refused.
    [[nodiscard]] std::optional<std::string> see(pid_t pid);
    /// The cap was raised: so is the limit, where it would get in the way. Lower it never goes.
    void make_room_for(Limit cap);

  private:
    Limit limit_;
    std::map<pid_t, bool> told_; ///< of all that were seen
};

} // namespace dbgscope
