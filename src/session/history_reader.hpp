// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/session.hpp"

namespace dbgscope {

/// Sessions that have ended.
struct History {
    std::vector<SessionRecord> sessions; ///< by their start; equal ones as they were written
    std::uint64_t skipped = 0;           ///< lines that are no session's record
};

inline constexpr std::size_t kMaxHistoryBytes = 64 * kMiB; ///< that are read; the watcher keeps it at 8

/// `since_unix_s`: those that started before are passed over, without being read in full.
[[nodiscard]] History parse_history(std::string_view text, std::int64_t since_unix_s = 0);

/// No such file is an empty history. Errors: denied, unsupported (no regular file, too large).
[[nodiscard]] Result<History> read_history(const std::string &path, std::int64_t since_unix_s = 0);

} // namespace dbgscope
