// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tools/inspect/heap_view.hpp"

namespace dbgscope {

/// {"schema": 1, "program", "go_version", "pid", "sample_bytes", "gc": {...}, "live_bytes", "recent_bytes",
/// "ranked_by", "sites": [{"function", "file", "line", "live_bytes", "live_objects", "recent_bytes", "recent_objects",
/// "share", "callers": [...]}], "torn", "cut_short"}, ASCII, one line. What is unknown is missing.
[[nodiscard]] std::string heap_json(const HeapView &view);

} // namespace dbgscope
