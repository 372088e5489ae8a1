// SPDX-License-Identifier: Apache-2.0
#include "render/top_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include "dbgscope/utf8.hpp"
#include "render/columns.hpp"
#include "render/json_writer.hpp"
#include "render/session_text.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kColumns = 6;
using Cells = std::array<std::string, kColumns>;
constexpr std::array<bool, kColumns> kRight{false, false, true, true, true, false};
constexpr std::size_t kIdColumns = 8;    ///< are left to the id, whatever the others need
constexpr std::size_t kSmallestBar = 10; ///< a shorter one tells nothing
constexpr std::size_t kTitleColumns = 9; ///< "pressure "
constexpr std::size_t kSites = 5;
constexpr std::size_t kSiteBytes = 10, kSiteShare = 5;

using Lines = std::vector<TopLine>;

std::string bytes_or_dash(std::optional<std::uint64_t> bytes)
{
    return bytes ? format_bytes(*bytes) : "-";
}

std::string rate(std::optional<std::int64_t> bytes_per_s)
{
    if (!bytes_per_s)
        return "-";
    const auto size = static_cast<std::uint64_t>(std::abs(*bytes_per_s));
    return fmt::format("{}{}/s", *bytes_per_s < 0 ? '-' : '+', format_bytes(size));
}

Cells cells_of(const TopSession &session)
{
    return {printable(session.id),
            session.state,
            bytes_or_dash(session.used_bytes) + '/' +
                (session.cap.finite() ? format_bytes(session.cap.bytes()) : "none"),
            rate(session.growth_bytes_per_s),
            session.age_s ? age_text(*session.age_s) : "-",
            printable(fmt::format("{} {}", session.tool, session.debugger_pid))};
}

/// A header and one line a session, those from `first` to `end`.
Lines session_lines(const TopView &view, const TopScreen &screen, std::size_t first, std::size_t end)
{
    std::vector<Cells> rows{{"SESSION", "STATE", "MEMORY", "GROWTH", "AGE", "DEBUGGER"}};
    for (std::size_t i = first; i < end; ++i)
        rows.push_back(cells_of(view.sessions[i]));
    std::array<std::size_t, kColumns> widths{};
    for (const Cells &cells : rows)
        for (std::size_t i = 0; i < kColumns; ++i)
            widths[i] = std::max(widths[i], shown_width(cells[i]));
    std::size_t others = 2 * kColumns; // the mark, and what is between the columns
    for (std::size_t i = 1; i < kColumns; ++i)
        others += widths[i];
    widths[0] = std::min(widths[0], std::max(kIdColumns, screen.width - std::min(others, screen.width)));
    widths.back() = 0; // nothing follows it
    Lines lines;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const bool chosen = row > 0 && first + row - 1 == screen.chosen;
        cut(rows[row][0], widths[0]);
        std::string line = chosen ? "> " : "  ";
        for (std::size_t i = 0; i < kColumns; ++i) {
            const std::string &cell = rows[row][i];
            line += (i == 0 ? "" : "  ") + (kRight[i] ? pad_left(cell, widths[i]) : pad_right(cell, widths[i]));
        }
        lines.push_back({line, row == 0 ? TopStyle::title : chosen ? TopStyle::chosen : TopStyle::plain});
    }
    return lines;
}

std::string titled(std::string_view title, const std::string &text)
{
    return pad_right(std::string(title), kTitleColumns) + text;
}

/// "[######....|..]  120.3M of 128M, fuse at 121.6M"
TopLine memory_line(const TopSession &session, std::size_t width)
{
    std::string text = bytes_or_dash(session.used_bytes);
    text += session.cap.finite() ? " of " + format_bytes(session.cap.bytes()) : ", no cap";
    if (session.fuse.finite())
        text += ", fuse at " + format_bytes(session.fuse.bytes());
    const std::size_t taken = kTitleColumns + 4 + shown_width(text);
    std::string bar;
    if (session.cap.finite() && session.cap.bytes() > 0 && session.used_bytes && width >= taken + kSmallestBar) {
        const auto room = width - taken;
        const auto column = [&](std::uint64_t bytes) {
            const double part = static_cast<double>(bytes) / static_cast<double>(session.cap.bytes());
            return static_cast<std::size_t>(std::min(part, 1.0) * static_cast<double>(room));
        };
        bar = std::string(column(*session.used_bytes), '#');
        bar.resize(room, '.');
        if (session.fuse < session.cap)
            bar[std::min(column(session.fuse.bytes()), room - 1)] = '|';
        bar = '[' + bar + "]  ";
    }
    return {titled("memory", bar + text), session.at_its_line ? TopStyle::alarm : TopStyle::plain};
}

/// The cap, or without one the largest value, is the full height.
std::string history_text(const TopSession &session, std::size_t width)
{
    constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const std::size_t room = width - std::min(kTitleColumns, width);
    const std::vector<std::uint64_t> &all = session.history;
    const auto shown = all.end() - static_cast<std::ptrdiff_t>(std::min(room, all.size()));
    if (shown == all.end())
        return "-";
    const std::uint64_t largest = *std::max_element(shown, all.end());
    const double full = static_cast<double>(session.cap.finite() ? session.cap.bytes() : largest);
    std::string text;
    for (auto at = shown; at != all.end(); ++at) {
        const double part = full > 0 ? static_cast<double>(*at) / full : 0;
        text += kBlocks[std::min<std::size_t>(static_cast<std::size_t>(part * kBlocks.size()), kBlocks.size() - 1)];
    }
    return text;
}

