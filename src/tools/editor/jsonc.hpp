// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"

// JSON with comments, as VS Code's jsonc-parser takes launch.json and settings.json: // and /* */ comments, a comma
// after the last member, a byte order mark, line ends of any kind. Every node knows where it stands, so that a file can
// be changed without touching the rest of it.
namespace dbgscope {

enum class JsonKind { object, array, string, number, literal };

/// A value; below an object also the key before it. Offsets are bytes of the whole text, byte order mark included.
struct JsonNode {
    JsonKind kind = JsonKind::literal;
    std::size_t begin = 0, end = 0; ///< the value, quotes and brackets included
    std::string text;               ///< a string's content, escapes undone; a number or literal as written
    std::string key;                ///< escapes undone; empty below an array
    std::size_t key_begin = 0, key_end = 0;
    std::vector<JsonNode> children; ///< in the order written, duplicate keys included

    /// The member that counts: of equal keys the last, as in VS Code. Null when there is none, or this is no object.
    [[nodiscard]] const JsonNode *find(std::string_view name) const;
    /// The content of a string, else nothing.
    [[nodiscard]] std::optional<std::string_view> string() const;
    [[nodiscard]] bool is_literal(std::string_view word) const { return kind == JsonKind::literal && text == word; }
};

/// From 1, as an editor shows it; a column is a code point.
struct TextPlace {
    int line = 1, column = 1;
};
[[nodiscard]] TextPlace place_of(std::string_view text, std::size_t offset);
/// A config error with subject "FILE:LINE:COLUMN".
[[nodiscard]] Error error_at(std::string_view text, const std::string &file, std::size_t offset, std::string cause,
                             std::string hint);

inline constexpr int kMaxJsonDepth = 100;

/// The root; nothing where a text holds only blanks and comments, which VS Code takes as an empty object.
/// Errors: config with subject "FILE:LINE:COLUMN": what is not UTF-8, a comment or string without its end, nesting
/// deeper than kMaxJsonDepth, and whatever VS Code underlines as a syntax error. `file` is for messages only.
[[nodiscard]] Result<std::optional<JsonNode>> parse_jsonc(std::string_view text, const std::string &file);

/// Just behind the blanks and comments that begin at `offset`; stops at one that has no end.
[[nodiscard]] std::size_t skip_blank(std::string_view text, std::size_t offset);

/// `text` as a JSON string, quotes included. What is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_quoted(std::string_view text);

} // namespace dbgscope
