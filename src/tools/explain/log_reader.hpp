// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "sys/fd.hpp"

// A log, line by line, from a file or a pipe of any length in constant memory.
namespace dbgscope {

/// What a line is cut to; the rest of it is skipped.
inline constexpr std::size_t kMaxLineBytes = 64 * 1024;

struct LogLine {
    std::string_view text;    ///< without its line end (LF or CRLF); valid until the next call of next()
    std::uint64_t number = 0; ///< from 1
    bool cut = false;         ///< longer than kMaxLineBytes
};

class LogReader {
  public:
    /// "-" is standard input; it also ends at SIGINT, the first one only, so that what is known of a log that is still
    /// being written can be told. Reads the first bytes to tell what it is. Errors: not_found, denied, system (a
    /// directory, …), unsupported: a file that is no text (compressed, ELF, UTF-16), with the command that makes it one
    /// as hint.
    [[nodiscard]] static Result<LogReader> open(const std::string &path);
    /// For a descriptor that is open already; `name` is for messages.
    [[nodiscard]] static Result<LogReader> from(UniqueFd fd, std::string name, bool interruptible = false);

    /// Nothing at the end. A last line without a line end counts. Errors: system.
    [[nodiscard]] Result<std::optional<LogLine>> next();
    /// "standard input" or the path.
    [[nodiscard]] const std::string &name() const { return name_; }
    [[nodiscard]] std::uint64_t lines() const { return number_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  private:
    LogReader(UniqueFd fd, std::string name);
    Result<void> fill();
    void end_at_interrupt();
    [[nodiscard]] bool interrupted();
    Result<void> skip_rest();
    [[nodiscard]] std::string_view held() const { return {buffer_.data() + begin_, end_ - begin_}; }
    LogLine take(std::size_t length, std::size_t line_end);

    UniqueFd fd_;
    UniqueFd interrupt_; ///< a signalfd
    std::string name_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;
    std::uint64_t number_ = 0, bytes_ = 0;
    bool ended_ = false, skipping_ = false;
};

} // namespace dbgscope
