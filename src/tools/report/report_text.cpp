// SPDX-License-Identifier: Apache-2.0
#include "tools/report/report_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "render/columns.hpp"
#include "render/session_text.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kRows = 12;
constexpr std::size_t kTitle = 9; ///< columns left of the chart: "pressure "
constexpr std::size_t kMostEvents = 200;
constexpr std::array<std::string_view, 9> kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array kLegend{Mark::started, Mark::held,     Mark::stopped, Mark::resumed, Mark::raised,
                             Mark::lowered, Mark::snapshot, Mark::killed,  Mark::ended};

std::size_t eighths(double part, std::size_t most)
{
    const double clamped = std::clamp(part, 0.0, 1.0) * static_cast<double>(most);
    return static_cast<std::size_t>(clamped + 0.5);
}

/// The row, from the bottom, that a number of bytes falls in; nothing above the chart.
std::optional<std::size_t> row_of(Limit limit, std::uint64_t top)
{
    if (!limit.finite() || limit.bytes() > top)
        return std::nullopt;
    const double part = static_cast<double>(limit.bytes()) / static_cast<double>(top);
    return std::min(static_cast<std::size_t>(part * kRows), kRows - 1);
}

std::string chart_row(const Timeline &timeline, const std::vector<ChartColumn> &columns, std::uint64_t top,
                      std::size_t row)
{
    std::string line;
    for (const ChartColumn &column : columns) {
        const std::size_t filled =
            column.highest
                ? eighths(static_cast<double>(column.highest->current_bytes) / static_cast<double>(top), kRows * 8)
                : 0;
        const std::size_t here = std::min<std::size_t>(filled - std::min(filled, row * 8), 8);
        const LimitsFrom &limits = limits_at(timeline, column.from_ms);
        if (here > 0)
            line += kBlocks[here];
        else if (row_of(limits.cap, top) == row)
            line += "─";
        else if (row_of(limits.fuse, top) == row)
            line += "┄";
        else
            line += ' ';
    }
    return line;
}

std::string chart(const Timeline &timeline, const std::vector<ChartColumn> &columns)
{
    const std::uint64_t top = top_bytes(timeline);
    std::string text;
    for (std::size_t row = kRows; row-- > 0;) {
        std::string label;
        if (row + 1 == kRows || row == kRows / 2)
            label = format_bytes(row + 1 == kRows ? top : top / kRows * (row + 1)) + ' ';
        std::string line = chart_row(timeline, columns, top, row);
        line.resize(line.find_last_not_of(' ') + 1);
        text += pad_left(label, kTitle) + "│" + line + '\n';
    }
    text += pad_left("0 ", kTitle) + "└";
    for (std::size_t i = 0; i < columns.size(); ++i)
        text += "─";
    return text + '\n';
}

/// What matters most where several fall into one column.
int weight(Mark mark)
{
    constexpr std::array kOrder{Mark::snapshot, Mark::resumed, Mark::ended, Mark::started, Mark::lowered,
                                Mark::raised,   Mark::stopped, Mark::held,  Mark::killed};
    return static_cast<int>(std::ranges::find(kOrder, mark) - kOrder.begin());
}

std::string marks(const Timeline &timeline, std::size_t width)
{
    std::vector<Mark> row(width, Mark::none);
    const auto length = static_cast<double>(std::max<std::int64_t>(timeline.length_ms, 1));
    for (const TimelineEvent &event : timeline.events) {
        if (mark_letter(event.mark) == ' ')
            continue;
        const auto at =
            static_cast<std::size_t>(static_cast<double>(event.at_ms) / length * static_cast<double>(width));
        Mark &place = row[std::min(at, width - 1)];
        if (place == Mark::none || weight(event.mark) > weight(place))
            place = event.mark;
    }
    std::string line;
    for (const Mark mark : row)
        line += mark_letter(mark);
    line.resize(line.find_last_not_of(' ') + 1);
    if (line.empty())
        return "";
    std::string legend;
    for (const Mark mark : kLegend)
        if (std::ranges::find(timeline.events, mark, &TimelineEvent::mark) != timeline.events.end()) // hidden ones too
            legend += fmt::format("{}{} {}", legend.empty() ? "" : ", ", mark_letter(mark), mark_words(mark));
    return pad_right("marks", kTitle) + ' ' + line + '\n' + std::string(kTitle + 1, ' ') + legend + '\n';
}

