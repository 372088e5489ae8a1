// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"
#include "session/recording.hpp"

namespace dbgscope {

/// Adds an event to the recording of a session that runs, beside the watcher that writes it: one write(2) at the file's
/// end. `live`: the directory of the live records, judged by the caller. `at_monotonic_ms`: CLOCK_MONOTONIC. False:
/// that session is not recorded, or its recording is as large as it may become. Errors: refused (not ours alone),
/// open(2)'s, write(2)'s.
[[nodiscard]] Result<bool> add_to_recording(const std::string &live, const SessionRecord &record, RecordedEvent event,
                                            std::int64_t at_monotonic_ms);

} // namespace dbgscope
