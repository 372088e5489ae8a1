// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dbgscope/bytes.hpp"
#include "kernel/cgroup.hpp"
#include "sys/fd.hpp"

// The hands of the fuse: the control files of the debuggee's cgroup, v2 and v1.
namespace dbgscope {

/// What cannot be reclaimed, by kind. Bytes, of memory.stat.
struct MemoryParts {
    const char *largest = nullptr; ///< "anon", "shmem", "page tables", …; nullptr: unknown
    std::uint64_t largest_bytes = 0;
    std::uint64_t reclaimable_bytes = 0; ///< active_file + inactive_file + slab_reclaimable (v1: no slab)
};

/// The text of memory.stat. v1: the total_ lines, which include children.
[[nodiscard]] MemoryParts parse_memory_parts(int version, std::string_view stat);

/// "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n": under_oom. Nothing when it is not there.
[[nodiscard]] std::optional<bool> parse_under_oom(std::string_view oom_control);

struct FuseReading {
    std::uint64_t current_bytes = 0;
    MemoryParts parts;
    Limit line, cap;           ///< line: in force, or after lift() the one that arm() would write
    Limit limit;               ///< v1: memory.limit_in_bytes
    bool line_in_force = true; ///< v2: memory.high is finite; v1: armed
    bool waiting = false;      ///< v1: under_oom
    [[nodiscard]] std::uint64_t unreclaimable_bytes() const
    {
        return current_bytes > parts.reclaimable_bytes ? current_bytes - parts.reclaimable_bytes : 0;
    }
};

/// Does not own `directory` (any open descriptor of the debuggee's cgroup in the memory hierarchy), which must outlive
/// it. v1 has no file for the cap while the line is in force, so it is kept here: a memory.limit_in_bytes that somebody
/// else has written is the new cap, and the line follows at the same distance as before.
class FuseCgroup {
  public:
    FuseCgroup() = default;
    FuseCgroup(int version, int directory, Limit line, Limit cap);

    /// v1: also registers the eventfd (cgroup.event_control, "EVENTFD OOM_CONTROL"). Errors: errno_error's.
    [[nodiscard]] Result<void> prepare();
    [[nodiscard]] int event_fd() const { return event_.get(); } ///< v1: readable at each out-of-memory; else -1
    void drain_event();                                         ///< makes event_fd() unreadable again

    /// v2: memory.high = line. v1: limit (and memsw) = line, memory.oom_control = 1.
    [[nodiscard]] Result<void> arm();
    /// v2: memory.high = max. v1: limit = cap, memory.oom_control = 0.
    [[nodiscard]] Result<void> lift();
    [[nodiscard]] Result<void> freeze() { return cgroup_.freeze(); }
    [[nodiscard]] Result<void> thaw() { return cgroup_.thaw(); }
    /// v1: raises the limit by that much, up to the cap; where usage has reached the cap, by one page. All waiting
    /// threads try again, whatever the amount, and handle a pending signal first.
    [[nodiscard]] Result<void> lend(std::uint64_t bytes);
    /// v1: back to the line. EBUSY while usage is above it.
    [[nodiscard]] Result<void> take_back();

    /// `at_rest`: nothing runs in it, so memory.stat, the dearest of the files, is only read again when current_bytes
    /// has changed. Errors: ENODEV when the cgroup is gone.
    [[nodiscard]] Result<FuseReading> read(bool at_rest);
    /// avg10 of `some` in memory.pressure, percent. Nothing on v1 or without PSI.
    [[nodiscard]] std::optional<double> pressure_avg10() const;

  private:
    /// v1: what allocates waits at the limit itself, with the killer kept out.
    [[nodiscard]] bool waits_at_limit() const { return has_file(CgroupFile::oom_control, cgroup_.version()); }
    [[nodiscard]] Result<void> write_limit(Limit limit);
    [[nodiscard]] Result<void> write_unless_changed(Limit limit);
    bool adopt(Limit limit);
    [[nodiscard]] Result<void> read_v1(FuseReading &reading);
    [[nodiscard]] Result<void> read_v2(FuseReading &reading);

    Cgroup cgroup_;
    Limit line_, cap_;
    Limit written_; ///< v1: what we last wrote to memory.limit_in_bytes
    bool lifted_ = true;
    MemoryParts parts_;
    std::uint64_t last_current_bytes_ = 0;
    UniqueFd event_;
};

} // namespace dbgscope
