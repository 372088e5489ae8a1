// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "tools/report/report_text.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kColumns = 480; ///< of the picture: one hover text each
constexpr double kWidth = 960, kHeight = 300, kLeft = 70, kTop = 30, kStallHeight = 50, kGap = 40, kLetter = 9;
constexpr std::size_t kMostEvents = 2000;

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --page: #ffffff; --grid: #d0d7de; --memory: #2f6fbf;
  --cap: #b42318; --fuse: #b25e02; --stall: #8250df; --held: #b25e0233; --heap: #1a7f37; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1; --page: #0d1117; --grid: #30363d;
  --memory: #58a6ff; --cap: #ff7b72; --fuse: #e3a24f; --stall: #bc8cff; --held: #e3a24f33; --heap: #56d364; } }
body { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; max-width: 1040px; margin: 2em auto;
  padding: 0 1em; }
h1 { font-size: 1.2em; margin: 0; overflow-wrap: anywhere; } p { margin: .2em 0; color: var(--dim); }
code, td { font-family: ui-monospace, monospace; font-size: 13px; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; margin: 1em 0; } svg text { fill: var(--dim); font: 12px ui-monospace, monospace; }
.grid { stroke: var(--grid); } .memory { fill: var(--memory); fill-opacity: .35; stroke: var(--memory); }
.heap { stroke: var(--heap); fill: none; stroke-width: 1.5; } .goal { stroke: var(--heap); fill: none; stroke-dasharray: 2 3; }
.cap { stroke: var(--cap); fill: none; } .fuse { stroke: var(--fuse); fill: none; stroke-dasharray: 5 4; }
.stall { fill: var(--stall); } .span { fill: var(--held); } .mark { stroke: var(--ink); stroke-dasharray: 2 3; }
b.memory { color: var(--memory); } b.cap { color: var(--cap); } b.fuse { color: var(--fuse); } b.heap { color: var(--heap); }
b.held { color: var(--fuse); opacity: .4; } b.stall { color: var(--stall); }
svg text.letter { fill: var(--ink); font-weight: bold; } .hover { fill: transparent; } .hover:hover { fill: var(--grid);
  fill-opacity: .5; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .15em .8em .15em 0;
  border-top: 1px solid var(--grid); } td.number, td.word { white-space: nowrap; } td.number { text-align: right; }
@media print { body { max-width: none; margin: 0; } .hover { display: none; } tr { break-inside: avoid; } }
)";

/// For element content and quoted attributes; control characters are \xNN first, and what turns the direction of the
/// text round (U+202A to U+202E, U+2066 to U+2069) is \uNNNN: a browser would obey it.
std::string escaped(std::string_view text)
{
    std::string out;
    const std::string shown = printable(text);
    for (std::size_t at = 0; at < shown.size(); ++at) {
        const auto low = at + 2 < shown.size() ? static_cast<unsigned char>(shown[at + 2]) : 0U;
        const bool embeds = shown.compare(at, 2, "\xe2\x80") == 0 && low >= 0xaa && low <= 0xae;
        const bool isolates = shown.compare(at, 2, "\xe2\x81") == 0 && low >= 0xa6 && low <= 0xa9;
        if (embeds || isolates) {
            out += fmt::format("\\u{:04x}", (embeds ? 0x2000U : 0x2040U) + (low & 0x3fU));
            at += 2;
            continue;
        }
        const char c = shown[at];
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += c;
        }
    }
    return out;
}

/// Where things are in the picture.
class Picture {
  public:
    explicit Picture(const Timeline &timeline)
        : timeline_(timeline), columns_(chart_columns(timeline, kColumns)), top_(top_bytes(timeline))
    {
    }

