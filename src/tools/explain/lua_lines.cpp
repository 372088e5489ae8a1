// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/lua_lines.hpp"

#include <algorithm>

#include "tools/explain/line_prefix.hpp"
#include "tools/explain/prefix_words.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMostTexts = 8; ///< of one line
constexpr std::string_view kMembers[] = {"output = ", "format = ", "message = ", "error = "};

char escaped(std::string_view &text)
{
    constexpr std::string_view kLetters = "abfnrtv", kMeant = "\a\b\f\n\r\t\v";
    if (digit(text.front())) { // up to three, decimal
        int code = 0;
        for (int i = 0; i < 3 && !text.empty() && digit(text.front()); ++i, text.remove_prefix(1))
            code = code * 10 + (text.front() - '0');
        return static_cast<char>(code);
    }
    const char c = text.front();
    text.remove_prefix(1);
    const auto letter = kLetters.find(c);
    return letter == std::string_view::npos ? c : kMeant[letter];
}

/// The content of the string in front, which is taken; a cut one ends where the line does.
std::string take_string(std::string_view &text)
{
    const char quote = text.front();
    std::string content;
    text.remove_prefix(1);
    while (!text.empty() && text.front() != quote) {
        const char c = text.front();
        text.remove_prefix(1);
        content += c == '\\' && !text.empty() ? escaped(text) : c;
    }
    text.remove_prefix(std::min<std::size_t>(1, text.size()));
    return content;
}

bool opens_string(std::string_view text)
{
    return text.starts_with('"') || text.starts_with('\'');
}

} // namespace

bool take_nvim_stamp(std::string_view &text, Clock &clock)
{
    const auto close = text.starts_with('[') ? text.substr(0, 12).find("] ") : std::string_view::npos;
    if (close == std::string_view::npos || !shaped(text.substr(close + 2), "9999-99-99 99:99:99 "))
        return false;
    const std::string_view stamp = text.substr(close + 2, 19), rest = text.substr(close + 22);
    const auto end = rest.substr(0, 4 * kMaxName).find('\t');
    const std::string_view from = rest.substr(0, end == std::string_view::npos ? 0 : end);
    if (from.find(".lua:") == std::string_view::npos)
        return false;
    const std::string zoned = std::string(stamp) + "Z ";
    std::string_view time = zoned;
    strip_prefixes(time, clock);
    text = rest.substr(end + 1);
    return true;
}

std::vector<std::string> lua_texts(std::string_view line)
{
    std::vector<std::string> texts;
    Clock clock;
    if (take_nvim_stamp(line, clock)) {
        while (!line.empty() && texts.size() < kMostTexts) {
            if (opens_string(line))
                texts.push_back(take_string(line));
            const auto tab = line.find('\t');
            line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
        }
        return texts;
    }
    skip_blanks(line);
    for (const std::string_view member : kMembers)
        if (line.starts_with(member) && opens_string(line.substr(member.size()))) {
            line.remove_prefix(member.size());
            texts.push_back(take_string(line));
        }
    return texts;
}

} // namespace dbgscope
