// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// `held-by PID SESSION DEBUGGER`, which the watcher starts at a hold (watch/holders.hpp): up to two lines on stderr,
/// and where the program's own output goes (watch/debuggee_stderr.hpp), or nothing. A reason why it cannot be told is
/// no news to anybody then.
[[nodiscard]] Result<int> held_by(const std::vector<std::string> &words);

} // namespace dbgscope
