// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tools/inspect/heap_view.hpp"

namespace dbgscope {

/// "main.grow main.go:13 104M (87 %), …; as of GC 22": the three largest sites that hold a twentieth or more. Empty:
/// there is none.
[[nodiscard]] std::string holders_text(const HeapView &view);

/// Before reading: this process gives way to all others and ends after `seconds` (0: never), whatever it waits for.
void become_dispensable(unsigned seconds, int nice = 10);

} // namespace dbgscope
