// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/session.hpp"
#include "session/usage.hpp"

// Changing the cap of a living session without a moment in which a limit is below the one inside it.
namespace dbgscope {

/// One step. In `unit` the scope's MemoryMax is set through systemd, which owns the scope's own files; else `value` is
/// written to SCOPE/`file`.
struct CapStep {
    bool unit = false;
    std::string file;      ///< "debuggee/memory.max"
    std::string value;     ///< "536870912", "max"; v1: "-1"
    Limit limit;           ///< the same, for `unit` and for people
    bool optional = false; ///< a kernel without the file is no failure: thawing, swap
    bool operator==(const CapStep &) const = default;
};

struct CapChange {
    std::vector<CapStep> steps; ///< in this order
    Limit cap;
    Limit fuse;        ///< infinity: the session has none
    Limit scope_limit; ///< of the whole session
    bool raises = false;
};

/// Raising: the whole session's limit where it would bind (then as far above the cap as before), the cap, the fuse
/// line, thaw. Lowering: fuse line, cap; the whole session's limit stays, the debugger may be using it. v1: swap before
/// memory when raising, after it when lowering, because the kernel refuses memory above swap (EINVAL); and no fuse
/// line, because the watcher takes a limit that it has not written for the new cap. A fuse the watcher has lifted stays
/// so. `usage` is what is in force now. Without a split the scope's own limit is the cap, and the debugger's share.
[[nodiscard]] CapChange plan_cap_change(const SessionRecord &record, const Usage &usage, Limit wanted);

/// Refuses a cap below what is in use and no page cache: on v2 the kernel would kill for it at once, on v1 refuse with
/// EBUSY. Errors: limit, with the numbers.
[[nodiscard]] Result<void> check_cap(const SessionRecord &record, const Usage &usage, const CapChange &change);

/// Writes one step that is not `unit`. Errors: cgroup_error's.
[[nodiscard]] Result<void> write_step(const SessionRecord &record, const CapStep &step);

/// The lowest limit of the cgroups around the scope; infinity: there is none.
struct LimitAround {
    Limit limit;
    std::string directory;
};
[[nodiscard]] LimitAround lowest_limit_around(const SessionPlace &place);
/// The same for people, where it is lower than `limit`: "4G of /sys/fs/cgroup/debug.slice";
/// empty: none is.
[[nodiscard]] std::string lower_limit_around(const SessionRecord &record, Limit limit);

} // namespace dbgscope