std::string growth_text(const TopSession &session)
{
    std::string text = rate(session.growth_bytes_per_s);
    if (session.cap_in_s)
        text += ", at the cap in " + age_text(static_cast<std::int64_t>(*session.cap_in_s));
    return text;
}

std::string pressure_text(const TopSession &session)
{
    if (!session.stalled_some)
        return "-";
    std::string text = fmt::format("some {:.1f} %", *session.stalled_some);
    if (session.stalled_full)
        text += fmt::format(", full {:.1f} %", *session.stalled_full);
    return text + " of the last 10 s stalled for memory";
}

std::string go_text(const TopGo &go)
{
    std::string text;
    const auto add = [&text](const std::string &part) { text += (text.empty() ? "" : ", ") + part; };
    if (go.heap_live_bytes)
        add(format_bytes(*go.heap_live_bytes) + " live");
    if (go.goal_bytes)
        add("next GC at " + format_bytes(*go.goal_bytes));
    if (go.memory_limit_bytes)
        add("GOMEMLIMIT " + format_bytes(*go.memory_limit_bytes));
    if (go.cycles)
        add(fmt::format("{} GCs", *go.cycles));
    if (go.gc_cpu_share)
        add(fmt::format("{:.1f} % of CPU", *go.gc_cpu_share * 100));
    return text;
}

void add_sites(Lines &lines, const TopSession &session)
{
    if (session.sites.empty()) {
        if (!session.sites_unknown.empty())
            lines.push_back({titled("sites", "unknown: " + printable(session.sites_unknown))});
        return;
    }
    lines.push_back({pad_left("BYTES", kSiteBytes) + "  " + pad_left("SHARE", kSiteShare) + "  SITE", TopStyle::title});
    for (std::size_t i = 0; i < session.sites.size() && i < kSites; ++i) {
        const TopSite &site = session.sites[i];
        std::string where = site.function;
        if (site.line > 0) // the file without its directories
            where += fmt::format(" {}:{}", site.file.substr(site.file.rfind('/') + 1), site.line);
        lines.push_back(
            {fmt::format("{}  {}  {}", pad_left(format_bytes(site.bytes), kSiteBytes),
                         pad_left(fmt::format("{:.0f} %", site.share * 100), kSiteShare), printable(where))});
    }
}

Lines session_in_full(const TopSession &session, std::size_t width)
{
    Lines lines;
    lines.push_back({});
    lines.push_back(
        {fmt::format("{}: {}: {}", printable(session.id), session.state, printable(command_text(session.command))),
         TopStyle::title});
    lines.push_back(memory_line(session, width));
    lines.push_back({titled("history", history_text(session, width))});
    lines.push_back({titled("growth", growth_text(session))});
    lines.push_back({titled("pressure", pressure_text(session))});
    if (session.go)
        lines.push_back({titled("Go", go_text(*session.go))});
    lines.push_back({});
    add_sites(lines, session);
    return lines;
}

Lines last_lines(const TopScreen &screen)
{
    Lines lines;
    if (!screen.message.empty())
        lines.push_back({printable(screen.message)});
    if (screen.keys)
        lines.push_back({"h hold  c continue  + half as much again  s snapshot  j/k choose  q quit"});
    return lines;
}

} // namespace

std::vector<TopLine> top_lines(const TopView &view, const TopScreen &screen)
{
    const std::size_t count = view.sessions.size();
    Lines lines;
    lines.push_back({count == 0   ? "dbgscope top: no session is running"
                     : count == 1 ? "dbgscope top: 1 session"
                                  : fmt::format("dbgscope top: {} sessions", count)});
    const Lines last = last_lines(screen);
    if (count > 0) {
        const std::size_t chosen = std::min(screen.chosen, count - 1);
        const Lines full = session_in_full(view.sessions[chosen], screen.width);
        const std::size_t others = 2 + full.size() + std::max<std::size_t>(last.size(), screen.keys ? 2 : 0);
        const std::size_t room = std::clamp<std::size_t>(screen.height - std::min(others, screen.height), 1, count);
        const std::size_t first = std::min(chosen - std::min(room / 2, chosen), count - room);
        std::ranges::move(session_lines(view, screen, first, first + room), std::back_inserter(lines));
        std::ranges::copy(full, std::back_inserter(lines));
    }
    const std::size_t room = screen.height - std::min(last.size(), screen.height);
    if (screen.keys || lines.size() > room) // the keys are at the bottom
        lines.resize(room);
    std::ranges::copy(last, std::back_inserter(lines));
    lines.resize(std::min(lines.size(), screen.height));
    for (TopLine &line : lines)
        cut(line.text, screen.width);
    return lines;
}

std::string top_json(const TopView &view)
{
    return JsonWriter::encode(view, {}).dump({.ascii = true});
}

} // namespace dbgscope
