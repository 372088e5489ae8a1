// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace dbgscope {

/// Line ids that a caller may want to treat otherwise: what is in force now, and the scope's name as systemd-run says
/// it.
inline constexpr std::string_view kStarted = "started", kUnitLine = "unit";

/// One line for the user. `id` is stable ("no-scope", "limit-dropped"); `line` has no prefix and no newline.
using Say = std::function<void(std::string_view id, std::string_view line)>;

} // namespace dbgscope
