// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dbgscope {

/// `entry` is "NAME=…" of that very name.
[[nodiscard]] bool sets_variable(std::string_view entry, std::string_view name);

/// Value of the first "NAME=…", or nothing.
[[nodiscard]] std::optional<std::string_view> find_variable(const std::vector<std::string> &environment,
                                                            std::string_view name);

} // namespace dbgscope
