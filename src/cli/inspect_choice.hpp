// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/error.hpp"
#include "tools/inspect/target.hpp"

namespace CLI {
class App;
} // namespace CLI

// What `heap`, `goroutines` and `snapshot` look into.
namespace dbgscope {

/// ID and --pid.
void declare_target(CLI::App &app);

/// The process named; or the debuggee of the session named, or of the newest one that has one.
/// Errors: usage (two ways at once, not a number, several debuggees), not_found, and those of open_process.
[[nodiscard]] Result<Target> chosen_target(const CLI::App &parsed);

} // namespace dbgscope
