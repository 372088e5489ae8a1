// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/go_trace_lines.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

namespace dbgscope {
namespace {

constexpr std::size_t kMostName = 200;

/// What stands behind " KEY=": a word, or a string of Go's with its escapes as they are.
std::string_view value_of(std::string_view text, std::string_view key)
{
    const auto at = text.find(key);
    if (at == std::string_view::npos)
        return {};
    text.remove_prefix(at + key.size());
    if (!text.starts_with('"'))
        return text.substr(0, std::min(text.find(' '), kMostName));
    std::size_t end = 1;
    while (end < text.size() && text[end] != '"')
        end += text[end] == '\\' ? 2 : 1;
    return text.substr(1, std::min(std::min(end, text.size()) - 1, kMostName));
}

/// "RangeBegin" of "M=1531 P=1 G=1 RangeBegin Time=…"; empty: no such line.
std::string_view kind_of(std::string_view text)
{
    const auto at = text.starts_with("M=") ? text.substr(0, 120).find(" Time=") : std::string_view::npos;
    if (at == std::string_view::npos || at == 0)
        return {};
    const auto before = text.rfind(' ', at - 1);
    return before == std::string_view::npos ? std::string_view() : text.substr(before + 1, at - before - 1);
}

/// "34931 UserLog p=1 g=1 off=921 …" of Go before 1.22.
bool is_old_line(std::string_view text)
{
    constexpr std::array<std::string_view, 6> kNames{"GCStart",    "GCSTWStart", "UserTaskCreate",
                                                     "UserRegion", "UserLog",    "Gomaxprocs"};
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || text[digits] != ' ')
        return false;
    const std::string_view rest = text.substr(digits + 1);
    return std::ranges::any_of(kNames, [rest](std::string_view name) {
        return rest.starts_with(name) && rest.substr(name.size()).starts_with(" p=");
    });
}

/// Sweeping and assists are many, and short.
bool is_told(std::string_view range)
{
    return range == "GC concurrent mark phase" || range.starts_with("stop-the-world");
}

} // namespace

void GoTraceLines::begin(std::string key, GoTraceExcerpt excerpt)
{
    if (open_.size() < kMostOpen)
        open_.emplace(std::move(key), std::move(excerpt)); // what goes on is told again by each part of the trace
}

std::optional<GoTraceExcerpt> GoTraceLines::end(const std::string &key, const GoTraceExcerpt &excerpt)
{
    const auto begun = open_.extract(key);
    if (begun.empty())
        return excerpt;
    GoTraceExcerpt whole = std::move(begun.mapped());
    if (whole.clock.uptime_s && excerpt.clock.uptime_s)
        whole.text += fmt::format(", {:.3f}ms", (*excerpt.clock.uptime_s - *whole.clock.uptime_s) * 1000);
    return whole;
}

std::optional<GoTraceExcerpt> GoTraceLines::take(const PlainLine &plain)
{
    const std::string_view text = plain.text, kind = kind_of(text);
    if (kind.empty())
        return is_old_line(text) ? std::optional(GoTraceExcerpt{{}, plain.text, false}) : std::nullopt;
    const auto excerpt = [&](std::string words, bool of_program) {
        return GoTraceExcerpt{plain.clock, std::move(words), of_program};
    };
    if (kind.starts_with("Range")) {
        const std::string_view name = value_of(text, " Name=");
        if (!is_told(name))
            return std::nullopt;
        const std::string key = fmt::format("range {} {}", name, value_of(text, " Scope="));
        if (kind == "RangeEnd")
            return end(key, excerpt(fmt::format("{}, begun before the trace", name), false));
        begin(key, excerpt(std::string(name), false));
    } else if (kind.starts_with("Task")) {
        const std::string key = fmt::format("task {}", value_of(text, " ID="));
        GoTraceExcerpt task = excerpt(fmt::format("task \"{}\"", value_of(text, " Type=")), true);
        if (kind == "TaskEnd")
            return end(key, task);
        begin(key, std::move(task));
    } else if (kind.starts_with("Region")) {
        const std::string_view type = value_of(text, " Type=");
        const std::string key = fmt::format("region {} {}", value_of(text, " G="), type);
        GoTraceExcerpt region = excerpt(fmt::format("region \"{}\"", type), true);
        if (kind == "RegionEnd")
            return end(key, region);
        begin(key, std::move(region));
    } else if (kind == "Log") {
        return excerpt(fmt::format("{}: {}", value_of(text, " Category="), value_of(text, " Message=")), true);
    } else if (kind == "Metric" && text.find("/sched/gomaxprocs:") != std::string_view::npos) {
        std::string_view value = value_of(text, " Value="); // Uint64(4)
        value.remove_prefix(std::min(value.find_first_of("0123456789", value.find('(') + 1), value.size()));
        value = value.substr(0, value.find(')'));
        if (std::exchange(processors_, std::string(value)) != value)
            return excerpt(fmt::format("GOMAXPROCS {}", value), false);
    }
    return std::nullopt;
}

std::vector<GoTraceExcerpt> GoTraceLines::finish()
{
    std::vector<GoTraceExcerpt> left;
    for (auto &[key, excerpt] : std::exchange(open_, {})) {
        excerpt.text += ", not over where the trace ends";
        left.push_back(std::move(excerpt));
    }
    return left;
}

} // namespace dbgscope
