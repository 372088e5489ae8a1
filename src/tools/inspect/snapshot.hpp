// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "tools/inspect/cpu_join.hpp"
#include "tools/inspect/growth_answer.hpp"
#include "tools/inspect/snapshot_reading.hpp"
#include "tools/inspect/target.hpp"

namespace dbgscope {

/// All that can be seen of a process at once, as files: heap.pb.gz, heap.json, goroutines.pb.gz, goroutines.json,
/// gc.json, and of a live one cgroup.json, maps and status; summary.txt for people. What could not be had is missing,
/// and the summary says why.
struct Snapshot {
    struct File {
        std::string name, bytes;
    };
    std::vector<File> files;
    std::vector<LargeSite> sites;  ///< of the heap; of what is not Go, those that `growth` has
    std::int64_t monotonic_ns = 0; ///< when reading began
};
/// The parts are read one after the other, in some milliseconds: of one instant only when the process stands still; the
/// summary says which. `session_json` becomes session.json, where there is one; what `growth` has, growth.pb.gz.
[[nodiscard]] Snapshot take_snapshot(const Target &target, std::int64_t unix_ns, std::string_view session_json = {},
                                     const GrowthAnswer *growth = nullptr, const std::string &proc = "/proc");

/// What a window before the snapshot adds to it; `join` is made here.
struct CpuPart {
    const CpuProfile &profile;
    const CpuInstant &instant;
    CpuJoin &join;
};
/// The same of what was read before.
[[nodiscard]] Snapshot snapshot_of(const Target &target, const SnapshotReading &reading, std::int64_t unix_ns,
                                   std::string_view session_json, const GrowthAnswer *growth, const CpuPart *cpu);

/// Whether there is room for a directory of that name. Errors: usage (something is there).
[[nodiscard]] Result<void> check_new_directory(const std::string &directory);

/// Makes the directory, for its owner alone, and the files in it. Errors: usage (something of that name is there), and
/// those of write_private_file; what was written until then stays.
[[nodiscard]] Result<void> write_snapshot(const Snapshot &snapshot, const std::string &directory);

} // namespace dbgscope
