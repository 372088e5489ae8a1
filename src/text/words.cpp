// SPDX-License-Identifier: Apache-2.0
#include "text/words.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace dbgscope::values {
namespace {

constexpr std::string_view kBlanks = " \t\n\r";

void append_utf8(std::string &out, std::uint32_t point)
{
    const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xc0 | point >> 6);
        put(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        put(0xe0 | point >> 12);
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
    } else {
        put(0xf0 | point >> 18);
        put(0x80 | (point >> 12 & 0x3f));
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
    }
}

/// Exactly `count` digits of `base` at the front of `rest`.
std::optional<std::uint32_t> take_digits(std::string_view &rest, std::size_t count, int base)
{
    std::uint32_t value = 0;
    if (rest.size() < count)
        return std::nullopt;
    const char *const last = rest.data() + count;
    const auto [end, code] = std::from_chars(rest.data(), last, value, base);
    if (code != std::errc{} || end != last)
        return std::nullopt;
    rest.remove_prefix(count);
    return value;
}

/// The escape whose backslash has been taken: "n", "x41", "101", "u00e9". False: not a valid one.
bool decode_escape(std::string_view &rest, std::string &out)
{
    constexpr std::string_view kLetters = "abfnrtvs\\\"'";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v \\\"'";
    const char letter = rest.front();
    if (const auto at = kLetters.find(letter); at != std::string_view::npos) {
        out += kMeanings[at];
        rest.remove_prefix(1);
        return true;
    }
    const bool code_point = letter == 'u' || letter == 'U';
    if (code_point || letter == 'x')
        rest.remove_prefix(1);
    std::size_t count = 3;
    if (letter == 'x')
        count = 2;
    else if (code_point)
        count = letter == 'u' ? 4 : 8;
    const auto value = take_digits(rest, count, code_point || letter == 'x' ? 16 : 8);
    if (!value || *value == 0 || *value > (code_point ? 0x10ffffU : 0xffU))
        return false;
    if (code_point && *value >= 0xd800 && *value < 0xe000)
        return false;
    if (code_point)
        append_utf8(out, *value);
    else
        out += static_cast<char>(static_cast<unsigned char>(*value));
    return true;
}

/// One word off the front of `rest`, which starts with no blank.
Parsed<std::string> take_word(std::string_view &rest, Escapes escapes)
{
    std::string word;
    char quote = 0;
    while (!rest.empty() && (quote != 0 || kBlanks.find(rest.front()) == std::string_view::npos)) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c == '\\') {
            if (rest.empty())
                return std::unexpected("ends with a backslash");
            if (escapes == Escapes::literal) {
                word += rest.front();
                rest.remove_prefix(1);
            } else if (const char after = rest.front(); !decode_escape(rest, word)) {
                return std::unexpected(std::string("\"\\") + after + "\" is not a valid escape");
            }
        } else if (quote != 0 && c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else {
            word += c;
        }
    }
    if (quote != 0)
        return std::unexpected("a quote is not closed");
    return word;
}

} // namespace

Parsed<std::vector<std::string>> split_words(std::string_view text, Escapes escapes)
{
    std::vector<std::string> words;
    for (;;) {
        const auto first = text.find_first_not_of(kBlanks);
        if (first == std::string_view::npos)
            return words;
        text.remove_prefix(first);
        auto word = take_word(text, escapes);
        if (!word)
            return std::unexpected(word.error());
        words.push_back(std::move(*word));
    }
}

} // namespace dbgscope::values
