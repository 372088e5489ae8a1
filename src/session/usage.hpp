// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "dbgscope/session.hpp"

// What a session's cgroup says at this moment; the record may be minutes old.
namespace dbgscope {

/// v1 with a fuse: memory.limit_in_bytes is the line, so the cap is the record's, unless the limit is above that: then
/// it has just been raised.
struct Usage {
    std::optional<std::uint64_t> current_bytes, peak_bytes;
    std::optional<std::uint64_t> file_bytes;           ///< page cache and slab the kernel can drop at once
    std::optional<Limit> cap, scope_limit;             ///< without a split one and the same
    std::optional<Limit> memory_limit;                 ///< v1: what the limit file says
    std::optional<Limit> swap_limit, scope_swap_limit; ///< v1: memory.memsw.limit_in_bytes, memory and swap together
    std::optional<Limit> high; ///< v2: memory.high; infinity while the watcher has lifted the fuse
    bool frozen = false;       ///< v2: cgroup.events says so
    bool outside = false;      ///< a debuggee has left its cgroup: what is said here of memory is not its
    bool stopped = false;      ///< the debuggee stands under its debugger, at a breakpoint for one
    /// What is in use and no page cache: it goes away only when the debuggee frees it.
    [[nodiscard]] std::optional<std::uint64_t> kept_bytes() const;
};

/// In most containers: no limit and no counter is of that session alone, and its watcher is told of a new cap.
[[nodiscard]] bool has_no_cgroup(const SessionRecord &record);

/// Nothing where a file is missing or the cgroup is gone; without one the debuggees themselves are asked. The peak is
/// at least the record's.
[[nodiscard]] Usage read_usage(const SessionRecord &record);

} // namespace dbgscope