std::string pressure(const std::vector<ChartColumn> &columns)
{
    if (std::ranges::none_of(columns, [](const ChartColumn &column) { return column.stalled.has_value(); }))
        return "";
    std::string line;
    double most = 0;
    for (const ChartColumn &column : columns) {
        line += kBlocks[column.stalled.value_or(0) > 0 ? std::max<std::size_t>(eighths(*column.stalled, 8), 1) : 0];
        most = std::max(most, column.stalled.value_or(0));
    }
    line.resize(line.find_last_not_of(' ') + 1);
    return pad_right("pressure", kTitle) + ' ' + line +
           fmt::format("\n{}time stalled for memory, at most {:.0f} %\n", std::string(kTitle + 1, ' '), most * 100);
}

/// The same scale as the chart above it.
std::string collector(const Timeline &timeline, const std::vector<ChartColumn> &columns)
{
    const std::string words = gc_words(timeline);
    if (words.empty())
        return "";
    std::string line;
    const auto top = static_cast<double>(top_bytes(timeline));
    for (const ChartColumn &column : columns) {
        const std::uint64_t heap = column.highest ? column.highest->gc_heap_bytes : 0;
        line += kBlocks[heap > 0 ? std::max<std::size_t>(eighths(static_cast<double>(heap) / top, 8), 1) : 0];
    }
    line.resize(line.find_last_not_of(' ') + 1);
    return pad_right("Go heap", kTitle) + ' ' + line + '\n' + std::string(kTitle + 1, ' ') + words + '\n';
}

std::string time_axis(const Timeline &timeline, std::size_t width)
{
    const std::string middle = since_text(timeline.length_ms / 2), end = since_text(timeline.length_ms);
    std::string line = "0s";
    if (width >= middle.size() + end.size() + 12) {
        line = pad_right(line, width / 2 - middle.size() / 2) + middle;
        line = pad_right(line, width - end.size()) + end;
    }
    return std::string(kTitle + 1, ' ') + line + '\n';
}

std::string event_line(const TimelineEvent &event)
{
    const std::string bytes = event.bytes ? format_bytes(*event.bytes) : "-";
    const std::string text = printable(event.text);
    std::string line = fmt::format("{:>10}  {}  {:>8}  {}\n", since_text(event.at_ms), clock_text(event.unix_ms, true),
                                   bytes, text.empty() ? event.what : fmt::format("{:<10} {}", event.what, text));
    for (const RecordedSite &site : event.sites)
        line += fmt::format("{:>43} {:>4.0f} %  {}\n", format_bytes(site.bytes), site.share_permille / 10.0,
                            site_words(site));
    return line;
}

/// Which events are shown: where there are too many the first and the last ones, those of the recording itself before
/// those of other logs.
std::vector<bool> shown_events(const std::vector<TimelineEvent> &events)
{
    std::vector<bool> shown(events.size(), false);
    std::size_t left = kMostEvents;
    for (const bool own : {true, false}) {
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < events.size(); ++i)
            if (events[i].log.empty() == own)
                places.push_back(i);
        const std::size_t most = own ? kMostEvents : std::max(left, kMostEvents / 4), half = most / 2;
        for (std::size_t i = 0; i < places.size(); ++i)
            if (places.size() <= most || i < half || i >= places.size() - half)
                shown[places[i]] = true;
        left -= std::min(left, places.size());
    }
    return shown;
}

std::string event_lines(const Timeline &timeline)
{
    if (timeline.events.empty())
        return "";
    std::string text = fmt::format("\n{:>10}  {:<8}  {:>8}  {}\n", "SINCE", "TIME", "MEMORY", "WHAT");
    const std::vector<bool> shown = shown_events(timeline.events);
    for (std::size_t i = 0, hidden = 0; i < shown.size(); ++i) {
        if (shown[i])
            text += event_line(timeline.events[i]);
        else if (++hidden; i + 1 == shown.size() || shown[i + 1])
            text += fmt::format("{:>10}  … {} more, which --json has …\n", "", std::exchange(hidden, 0));
    }
    return text;
}

} // namespace

