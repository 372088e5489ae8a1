// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbgscope/session.hpp"
#include "session/recording.hpp"

namespace dbgscope {

/// One ended session, as history shows and compares it.
struct PastSession {
    SessionRecord record;
    std::string program;                      ///< program_of()
    std::string recording;                    ///< the file; empty: none is kept
    std::optional<double> growth_bytes_per_s; ///< from the recording: up to its highest point
    std::optional<double> first_trip_s;       ///< from the recording: until it was held
    std::optional<double> launch_s;           ///< from the recording: until the debuggee began
    std::optional<double> gc_cpu_percent;     ///< from the recording: of the processor time, for the collector
    std::optional<double> gc_pause_percent;   ///< from the recording: of its time, in which the collector stopped it
    std::optional<double> gc_pause_p99_ms;    ///< from the recording: of the means between two points
};

/// What stands for the same program in every session: the file that is debugged, the package that is built, or the
/// command. "dlv dap in /home/dev/app" where only the editor knew.
[[nodiscard]] std::string program_of(const SessionRecord &record);

/// Growth, the first trip, the launch and the collector's pauses, where there is enough of it to tell.
void add_from_recording(PastSession &session, const Recorded &recorded);

[[nodiscard]] std::string history_text(const std::vector<PastSession> &sessions);
[[nodiscard]] std::string history_json(const std::vector<PastSession> &sessions);
/// Per program: sessions, holds, kills, and of its last session peak, cap, duration and when it began.
[[nodiscard]] std::string history_openmetrics(const std::vector<PastSession> &sessions);

} // namespace dbgscope
