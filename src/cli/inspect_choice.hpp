// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dbgscope/error.hpp"
#include "session/registry.hpp"
#include "tools/inspect/target.hpp"

namespace CLI {
class App;
} // namespace CLI

// What `heap`, `goroutines`, `growth` and `snapshot` look into.
namespace dbgscope {

/// Those that run at this moment, in the order they were started. Under `run` the command stands where the debugger
/// would be.
[[nodiscard]] std::vector<pid_t> living_debuggees(const LiveSession &session);

/// ID and --pid.
void declare_process(CLI::App &app);
/// Those, --core and --exe.
void declare_target(CLI::App &app);

/// The process named; or the debuggee of the session named, or of the newest one that has one. Errors: usage (two ways
/// at once, not a number, several debuggees), not_found.
[[nodiscard]] Result<pid_t> chosen_process(const CLI::App &parsed);

/// The core file named, or chosen_process(). Errors: its own, and those of open_process and open_core.
[[nodiscard]] Result<Target> chosen_target(const CLI::App &parsed);

/// Writes the profile to `file`, and says so.
[[nodiscard]] Result<int> write_profile(const std::string &file, const Result<std::string> &profile);
/// The time, for a profile.
[[nodiscard]] std::int64_t unix_ns();

} // namespace dbgscope
