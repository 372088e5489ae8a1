// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tools/inspect/heap_view.hpp"

namespace dbgscope {

/// "who holds it: main.grow main.go:13 104M (87 %), …; as of GC 22; dbgscope heap ID shows all": the three largest
/// sites that hold a twentieth or more. Empty: there is none.
[[nodiscard]] std::string holder_line(const HeapView &view, std::string_view session);

/// Before reading: this process gives way to all others and ends after `seconds`, whatever it waits for.
void become_dispensable(unsigned seconds);

} // namespace dbgscope
