// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "text/json.hpp"
#include "tools/inspect/goroutine_view.hpp"
#include "tools/inspect/heap_view.hpp"

namespace dbgscope {

/// {"function", "file", "line"}.
[[nodiscard]] Json frame_json(const Frame &frame);
[[nodiscard]] Json frames_json(const std::vector<Frame> &frames);

/// {"schema": 1, "program", "go_version", "pid", "sample_bytes", "gc": {...}, "live_bytes", "recent_bytes",
/// "ranked_by", "sites": [{"function", "file", "line", "live_bytes", "live_objects", "recent_bytes", "recent_objects",
/// "share", "callers": [...]}], "torn", "cut_short"}, ASCII, one line. What is unknown is missing.
[[nodiscard]] std::string heap_json(const HeapView &view);

/// {"heap_live_bytes", "goal_bytes", "cycles", …}: GoGc's members; ASCII, one line.
[[nodiscard]] std::string gc_json(const GoGc &gc);

/// {"schema": 1, "program", "go_version", "pid", "groups": [{"count", "state", "reason", "wait_ns", "of_runtime",
/// "start", "created_by", "stack": [...], "stack_cut", "ids": [...]}], "unreadable", "cut_short"}, ASCII, one line.
[[nodiscard]] std::string goroutines_json(const GoroutineView &view);

} // namespace dbgscope
