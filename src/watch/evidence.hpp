// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/bytes.hpp"
#include "dbgscope/session.hpp"
#include "kernel/cgroup.hpp"
#include "sys/fd.hpp"

// The kernel's counters of memory events, from the session's own cgroups up to the root of what is visible.
namespace dbgscope {

/// A cgroup directory held by the caller (it must outlive the reader), and what messages call it. -1: there is none.
struct WatchedCgroup {
    int directory = -1;
    std::string path; ///< "/sys/fs/cgroup/…/run-p1.scope/debuggee"
};

/// Which part of the session a level is.
enum class Level : std::uint8_t { debuggee, debugger, scope, ancestor };

/// Of one cgroup itself, without its children (memory.events.local, Linux 5.2; before that memory.events, with them).
/// v1 counts neither: `max` is memory.failcnt + memory.memsw.failcnt, `oom_kill` is memory.oom_control's, the rest stay
/// 0.
struct LocalCounts {
    std::uint64_t max = 0, oom = 0, oom_kill = 0, oom_group_kill = 0;
    bool operator==(const LocalCounts &) const = default;
};

struct LevelEvidence {
    Level level = Level::ancestor;
    std::string path;
    Limit max; ///< memory.max | memory.limit_in_bytes; infinity also where it cannot be read
    std::uint64_t current_bytes = 0, peak_bytes = 0; ///< 0: unknown (memory.peak: Linux 5.19)
    LocalCounts local;
    std::uint64_t oom_below = 0, oom_kill_below = 0; ///< v2 memory.events: this cgroup and its children
};

/// One reading. Files of a removed cgroup, and files that are missing, leave the value read before, or zero.
struct Evidence {
    int version = 2;
    std::vector<LevelEvidence>
        levels;              ///< debuggee and debugger where split, then the scope, then its ancestors upwards
    bool to_the_root = true; ///< false (container): there are ancestors we cannot see
    std::uint64_t machine_oom_kill = 0; ///< /proc/vmstat oom_kill: every kill by the kernel, whosever limit it was
    std::uint64_t oomd_marks = 0; ///< user.oomd_ooms + user.oomd_kill that systemd-oomd set on the session's cgroups

    [[nodiscard]] const LevelEvidence *find(Level level) const;
};

/// Counts of the session, and how many of its kills had their victim in which part.
struct SessionCounts {
    MemoryCounts total;
    std::uint64_t debuggee_kills = 0, debugger_kills = 0;
};

/// What memory.stat says of the file cache of a cgroup and its children.
struct FileCache {
    Level place = Level::scope, limiting = Level::scope; ///< whose it is, and whose limit
    Limit limit;                                         ///< the smaller one of its own and the scope's
    std::uint64_t file_bytes = 0;                        ///< active_file + inactive_file
    std::uint64_t anon_bytes = 0;                        ///< anon | total_rss
    std::uint64_t refaults = 0; ///< pages: workingset_refault_file, or pgmajfault where the kernel has no refaults
};

/// Reads all of it through held directories. Opens each ancestor once, by "..", as far as directories are cgroups.
class EvidenceReader {
  public:
    /// `version` is of the hierarchy all of them are in. Parts that do not exist have directory -1.
    EvidenceReader(int version, const WatchedCgroup &scope, const WatchedCgroup &debuggee,
                   const WatchedCgroup &debugger);

    /// The debuggee's, as the session knows it: with a fuse v1's limit file says the fuse line.
    void set_cap(Limit cap) { cap_ = cap; }
    /// Five small files for each level, and /proc/vmstat.
    [[nodiscard]] Evidence read();
    /// Cheap enough for every event: one pread(2) for each of the session's cgroups (v1: two files).
    [[nodiscard]] SessionCounts counts();
    /// The highest use of a part of the session; before memory.peak (Linux 5.19) the highest that was seen. 0: unknown.
    [[nodiscard]] std::uint64_t peak_bytes(Level level);
    /// Nothing when there is no such part, or no memory.stat.
    [[nodiscard]] std::optional<FileCache> file_cache(Level level) const;

  private:
    struct Place {
        int directory = -1;
        UniqueFd own;    ///< ancestors: `directory` is ours
        UniqueFd events; ///< v2, parts of the session: memory.events, kept open
        LevelEvidence last;
        MemoryCounts counts;
        std::uint64_t highest_bytes = 0;
    };
    [[nodiscard]] Cgroup cgroup(const Place &place) const { return {place.directory, version_}; }
    void add(Level level, const WatchedCgroup &place);
    void add_ancestors(const WatchedCgroup &scope);
    void read_place(Place &place) const;
    void count_place(Place &place) const;
    [[nodiscard]] const Place *find(Level level) const;

    int version_;
    std::vector<Place> places_; ///< in the order of Evidence::levels
    bool to_the_root_ = true;
    Limit cap_;
    std::uint64_t machine_oom_kill_ = 0, oomd_marks_ = 0;
};

} // namespace dbgscope
