// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dbgscope {

/// Why a file is not text that yaml-cpp should see, and where (line and column from 1).
struct TextFault {
    int line = 1, column = 1;
    std::string cause, hint;
};

/// The first byte that is not UTF-8 text, or the first tab that indents. yaml-cpp itself guesses UTF-16 and UTF-32 from
/// NUL bytes, replaces broken UTF-8 without a word, and blames a tab on the line after it.
[[nodiscard]] std::optional<TextFault> find_text_fault(std::string_view text);

/// What a profile is for: its first comment line that is not for machines ("SPDX-…", "yaml-language-server: …").
[[nodiscard]] std::string_view first_comment(std::string_view text);

} // namespace dbgscope
