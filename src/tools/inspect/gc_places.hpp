// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tools/inspect/program.hpp"

namespace dbgscope {

/// Where Go's runtime keeps what a recording holds of its collector, for a reader that knows no debug information:
/// "heap=c000012:8 goal=… last_goal=… limit=… cycles=…:4 pauses=…", address in hexadecimal and bytes. What a version of
/// Go lacks is left out; empty: not Go, or without debug information.
[[nodiscard]] std::string gc_places(const Program &program);

} // namespace dbgscope
