// SPDX-License-Identifier: Apache-2.0
#include "dbgscope/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace dbgscope {
namespace {

/// Length of the well-formed sequence at the front of `text`, and its code point; 0 when there is none.
std::size_t sequence(std::string_view text, std::uint32_t &code_point)
{
    const auto byte = [&text](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const std::uint32_t first = byte(0);
    if (first < 0x80) {
        code_point = first;
        return 1;
    }
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length)
        return 0;
    code_point = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80)
            return 0;
        code_point = code_point << 6 | (byte(i) & 0x3fU);
    }
    constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    return code_point < kSmallest[length] || code_point > 0x10ffff || surrogate ? 0 : length;
}

void append_hex(std::string &out, char c)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kHex[byte >> 4];
    out += kHex[byte & 0xf];
}

/// Of what nobody hides: printable ASCII without the backslash, nearly all there is.
std::size_t plain_length(std::string_view text)
{
    const auto end = std::ranges::find_if(text, [](char c) { return c < ' ' || c > '~' || c == '\\'; });
    return static_cast<std::size_t>(end - text.begin());
}

/// Copies `text`; bytes outside UTF-8 and code points that `hide` names become \xNN.
template <class Hide> std::string escaped(std::string_view text, Hide hide)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        if (const std::size_t plain = plain_length(text)) {
            out += text.substr(0, plain);
            text.remove_prefix(plain);
            continue;
        }
        std::uint32_t code_point = 0;
        const std::size_t length = sequence(text, code_point);
        const std::size_t taken = length == 0 ? 1 : length;
        if (length != 0 && !hide(code_point))
            out += text.substr(0, length);
        else
            for (std::size_t i = 0; i < taken; ++i)
                append_hex(out, text[i]);
        text.remove_prefix(taken);
    }
    return out;
}

/// First and last code points of what a terminal obeys, or shows nothing of: controls, soft hyphen, joiners, fillers,
/// spaces and marks without width, marks that change the direction (UAX #9), line separators, annotations, tags.
constexpr std::array<std::array<std::uint32_t, 2>, 18> kMisleading{{
    {0x0, 0x1f},
    {0x7f, 0x9f},
    {0xad, 0xad},
    {0x34f, 0x34f},
    {0x61c, 0x61c},
    {0x115f, 0x1160},
    {0x17b4, 0x17b5},
    {0x180b, 0x180f},
    {0x200b, 0x200f},
    {0x2028, 0x202e},
    {0x2060, 0x206f},
    {0x3164, 0x3164},
    {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},
    {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
}};

bool misleads(std::uint32_t code_point)
{
    for (const auto &[first, last] : kMisleading)
        if (code_point >= first && code_point <= last)
            return true;
    return false;
}

} // namespace

std::size_t utf8_length(std::string_view text)
{
    std::uint32_t code_point = 0;
    return text.empty() ? 0 : sequence(text, code_point);
}

bool is_utf8(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string escape_bytes(std::string_view text)
{
    return escaped(text, [](std::uint32_t code_point) { return code_point == '\\'; });
}

std::optional<std::string> unescape_bytes(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (i + 3 >= text.size() || text[i + 1] != 'x')
            return std::nullopt;
        unsigned value = 0;
        const auto [end, code] = std::from_chars(text.data() + i + 2, text.data() + i + 4, value, 16);
        if (code != std::errc{} || end != text.data() + i + 4)
            return std::nullopt;
        out += static_cast<char>(value);
        i += 3;
    }
    return out;
}

std::string printable(std::string_view text)
{
    return escaped(text, misleads);
}

std::string printable_lines(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        const std::size_t end = text.find_first_of("\t\n");
        std::string_view part = text.substr(0, end);
        const bool carriage = end != std::string_view::npos && text[end] == '\n' && part.ends_with('\r');
        part.remove_suffix(carriage ? 1 : 0);
        out += printable(part);
        out += carriage ? "\r" : "";
        if (end == std::string_view::npos)
            return out;
        out += text[end];
        text.remove_prefix(end + 1);
    }
    return out;
}

} // namespace dbgscope
