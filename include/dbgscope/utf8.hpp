// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// File names are bytes; JSON is UTF-8 and a terminal obeys control characters.
namespace dbgscope {

/// Length of the well-formed sequence at the front of `text`, 1 to 4; 0 when there is none, or no text.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

/// \xNN for every byte that is not part of well-formed UTF-8, and for the backslash. unescape_bytes undoes it.
[[nodiscard]] std::string escape_bytes(std::string_view text);
/// Nothing when a backslash is not followed by xNN.
[[nodiscard]] std::optional<std::string> unescape_bytes(std::string_view text);

/// For a terminal: \xNN for control characters (C0, DEL, C1), for those that are not seen or change the order of others
/// (zero width, bidirectional marks), and for bytes that are not UTF-8; the rest as it is.
[[nodiscard]] std::string printable(std::string_view text);
/// The same for a text of several lines: tabs and the ends of lines stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

} // namespace dbgscope