    std::string svg() const
    {
        const bool pressure =
            std::ranges::any_of(columns_, [](const auto &column) { return column.stalled.has_value(); });
        const double bottom = kTop + kHeight + (pressure ? kGap + kStallHeight : 0);
        std::string text =
            fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"memory over time\">\n",
                        kLeft + kWidth + 20, bottom + 30);
        text += spans() + grid() + memory() + collector("heap", &RecordedPoint::gc_heap_bytes) +
                collector("goal", &RecordedPoint::gc_goal_bytes) + limits() + marks();
        if (pressure)
            text += stalls();
        return text + hovers(bottom) + time_axis() + "</svg>\n";
    }

  private:
    [[nodiscard]] double x(std::int64_t at_ms) const
    {
        const auto length = static_cast<double>(std::max<std::int64_t>(timeline_.length_ms, 1));
        return kLeft + std::min(static_cast<double>(at_ms) / length, 1.0) * kWidth;
    }
    [[nodiscard]] double y(std::uint64_t bytes) const
    {
        return kTop + kHeight * (1 - std::min(static_cast<double>(bytes) / static_cast<double>(top_), 1.0));
    }
    [[nodiscard]] static std::string line(const char *look, double x1, double y1, double x2, double y2)
    {
        return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", look, x1,
                           y1, x2, y2);
    }
    [[nodiscard]] std::string spans() const
    {
        std::string text;
        for (const StateSpan &span : timeline_.spans)
            text +=
                fmt::format("<rect class=\"span\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"><title>{} for "
                            "{}</title></rect>\n",
                            x(span.from_ms), kTop, std::max(x(span.to_ms) - x(span.from_ms), 1.0), kHeight,
                            state_name(span.state), since_text(span.to_ms - span.from_ms));
        return text;
    }
    [[nodiscard]] std::string grid() const
    {
        std::string text;
        for (std::uint64_t i = 0; i <= 4; ++i) {
            const std::uint64_t bytes = top_ / 4 * i;
            text += line("grid", kLeft, y(bytes), kLeft + kWidth, y(bytes));
            text += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 8,
                                y(bytes) + 4, i == 0 ? "0" : format_bytes(bytes));
        }
        return text;
    }
    [[nodiscard]] std::string memory() const
    {
        std::string path;
        double last = kLeft;
        for (const ChartColumn &column : columns_) {
            if (!column.highest)
                continue;
            if (path.empty())
                path = fmt::format("M{:.1f} {:.1f}", x(column.from_ms), y(0));
            path += fmt::format("L{:.1f} {:.1f}", x(column.from_ms), y(column.highest->current_bytes));
            last = x(column.to_ms);
            path += fmt::format("H{:.1f}", last);
        }
        return path.empty() ? "" : fmt::format("<path class=\"memory\" d=\"{}V{:.1f}Z\"/>\n", path, y(0));
    }
    /// A line of its own wherever something is known.
    [[nodiscard]] std::string collector(const char *look, std::uint64_t RecordedPoint::*bytes) const
    {
        std::string path;
        bool drawn = false;
        for (const ChartColumn &column : columns_) {
            const std::uint64_t here = column.highest ? (*column.highest).*bytes : 0;
            if (here > 0)
                path += fmt::format("{}{:.1f} {:.1f}", drawn ? 'L' : 'M', x(column.from_ms), y(here));
            drawn = here > 0;
        }
        return path.empty() ? "" : fmt::format("<path class=\"{}\" d=\"{}\"/>\n", look, path);
    }
    [[nodiscard]] std::string limits() const
    {
        std::string text;
        for (std::size_t i = 0; i < timeline_.limits.size(); ++i) {
            const LimitsFrom &each = timeline_.limits[i];
            const double from = x(each.at_ms);
            const double to = i + 1 < timeline_.limits.size() ? x(timeline_.limits[i + 1].at_ms) : kLeft + kWidth;
            if (each.cap.finite() && each.cap.bytes() <= top_)
                text += line("cap", from, y(each.cap.bytes()), to, y(each.cap.bytes()));
            if (each.fuse.finite() && each.fuse.bytes() <= top_)
                text += line("fuse", from, y(each.fuse.bytes()), to, y(each.fuse.bytes()));
        }
        return text;
    }
    [[nodiscard]] std::string marks() const
    {
        std::string text;
        std::size_t count = 0, row = 0;
        double last = -kWidth;
        for (const TimelineEvent &event : timeline_.events) {
            if (mark_letter(event.mark) == ' ' || ++count > kMostEvents)
                continue;
            const double at = x(event.at_ms);
            row = at - std::exchange(last, at) < kLetter ? (row + 1) % 2 : 0; // beside another it stands above it
            text +=
                fmt::format("<g>{}<text class=\"letter\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                            line("mark", at, kTop, at, kTop + kHeight), at, kTop - 8 - static_cast<double>(row) * 12,
                            escaped(std::string(1, mark_letter(event.mark))));
            text += fmt::format("<title>{} {}: {} {}</title></g>\n", since_text(event.at_ms), mark_words(event.mark),
                                escaped(event.what), escaped(event.text));
        }
        return text;
    }
    [[nodiscard]] std::string stalls() const
    {
        constexpr double kFloor = kTop + kHeight + kGap + kStallHeight;
        std::string text = fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">stalled</text>\n",
                                       kLeft - 8, kFloor - kStallHeight / 2) +
                           line("grid", kLeft, kFloor, kLeft + kWidth, kFloor);
        for (const ChartColumn &column : columns_)
            if (const double high = column.stalled.value_or(0) * kStallHeight; high > 0)
                text += fmt::format(
                    "<rect class=\"stall\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\"/>\n",
                    x(column.from_ms), kFloor - high, kWidth / kColumns, high);
        return text;
    }
    [[nodiscard]] std::string hovers(double bottom) const
    {
        std::string text;
        for (const ChartColumn &column : columns_) {
            if (!column.highest)
                continue;
            const RecordedPoint &point = *column.highest;
            std::string words = fmt::format("{}: {} in use; anonymous {}, file {}", since_text(point.at_ms),
                                            format_bytes(point.current_bytes), format_bytes(point.anon_bytes),
                                            format_bytes(point.file_bytes));
            if (column.stalled)
                words += fmt::format("; stalled {:.0f} %", *column.stalled * 100);
            if (point.gc_heap_bytes > 0)
                words += fmt::format(
                    "; Go's heap {}, the next collection before {}, {} so far", format_bytes(point.gc_heap_bytes),
                    point.gc_goal_bytes > 0 ? format_bytes(point.gc_goal_bytes) : "never", point.gc_cycles);
            text += fmt::format("<rect class=\"hover\" x=\"{:.1f}\" y=\"{}\" width=\"{:.2f}\" "
                                "height=\"{:.0f}\"><title>{}</title></rect>\n",
                                x(column.from_ms), kTop, kWidth / kColumns, bottom - kTop, words);
        }
        return text;
    }
    [[nodiscard]] std::string time_axis() const
    {
        std::string text;
        constexpr int kTicks = 6;
        for (int i = 0; i <= kTicks; ++i) {
            const std::int64_t at = timeline_.length_ms * i / kTicks;
            text += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"middle\">{}</text>\n", x(at),
                                kTop + kHeight + 18, since_text(at));
        }
        return text;
    }

    const Timeline &timeline_;
    std::vector<ChartColumn> columns_;
    std::uint64_t top_;
};

