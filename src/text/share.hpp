// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dbgscope/bytes.hpp"

namespace dbgscope {

/// The debuggee's part of a limit on everything: what the debugger does not need, and never less than half; infinity:
/// infinity.
[[nodiscard]] Limit share_of(Limit total, std::uint64_t reserve);

} // namespace dbgscope
