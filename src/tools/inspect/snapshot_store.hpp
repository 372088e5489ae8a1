// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "dbgscope/bytes.hpp"
#include "dbgscope/error.hpp"
#include "tools/inspect/snapshot.hpp"

namespace dbgscope {

/// What a directory of snapshots may hold before the oldest go.
inline constexpr std::size_t kMostSnapshots = 32;
inline constexpr std::uint64_t kMostSnapshotBytes = 256 * kMiB;

/// Writes the snapshot as BASE/NAME, or NAME-2 and so on where that is taken; makes BASE where it is missing (0700).
/// It appears whole or not at all. Returns the path. Errors keep errno: ENOSPC, EROFS, EACCES, …
[[nodiscard]] Result<std::string> store_snapshot(const Snapshot &snapshot, const std::string &base,
                                                 const std::string &name);

/// Removes the oldest of `base`'s snapshots until no more than `most` with `most_bytes` are left; the newest stays
/// whatever it takes. Only directories of this user, and in them only files.
void prune_snapshots(const std::string &base, std::size_t most = kMostSnapshots,
                     std::uint64_t most_bytes = kMostSnapshotBytes);

} // namespace dbgscope
