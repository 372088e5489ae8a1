// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "dbgscope/error.hpp"
#include "dbgscope/session.hpp"

namespace dbgscope {

inline constexpr std::size_t kHistoryBytes = 8 * kMiB;

/// Appends the ended session to the history file (0600; missing directories are made 0700) as one line in one write(2).
/// Grown above `limit`, the older half is dropped: a new file takes its place by rename(2). Concurrent callers take
/// turns by flock(2), at most two seconds each; nothing here blocks longer. A line that does not fit on the disk leaves
/// nothing behind. Errors keep errno: ENOSPC, EDQUOT, EROFS, EACCES.
[[nodiscard]] Result<void> append_history(const std::string &file, const SessionRecord &record,
                                          std::size_t limit = kHistoryBytes);

/// Every missing directory above `file` (0700). One that is there is good, whatever its mode: ~/.local is not ours to
/// judge. Errors: mkdir(2)'s; EROFS and EACCES are none yet.
[[nodiscard]] Result<void> make_parents(const std::string &file);

/// Removes the sessions that started before; what is no record goes, too. The file is replaced by rename(2), under the
/// same lock. Returns how many lines are gone; none where there is no such file. Errors: as append_history.
[[nodiscard]] Result<std::size_t> prune_history(const std::string &file, std::int64_t before_unix_s);

} // namespace dbgscope
