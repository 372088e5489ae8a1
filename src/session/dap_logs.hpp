// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "session/recording_file.hpp"

// The debuggers' own logs of the debug protocol: on disk beside the history from the start, as a debugger writes what
// it likes, and memory is short.
namespace dbgscope {

/// "/var/lib/dbgscope/dap"; empty: there is no place for a history.
[[nodiscard]] std::string dap_logs_directory(const std::string &history);

/// The logs of all sessions, "ID.PID-STARTTICKS.log", the newest first.
[[nodiscard]] std::vector<RecordingPlace> list_dap_logs(const std::string &history);

/// Makes room for one more: the directory (0700) and those above it, and the oldest logs beyond the limit go. Those of
/// sessions that run are among the newest, and cost the debugger nothing but their name. Errors: mkdir(2)'s.
[[nodiscard]] Result<void> prepare_dap_logs(const std::string &history,
                                            RecordingsLimit limit = {.count = 64, .bytes = 256 * kMiB});

/// Removes those that were last written to before; returns how many.
std::size_t prune_dap_logs(const std::string &history, std::int64_t before_unix_s);

} // namespace dbgscope
