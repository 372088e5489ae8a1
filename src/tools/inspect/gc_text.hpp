// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tools/inspect/go_gc.hpp"

namespace dbgscope {

/// Two lines of text: the heap and its limits, and what collecting has cost. What is unknown is left out.
[[nodiscard]] std::string gc_text(const GoGc &gc);

} // namespace dbgscope
