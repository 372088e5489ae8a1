// SPDX-License-Identifier: Apache-2.0
#include "tools/report/openmetrics.hpp"

#include <cmath>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "tools/report/report_text.hpp"

namespace dbgscope {

std::string metric_labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels)
{
    std::string text = "{";
    for (const auto &[name, value] : labels) {
        text += fmt::format("{}{}=\"", text.size() > 1 ? "," : "", name);
        for (const char c : printable(value))
            text += c == '\\' ? "\\\\" : c == '"' ? "\\\"" : std::string(1, c);
        text += '"';
    }
    return text + '}';
}

void Metrics::family(std::string_view name, std::string_view type, std::string_view unit, std::string_view help)
{
    text_ += fmt::format("# TYPE {} {}\n", name, type);
    if (!unit.empty())
        text_ += fmt::format("# UNIT {} {}\n", name, unit);
    text_ += fmt::format("# HELP {} {}\n", name, help);
}

void Metrics::sample(std::string_view name, const std::string &labels, double value,
                     std::optional<std::int64_t> unix_ms)
{
    const bool whole = std::abs(value) < 1e15 && std::floor(value) == value;
    text_ += fmt::format("{}{} {}", name, labels, whole ? fmt::format("{:.0f}", value) : fmt::format("{}", value));
    if (unix_ms)
        text_ += fmt::format(" {}.{:03d}", *unix_ms / 1000, *unix_ms % 1000);
    text_ += '\n';
}

std::string Metrics::finish() &&
{
    return std::move(text_) + "# EOF\n";
}

std::string report_openmetrics(const Timeline &timeline)
{
    const std::string &id = timeline.session.id;
    const auto labels = [&](std::string_view extra_name = "", std::string_view extra = "") {
        return extra_name.empty() ? metric_labels({{"session", id}})
                                  : metric_labels({{"session", id}, {extra_name, extra}});
    };
    Metrics metrics;
    const auto points = [&](std::string_view name, const std::string &with, std::uint64_t RecordedPoint::*member,
                            double scale = 1) {
        std::int64_t last_ms = -1; // of one series each time counts once
        for (const RecordedPoint &point : timeline.points)
            if (std::exchange(last_ms, point.at_ms) != point.at_ms)
                metrics.sample(name, with, static_cast<double>(point.*member) * scale,
                               timeline.began_unix_ms + point.at_ms);
    };
    metrics.family("dbgscope_memory_bytes", "gauge", "bytes", "Memory of the debuggee.");
    points("dbgscope_memory_bytes", labels("part", "all"), &RecordedPoint::current_bytes);
    points("dbgscope_memory_bytes", labels("part", "anon"), &RecordedPoint::anon_bytes);
    points("dbgscope_memory_bytes", labels("part", "file"), &RecordedPoint::file_bytes);
    metrics.family("dbgscope_cap_bytes", "gauge", "bytes", "The cap on the memory of the debuggee.");
    for (const LimitsFrom &limits : timeline.limits)
        if (limits.cap.finite())
            metrics.sample("dbgscope_cap_bytes", labels(), static_cast<double>(limits.cap.bytes()),
                           timeline.began_unix_ms + limits.at_ms);
    constexpr double kSecondsPerUs = 1e-6;
    metrics.family("dbgscope_stalled_seconds", "counter", "seconds",
                   "Time that tasks of the session waited for memory.");
    points("dbgscope_stalled_seconds_total", labels("kind", "some"), &RecordedPoint::stall_some_us, kSecondsPerUs);
    points("dbgscope_stalled_seconds_total", labels("kind", "full"), &RecordedPoint::stall_full_us, kSecondsPerUs);
    if (gc_sums(timeline)) {
        metrics.family("dbgscope_go_heap_bytes", "gauge", "bytes", "Heap of a Go program, and where it is collected.");
        points("dbgscope_go_heap_bytes", labels("part", "live"), &RecordedPoint::gc_heap_bytes);
        points("dbgscope_go_heap_bytes", labels("part", "goal"), &RecordedPoint::gc_goal_bytes);
        metrics.family("dbgscope_go_collections", "counter", "", "Cycles of Go's collector.");
        points("dbgscope_go_collections_total", labels(), &RecordedPoint::gc_cycles);
        metrics.family("dbgscope_go_pauses_seconds", "counter", "seconds", "Time the program stood still for it.");
        points("dbgscope_go_pauses_seconds_total", labels(), &RecordedPoint::gc_pause_us, kSecondsPerUs);
    }
    return std::move(metrics).finish();
}

} // namespace dbgscope
