// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "tools/explain/gctrace.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kColumns = 64, kRows = 12;

struct Column {
    std::uint64_t end_mib = 0, goal_mib = 0;
};

/// Time to columns of equal width: the highest point of each; an empty one repeats what was before it.
std::vector<Column> columns_of(const GcProgram &program)
{
    const auto &points = program.points();
    const double from = points.front().at_s, wall = std::max(points.back().at_s - from, 0.001);
    std::vector<Column> columns(std::min(kColumns, std::max<std::size_t>(points.size(), 8)));
    for (const auto &point : points) {
        const auto at = static_cast<std::size_t>((point.at_s - from) / wall * static_cast<double>(columns.size() - 1));
        columns[at].end_mib = std::max(columns[at].end_mib, point.end_mib);
        columns[at].goal_mib = std::max(columns[at].goal_mib, point.goal_mib);
    }
    for (std::size_t i = 1; i < columns.size(); ++i)
        if (columns[i].goal_mib == 0 && columns[i].end_mib == 0)
            columns[i] = columns[i - 1];
    return columns;
}

} // namespace

std::string gc_chart(const GcProgram &program, std::optional<std::uint64_t> cap_bytes)
{
    if (program.points().empty())
        return {};
    const auto columns = columns_of(program);
    std::uint64_t top = 1;
    for (const Column &column : columns)
        top = std::max({top, column.end_mib, column.goal_mib});
    const std::uint64_t cap_mib = cap_bytes.value_or(0) / kMiB;
    if (cap_mib <= 4 * top) // a cap far above would leave nothing of the rest
        top = std::max(top, cap_mib);
    const auto row_of = [top](std::uint64_t mib) {
        return static_cast<std::size_t>(
            std::ceil(static_cast<double>(mib) * static_cast<double>(kRows) / static_cast<double>(top)));
    };
    std::string chart;
    for (std::size_t row = kRows; row > 0; --row) {
        std::string cells;
        for (const Column &column : columns) {
            const bool cap_here = cap_bytes && row_of(cap_mib) == row;
            cells += row_of(column.end_mib) >= row ? '#' : row_of(column.goal_mib) == row ? '-' : cap_here ? '=' : ' ';
        }
        cells.erase(cells.find_last_not_of(' ') + 1);
        chart += fmt::format("{:>6} MB |{}\n", top * row / kRows, cells);
    }
    const auto &points = program.points();
    chart += fmt::format("{:>9} +{}\n{:>11}{:<{}}{:.1f}s\n", "", std::string(columns.size(), '-'), "",
                         fmt::format("{:.1f}s", points.front().at_s), columns.size() - 4, points.back().at_s);
    chart += fmt::format("{:>11}# heap at the end of a collection, - goal{}\n", "",
                         cap_bytes ? fmt::format(", = cap {}", format_bytes(*cap_bytes)) : "");
    return chart;
}

std::vector<std::string> gc_verdicts(const GcProgram &program, std::optional<std::uint64_t> cap_bytes, bool killed)
{
    std::vector<std::string> verdicts;
    const GcLine &last = program.last();
    if (cap_bytes && program.next_goal_mib() * kMiB > *cap_bytes)
        verdicts.push_back(fmt::format(
            "the next collection was due above the limit: it was to be done by about {} MB (the live heap was {} MB), "
            "the cap is {}. {} Nothing suppressed the collector: GOMEMLIMIT was not set, or above the cap, so it did "
            "not "
            "know of it. Set GOMEMLIMIT below the cap, as dbgscope does (from Go 1.19 on; before that a smaller GOGC)",
            program.next_goal_mib(), last.live_mib, format_bytes(*cap_bytes),
            killed ? "The program was killed first." : "A program that reaches its cap first is killed."));
    if (const auto &spiral = program.spiral()) {
        verdicts.push_back(fmt::format(
            "GC death spiral for {:.1f} s: {:.0f} % of the collections had a goal within a tenth of the live heap, and "
            "marking ran {:.0f} % of the time (worst from {:.1f} s to {:.1f} s). GOMEMLIMIT (or a very small GOGC) "
            "leaves too little above the live heap of {} MB: the program runs, and gets little done. More memory and a "
            "higher GOMEMLIMIT, or a smaller heap",
            program.spiral_s(), spiral->tight_goal * 100, spiral->mark_duty * 100, spiral->from_s, spiral->to_s,
            last.live_mib));
    }
    if (program.goal_below_live())
        verdicts.push_back(
            fmt::format("the last goal ({} MB) was not above the live heap it was made for: GOMEMLIMIT is "
                        "below what the program holds. Only a higher limit, or holding less, helps",
                        last.goal_mib));
    return verdicts;
}

} // namespace dbgscope
