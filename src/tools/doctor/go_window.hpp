// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "debugger/tool_version.hpp"

// Which Go versions each dlv can debug.
namespace dbgscope {

/// Go 1 minor numbers, both inclusive: 18..20 is Go 1.18 to Go 1.20.
struct GoWindow {
    int oldest = 0, newest = 0;
    bool operator==(const GoWindow &) const = default;
};
/// Nothing: a dlv older than 1.20, or of a minor release later than this table.
[[nodiscard]] std::optional<GoWindow> go_window(const ToolVersion &dlv);

/// The newest dlv in the table whose window has Go 1.`minor`: "1.27.1"; empty: none.
[[nodiscard]] std::string dlv_for_go(int minor);

} // namespace dbgscope
