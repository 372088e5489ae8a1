// SPDX-License-Identifier: Apache-2.0
#include "kernel/parse.hpp"

#include <charconv>

namespace dbgscope {
namespace {

/// LONG_MAX rounded down to 64 KiB pages, the largest in use: every page size's PAGE_COUNTER_MAX is at or above it.
constexpr std::uint64_t kUnlimited = 0x7fffffffffff0000;

std::string_view without_newline(std::string_view text)
{
    if (!text.empty() && text.back() == '\n')
        text.remove_suffix(1);
    return text;
}

} // namespace

bool parse_number(std::string_view text, std::uint64_t &number)
{
    text = without_newline(text);
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    return !text.empty() && code == std::errc{} && end == text.data() + text.size();
}

bool parse_limit(std::string_view text, Limit &limit)
{
    std::uint64_t bytes = 0;
    if (without_newline(text) == "max") {
        limit = Limit();
        return true;
    }
    if (!parse_number(text, bytes))
        return false;
    limit = bytes >= kUnlimited ? Limit() : Limit(bytes);
    return true;
}

std::vector<std::string> split_words(std::string_view text)
{
    std::vector<std::string> words;
    while (!text.empty()) {
        const auto end = text.find_first_of(" \n");
        if (end != 0)
            words.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return words;
}

std::string_view next_line(std::string_view &text)
{
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

std::optional<KeyValue> parse_key_value(std::string_view line)
{
    // inactive_file 1929216
    const auto space = line.find(' ');
    KeyValue pair{.key = line.substr(0, space)};
    if (space == std::string_view::npos || !parse_number(line.substr(space + 1), pair.value))
        return std::nullopt;
    return pair;
}

std::optional<std::uint64_t> count_of(std::string_view text, std::string_view key)
{
    // "low 0\nhigh 12\nmax 4401\noom 1\noom_kill 1\noom_group_kill 0\n"
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ')
            continue;
        const auto pair = parse_key_value(line);
        return pair ? std::optional(pair->value) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<std::string_view> status_value(std::string_view text, std::string_view name)
{
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string_view::npos; at += name.size()) {
        if (at != 0 && text[at - 1] != '\n')
            continue;
        std::string_view value = text.substr(at + name.size());
        if (!value.starts_with(":\t"))
            continue;
        value.remove_prefix(2);
        return value.substr(0, value.find('\n'));
    }
    return std::nullopt;
}

} // namespace dbgscope
