// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "dbgscope/facts.hpp"
#include "sys/fd.hpp"

// Reading many small kernel files with one buffer and turning failures into the reason why a fact is unknown.
namespace dbgscope {

/// How a kernel file answers read(2). `single`: all of it in one call (one seq_file record: memory.max, status, PSI),
/// so the call that would return 0 is saved. `many`: page by page (mountinfo, cgroup.procs).
enum class Records { single, many };

/// Opens and reads below a root prefix. Not for sharing between threads; views live until the next read.
class Reader {
  public:
    using Text = std::expected<std::string_view, int>; ///< the contents, or errno

    explicit Reader(std::string root);

    /// An absolute path of the machine, "/proc/self/cgroup". At most 1 MiB (EFBIG).
    [[nodiscard]] Text read(const char *path, Records records = Records::single);
    /// A file in a held directory.
    [[nodiscard]] Text read_at(int directory, const char *name, Records records = Records::single);
    /// O_PATH | O_DIRECTORY; invalid with errno set on failure.
    [[nodiscard]] UniqueFd open_directory(const std::string &path) const;
    /// access(2) by effective ids: 0, or errno.
    [[nodiscard]] int access(const std::string &path, int mode) const;
    [[nodiscard]] bool exists(const std::string &path) const;
    /// readlink(2); empty on failure.
    [[nodiscard]] std::string link(const std::string &path) const;
    /// The path with the prefix: for calls this class does not wrap.
    [[nodiscard]] std::string real_path(std::string_view path) const { return root_ + std::string(path); }

  private:
    Text drain(int fd, Records records);

    std::string root_;
    std::size_t size_;
    std::unique_ptr<char[]> buffer_;
};

/// 0 when a file below `directory` is permitted `mode` (effective ids), else errno.
[[nodiscard]] int access_at(int directory, const char *name, int mode);

[[nodiscard]] Why why_of(int error_number);
/// Fact's reason from errno: why_of and "read /sys/…/memory.max: No such file or directory".
struct Unknown {
    Why why;
    std::string detail;
    template <class T> operator Fact<T>() && { return Fact<T>(why, std::move(detail)); } // NOLINT: conversion wanted
};
[[nodiscard]] Unknown unknown(int error_number, std::string_view path);
/// Why::malformed with the start of the text that was not understood.
[[nodiscard]] Unknown malformed(std::string_view path, std::string_view text);

} // namespace dbgscope
