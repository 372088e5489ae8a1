// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text in the columns of a terminal, each character counted as one: it is well-formed UTF-8 (printable()).
namespace dbgscope {

/// Columns a terminal shows: one for each character that is not a continuation byte.
[[nodiscard]] std::size_t shown_width(std::string_view text);

/// What is wider than `width` is cut, with "…" as its last character. 0: never.
void cut(std::string &line, std::size_t width);

/// With blanks to `width`; what is wider stays.
[[nodiscard]] std::string pad_left(const std::string &text, std::size_t width);
[[nodiscard]] std::string pad_right(const std::string &text, std::size_t width);

} // namespace dbgscope
