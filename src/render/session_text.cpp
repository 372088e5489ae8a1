// SPDX-License-Identifier: Apache-2.0
#include "render/session_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "dbgscope/utf8.hpp"
#include "render/columns.hpp"
#include "text/secrets.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kColumns = 7;
using Cells = std::array<std::string, kColumns>;
constexpr std::array<bool, kColumns> kRight{false, false, true, false, true, true, false};

Cells cells_of(const SessionRow &row)
{
    const auto bytes = [](std::optional<std::uint64_t> value) { return value ? format_bytes(*value) : "-"; };
    return {printable(row.id),
            printable(row.debugger),
            row.age_s ? age_text(*row.age_s) : "-",
            row.state,
            bytes(row.used_bytes) + '/' + (row.cap.finite() ? format_bytes(row.cap.bytes()) : "none"),
            bytes(row.peak_bytes),
            printable(command_text(row.command))};
}

} // namespace

std::string age_text(std::int64_t seconds)
{
    const std::int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (days > 0)
        return fmt::format("{}d {}h", days, hours % 24);
    if (hours > 0)
        return fmt::format("{}h {}min", hours, minutes % 60);
    return minutes > 0 ? fmt::format("{}min", minutes) : fmt::format("{}s", seconds);
}

std::string command_text(const std::vector<std::string> &words)
{
    constexpr std::string_view kPlain = "%+,-./:=@_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string text;
    for (const std::string &word : without_secrets(words)) {
        if (!text.empty())
            text += ' ';
        if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
            text += word;
            continue;
        }
        text += '\'';
        for (const char c : word)
            text += c == '\'' ? "'\\''" : std::string(1, c);
        text += '\'';
    }
    return text;
}

std::string session_table(const std::vector<SessionRow> &rows, std::size_t width)
{
    std::vector<Cells> lines{{"ID", "DEBUGGER", "AGE", "STATE", "MEMORY", "PEAK", "COMMAND"}};
    for (const SessionRow &row : rows)
        lines.push_back(cells_of(row));
    std::array<std::size_t, kColumns> widths{};
    for (const Cells &cells : lines)
        for (std::size_t i = 0; i < kColumns; ++i)
            widths[i] = std::max(widths[i], shown_width(cells[i]));
    std::string out;
    for (const Cells &cells : lines) {
        std::string line;
        for (std::size_t i = 0; i + 1 < kColumns; ++i) {
            line += (kRight[i] ? pad_left(cells[i], widths[i]) : pad_right(cells[i], widths[i])) + "  ";
        }
        line += cells.back();
        cut(line, width);
        out += line + '\n';
    }
    return out;
}

} // namespace dbgscope
