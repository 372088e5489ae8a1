// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/diff.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace dbgscope {
namespace {

constexpr std::size_t kContext = 3;
constexpr std::size_t kMaxTable = 4'000'000; // beyond it a change is shown as one block

std::vector<std::string_view> split_lines(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

struct Line {
    char mark; ///< ' ', '-' or '+'
    std::string_view text;
};

/// By the longest common subsequence of the lines; what is equal at both ends is left out of the table.
std::vector<Line> compare(const std::vector<std::string_view> &before, const std::vector<std::string_view> &after)
{
    std::size_t head = 0;
    std::size_t tail = 0;
    const std::size_t shorter = std::min(before.size(), after.size());
    while (head < shorter && before[head] == after[head])
        ++head;
    while (tail < shorter - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
        ++tail;
    const std::size_t rows = before.size() - head - tail;
    const std::size_t columns = after.size() - head - tail;
    const bool small = rows * columns <= kMaxTable;
    std::vector<std::uint32_t> common((rows + 1) * (columns + 1) * (small ? 1 : 0));
    const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t & { return common[i * (columns + 1) + j]; };
    for (std::size_t i = small ? rows : 0; i-- > 0;)
        for (std::size_t j = columns; j-- > 0;)
            at(i, j) =
                before[head + i] == after[head + j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
    std::vector<Line> lines;
    for (std::size_t i = 0; i < head; ++i)
        lines.push_back({' ', before[i]});
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < rows || j < columns)
        if (small && i < rows && j < columns && before[head + i] == after[head + j]) {
            lines.push_back({' ', before[head + i++]});
            ++j;
        } else if (i < rows && (j == columns || !small || at(i + 1, j) >= at(i, j + 1))) {
            lines.push_back({'-', before[head + i++]});
        } else {
            lines.push_back({'+', after[head + j++]});
        }
    for (std::size_t k = before.size() - tail; k < before.size(); ++k)
        lines.push_back({' ', before[k]});
    return lines;
}

/// "12,3", "12" for one line, "11,0" for none: the line before it.
std::string range(std::size_t first, std::size_t count)
{
    if (count == 1)
        return fmt::format("{}", first);
    return fmt::format("{},{}", count == 0 ? first - 1 : first, count);
}

std::string hunk(const std::vector<Line> &lines, std::size_t begin, std::size_t end, std::size_t before_line,
                 std::size_t after_line)
{
    std::size_t removed = 0;
    std::size_t added = 0;
    std::string body;
    for (std::size_t i = begin; i < end; ++i) {
        removed += lines[i].mark != '+' ? 1 : 0;
        added += lines[i].mark != '-' ? 1 : 0;
        body += lines[i].mark;
        body += lines[i].text;
        if (!lines[i].text.ends_with('\n'))
            body += "\n\\ No newline at end of file\n";
    }
    return fmt::format("@@ -{} +{} @@\n{}", range(before_line, removed), range(after_line, added), body);
}

} // namespace

std::string unified_diff(std::string_view before, std::string_view after, const std::string &path, bool exists)
{
    if (before == after)
        return {};
    const std::vector<Line> lines = compare(split_lines(before), split_lines(after));
    std::string out = fmt::format("--- {}\n+++ {}\n", exists ? path : "/dev/null", path);
    std::size_t shown = 0;       // lines done with
    std::size_t before_line = 1; // number of lines[shown] in each file
    std::size_t after_line = 1;
    const auto pass_by = [&](std::size_t to) {
        for (; shown < to; ++shown) {
            before_line += lines[shown].mark != '+' ? 1 : 0;
            after_line += lines[shown].mark != '-' ? 1 : 0;
        }
    };
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].mark == ' ')
            continue;
        std::size_t last = i;
        for (std::size_t k = i; k < lines.size() && k <= last + 2 * kContext + 1; ++k)
            last = lines[k].mark == ' ' ? last : k;
        const std::size_t begin = std::max(shown, i < kContext ? 0 : i - kContext);
        const std::size_t end = std::min(lines.size(), last + 1 + kContext);
        pass_by(begin);
        out += hunk(lines, begin, end, before_line, after_line);
        pass_by(end);
        i = end - 1;
    }
    return out;
}

} // namespace dbgscope
