// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"

// What a process of the watcher's does when something has happened (watch/reactions.hpp).
namespace dbgscope {

struct CommandOrder {
    std::string session;
    std::chrono::milliseconds deadline{0};
    std::string log_file;                    ///< where the commands' output goes; empty: nowhere
    std::vector<std::string> actions;        ///< "stop" and "exec /path word…"
    std::vector<std::string> variables = {}; ///< further ones of the commands' environment, "NAME=VALUE"
};

/// DEADLINE_MS LOG_FILE ACTION...; nothing: they are not that.
[[nodiscard]] bool read_order(std::span<const std::string> words, CommandOrder &order);

/// Starts all of them at once, each in a process group of its own and without a shell, and waits. What has not ended
/// by the deadline is killed together with what it started. One that cannot be started is told in the log file.
void run_commands(const CommandOrder &order);

/// `dbgscope on-event SESSION DEADLINE_MS LOG_FILE ACTION...`
[[nodiscard]] Result<int> on_event(const std::vector<std::string> &words);

/// `dbgscope after-session SESSION DRIFT_PERMYRIAD TEXTFILE_DIR say|quiet DEADLINE_MS LOG_FILE ACTION...`: tells
/// whether the session was unlike its program's week before, and writes the textfile.
[[nodiscard]] Result<int> after_session(const std::vector<std::string> &words);

} // namespace dbgscope