char mark_letter(Mark mark)
{
    switch (mark) {
    case Mark::none: return ' ';
    case Mark::started: return 'D';
    case Mark::ended: return 'E';
    case Mark::held: return 'H';
    case Mark::stopped: return 'S';
    case Mark::resumed: return '>';
    case Mark::raised: return 'M';
    case Mark::lowered: return 'L';
    case Mark::killed: return 'K';
    case Mark::snapshot: return 'P';
    }
    return ' ';
}

const char *mark_words(Mark mark)
{
    switch (mark) {
    case Mark::none: break;
    case Mark::started: return "a debuggee started";
    case Mark::ended: return "ended";
    case Mark::held: return "held";
    case Mark::stopped: return "stopped by its debugger";
    case Mark::resumed: return "runs on";
    case Mark::raised: return "given more memory";
    case Mark::lowered: return "given less memory";
    case Mark::killed: return "killed";
    case Mark::snapshot: return "a snapshot was taken";
    }
    return "";
}

std::string command_words(const Timeline &timeline)
{
    return timeline.session.command.empty() ? "?" : printable(command_text(timeline.session.command));
}

std::string when_words(const Timeline &timeline)
{
    std::string text = clock_text(timeline.began_unix_ms) + ", " + since_text(timeline.length_ms);
    if (!timeline.ended)
        return text + (timeline.runs ? ", it runs" : ", no end recorded");
    const auto &status = timeline.session.exit_status;
    if (!status)
        return text + ", ended";
    return text + (*status < 0 ? fmt::format(", ended by signal {}", -*status)
                               : fmt::format(", ended with status {}", *status));
}

std::string limit_words(const Timeline &timeline)
{
    const LimitsFrom &limits = timeline.limits.back();
    std::string text = limits.cap.finite() ? "cap " + format_bytes(limits.cap.bytes()) : "no cap";
    if (limits.fuse.finite())
        text += ", fuse at " + format_bytes(limits.fuse.bytes());
    text += ", peak " + format_bytes(timeline.peak_bytes);
    if (timeline.session.fuse_trips > 0)
        text +=
            fmt::format(", held {} time{}", timeline.session.fuse_trips, timeline.session.fuse_trips == 1 ? "" : "s");
    return text;
}

std::string gc_words(const Timeline &timeline)
{
    const auto sums = gc_sums(timeline);
    if (!sums)
        return "";
    return fmt::format("Go's heap {} at most, {} collection{}, {:.1f}ms stood still for them",
                       format_bytes(sums->most_heap_bytes), sums->cycles, sums->cycles == 1 ? "" : "s",
                       static_cast<double>(sums->pause_us) / 1000);
}

std::string site_words(const RecordedSite &site)
{
    std::string words = site.function.empty() ? "?" : printable(site.function);
    if (!site.file.empty())
        words += ' ' + printable(site.file.substr(site.file.rfind('/') + 1));
    if (!site.file.empty() && site.line > 0)
        words += fmt::format(":{}", site.line);
    return words;
}

std::string report_text(const Timeline &timeline, std::size_t width)
{
    constexpr std::size_t kNarrowest = 20;
    const std::string id = timeline.session.id.empty() ? "a session without its first line" : timeline.session.id;
    std::string text = fmt::format("{}\n{}\n{}\n{}\n", printable(id), command_words(timeline), when_words(timeline),
                                   limit_words(timeline));
    for (const std::string &note : timeline.notes)
        text += "note: " + note + '\n';
    text += '\n';
    const std::size_t columns = std::max(width - std::min(width, kTitle + 1), kNarrowest);
    if (timeline.points.empty()) {
        text += "No memory was recorded.\n";
    } else {
        const auto chart_of = chart_columns(timeline, columns);
        text += chart(timeline, chart_of) + time_axis(timeline, columns) + marks(timeline, columns) +
                pressure(chart_of) + collector(timeline, chart_of);
    }
    return text + event_lines(timeline);
}

} // namespace dbgscope
