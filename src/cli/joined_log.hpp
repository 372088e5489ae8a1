// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/error.hpp"
#include "tools/explain/log_reader.hpp"
#include "tools/report/timeline.hpp"

namespace dbgscope {

/// Reads another log to its end, and puts among the events what explain finds in it, where each finding is first and
/// where it is last, and its excerpts. Errors: system.
[[nodiscard]] Result<void> join_log(Timeline &timeline, LogReader &log);

} // namespace dbgscope
