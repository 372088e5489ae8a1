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
};

/// What stands for the same program in every session: the file that is debugged, the package that is built, or the
/// command. "dlv dap in /home/dev/app" where only the editor knew.
[[nodiscard]] std::string program_of(const SessionRecord &record);

/// Growth and the first trip, where there is enough of it to tell.
void add_from_recording(PastSession &session, const Recorded &recorded);

[[nodiscard]] std::string history_text(const std::vector<PastSession> &sessions);
[[nodiscard]] std::string history_json(const std::vector<PastSession> &sessions);
/// Per program: sessions, holds, kills, and of its last session peak, cap, duration and when it began.
[[nodiscard]] std::string history_openmetrics(const std::vector<PastSession> &sessions);

} // namespace dbgscope
