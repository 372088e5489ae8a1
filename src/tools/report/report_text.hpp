// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "tools/report/timeline.hpp"

// A recording for a terminal, and for other programs.
namespace dbgscope {

/// A chart of memory against fuse and cap with its marks, pressure below it where it was recorded, then the events.
/// `width`: of the chart, in columns; lines of text are as long as they are. Control characters are escaped.
[[nodiscard]] std::string report_text(const Timeline &timeline, std::size_t width);

/// All of it, on one line.
[[nodiscard]] std::string report_json(const Timeline &timeline);

/// Chrome's trace events (ui.perfetto.dev, chrome://tracing): counters, instants, and slices for the states.
[[nodiscard]] std::string report_trace(const Timeline &timeline);

/// Every point with its time, in OpenMetrics' text format, as `promtool tsdb create-blocks-from openmetrics` takes it.
[[nodiscard]] std::string report_openmetrics(const Timeline &timeline);

/// A page that needs nothing else: no script, nothing is loaded, light and dark, printable.
[[nodiscard]] std::string report_html(const Timeline &timeline);

/// "H", "S", …: how a mark is drawn; blank: not at all. And what it stands for.
[[nodiscard]] char mark_letter(Mark mark);
[[nodiscard]] const char *mark_words(Mark mark);

/// "dlv exec ./leak", "2026-11-29 17:02:33, 12min 3s, ended with status 0", "cap 128M, fuse at 121.6M, peak 120.3M".
[[nodiscard]] std::string command_words(const Timeline &timeline);
[[nodiscard]] std::string when_words(const Timeline &timeline);
[[nodiscard]] std::string limit_words(const Timeline &timeline);

/// "main.grow main.go:13": the file without its directories.
[[nodiscard]] std::string site_words(const RecordedSite &site);

/// "Go's heap 41.2M at most, 132 collections, 12.3ms stood still for them"; empty: no collector was seen.
[[nodiscard]] std::string gc_words(const Timeline &timeline);

} // namespace dbgscope
