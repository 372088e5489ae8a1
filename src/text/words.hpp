// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

// Text as systemd's unit files and systemd-run quote it: systemd.syntax(7), "Quoting".
namespace dbgscope::values {

/// A value, or the cause why the text is none (words for Error::cause).
template <class T> using Parsed = std::expected<T, std::string>;

enum class Escapes {
    literal, ///< a backslash only protects the next character (dependencies, Documentation=)
    decoded, ///< C escapes: \n, \t, \s (space), \x41, \101, \u00e9 (Environment=)
};

/// Splits at blanks; '…' and "…" keep blanks together, also inside a word. Causes: open quote, bad escape.
[[nodiscard]] Parsed<std::vector<std::string>> split_words(std::string_view text, Escapes escapes);

} // namespace dbgscope::values
