// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "dbgscope/error.hpp"
#include "sys/fd.hpp"

// Small whole-file reads and single writes relative to a held directory. Every descriptor is O_CLOEXEC from birth.
namespace dbgscope {

inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;

/// openat(2); `directory` may be AT_FDCWD. `subject` of an error is `path`.
[[nodiscard]] Result<UniqueFd> open_at(int directory, const std::string &path, int flags, unsigned mode = 0);

/// Opens a directory for the *_at calls (O_PATH | O_DIRECTORY).
[[nodiscard]] Result<UniqueFd> open_directory(const std::string &path, int directory = AT_FDCWD);

/// The whole file, at most `limit` bytes (EFBIG beyond). Errors keep errno: ENOENT, EACCES, ENODEV (a removed cgroup),
/// EOPNOTSUPP.
[[nodiscard]] Result<std::string> read_at(int directory, const std::string &path, std::size_t limit = kMaxFileBytes);
[[nodiscard]] inline Result<std::string> read_file(const std::string &path, std::size_t limit = kMaxFileBytes)
{
    return read_at(AT_FDCWD, path, limit);
}

/// readlink(2); empty on failure.
[[nodiscard]] std::string read_link(const std::string &path);

/// One write(2) of all of `value`, as control files want it. The file must exist.
[[nodiscard]] Result<void> write_at(int directory, const std::string &path, std::string_view value);

/// An exclusive flock(2) for as long as `fd` is open. False: it could not be had within `patience`.
[[nodiscard]] bool lock_file(int fd, std::chrono::milliseconds patience);

/// write(2) until all of `text` is out. `subject` is an error's.
[[nodiscard]] Result<void> write_all(int fd, std::string_view text, const std::string &subject);

} // namespace dbgscope
