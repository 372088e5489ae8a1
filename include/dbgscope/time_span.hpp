// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// systemd's "infinity" (USEC_INFINITY on the bus).
inline constexpr std::chrono::microseconds kForever = std::chrono::microseconds::max();

/// A time span as systemd.time(7) writes it: "90" (seconds), "2min 30s", "500ms", "1.5h", "infinity".
/// `default_unit` is what a bare number counts. Errors: usage (empty, negative, unknown unit, overflow).
[[nodiscard]] Result<std::chrono::microseconds>
parse_time_span(std::string_view text, std::chrono::microseconds default_unit = std::chrono::seconds(1));

/// "2min 30s", "500ms", "infinity": what parse_time_span accepts back, exactly.
[[nodiscard]] std::string format_time_span(std::chrono::microseconds span);

} // namespace dbgscope