/// What the colours are, of those that are there.
std::string colours(const Timeline &timeline)
{
    const auto any = [&timeline](auto wanted) { return std::ranges::any_of(timeline.points, wanted); };
    const struct {
        bool there;
        const char *look, *sign, *words;
    } all[] = {
        {true, "memory", "█", "memory"},
        {std::ranges::any_of(timeline.limits, [](const auto &each) { return each.cap.finite(); }), "cap", "━", "cap"},
        {std::ranges::any_of(timeline.limits, [](const auto &each) { return each.fuse.finite(); }), "fuse", "╍",
         "fuse"},
        {any([](const auto &point) { return point.gc_heap_bytes > 0; }), "heap", "━", "Go's heap"},
        {any([](const auto &point) { return point.gc_goal_bytes > 0; }), "heap", "┈", "where it is collected next"},
        {!timeline.spans.empty(), "held", "█", "held or stopped"},
        {any([](const auto &point) { return point.stall_some_us > 0; }), "stall", "█", "time lost waiting for memory"},
    };
    std::string text;
    for (const auto &one : all)
        if (one.there)
            text += fmt::format("{}<b class=\"{}\">{}</b> {}", text.empty() ? "" : ", ", one.look, one.sign, one.words);
    return "<p>" + text + "</p>\n";
}

std::string legend(const Timeline &timeline)
{
    std::vector<Mark> seen;
    std::string text;
    for (const TimelineEvent &event : timeline.events)
        if (mark_letter(event.mark) != ' ' && std::ranges::find(seen, event.mark) == seen.end()) {
            seen.push_back(event.mark);
            text += fmt::format("{}<b>{}</b> {}", text.empty() ? "" : ", ",
                                escaped(std::string(1, mark_letter(event.mark))), mark_words(event.mark));
        }
    return text.empty() ? "" : "<p>" + text + "</p>\n";
}

std::string event_table(const Timeline &timeline)
{
    if (timeline.events.empty())
        return "";
    std::string text = "<table>\n<tr><th>since</th><th>time</th><th>memory</th><th>what</th><th></th></tr>\n";
    for (std::size_t i = 0; i < std::min(timeline.events.size(), kMostEvents); ++i) {
        const TimelineEvent &event = timeline.events[i];
        text += fmt::format("<tr><td class=\"number\">{}</td><td class=\"word\">{}</td><td class=\"number\">{}</td><td "
                            "class=\"word\">{}</td><td>{}</td>"
                            "</tr>\n",
                            since_text(event.at_ms), clock_text(event.unix_ms, true),
                            event.bytes ? format_bytes(*event.bytes) : "", escaped(event.what), escaped(event.text));
        for (const RecordedSite &site : event.sites)
            text += fmt::format("<tr><td></td><td></td><td class=\"number\">{}</td><td class=\"number\">{:.0f} %</td>"
                                "<td>{}</td></tr>\n",
                                format_bytes(site.bytes), site.share_permille / 10.0, escaped(site_words(site)));
    }
    text += "</table>\n";
    if (timeline.events.size() > kMostEvents)
        text += fmt::format("<p>and {} more</p>\n", timeline.events.size() - kMostEvents);
    return text;
}

} // namespace

std::string report_html(const Timeline &timeline)
{
    const std::string id = timeline.session.id.empty() ? "a session" : escaped(timeline.session.id);
    std::string text = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{}</style>\n"
        "</head>\n<body>\n",
        id, kStyle);
    text +=
        fmt::format("<h1>{}</h1>\n<p><code>{}</code></p>\n<p>{}</p>\n<p>{}</p>\n", id, escaped(command_words(timeline)),
                    escaped(when_words(timeline)), escaped(limit_words(timeline)));
    if (const std::string words = gc_words(timeline); !words.empty())
        text += "<p>" + escaped(words) + "</p>\n";
    for (const std::string &note : timeline.notes)
        text += "<p>note: " + escaped(note) + "</p>\n";
    text += timeline.points.empty() ? "<p>No memory was recorded.</p>\n" : Picture(timeline).svg() + colours(timeline);
    return text + legend(timeline) + event_table(timeline) + "</body>\n</html>\n";
}

} // namespace dbgscope
