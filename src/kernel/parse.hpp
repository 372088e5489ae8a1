// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/bytes.hpp"

// The few shapes in which the kernel writes its small files, taken apart once.
namespace dbgscope {

/// All of `text`, without one trailing newline, is a decimal number.
[[nodiscard]] bool parse_number(std::string_view text, std::uint64_t &number);
/// "max" or bytes; v1's PAGE_COUNTER_MAX (9223372036854771712 with 4 KiB pages) and above is no limit.
[[nodiscard]] bool parse_limit(std::string_view text, Limit &limit);
/// "cpuset cpu io memory\n" → four tokens.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);
/// The next line without its newline; advances `text`.
[[nodiscard]] std::string_view next_line(std::string_view &text);

/// One line "KEY VALUE" of a memory.stat, memory.events, cgroup.events, memory.oom_control or /proc/vmstat.
struct KeyValue {
    std::string_view key;
    std::uint64_t value = 0;
};
/// Nothing when the value is missing or no number.
[[nodiscard]] std::optional<KeyValue> parse_key_value(std::string_view line);
/// The value in the first line of that key; nothing when there is no such line, or no number in it.
[[nodiscard]] std::optional<std::uint64_t> count_of(std::string_view text, std::string_view key);

/// The value of "NAME:\tVALUE" at the start of a line of /proc/PID/status (proc_pid_status(5)), to the end of that
/// line; nothing when there is no such line.
[[nodiscard]] std::optional<std::string_view> status_value(std::string_view text, std::string_view name);

} // namespace dbgscope
