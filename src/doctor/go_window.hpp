// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

// Which Go versions each dlv can debug.
namespace dbgscope {

struct DlvVersion {
    int major = 0, minor = 0, patch = 0;
    auto operator<=>(const DlvVersion &) const = default;
};
/// "1.20.2", "v1.24.0-rc.1", "1.27": numbers up to what is none. Nothing: it does not start with two numbers.
[[nodiscard]] std::optional<DlvVersion> read_dlv_version(std::string_view text);

/// Go 1 minor numbers, both inclusive: 18..20 is Go 1.18 to Go 1.20.
struct GoWindow {
    int oldest = 0, newest = 0;
    bool operator==(const GoWindow &) const = default;
};
/// Nothing: a dlv older than 1.20, or of a minor release later than this table.
[[nodiscard]] std::optional<GoWindow> go_window(const DlvVersion &dlv);

/// The newest dlv in the table whose window has Go 1.`minor`: "1.27.1"; empty: none.
[[nodiscard]] std::string dlv_for_go(int minor);

} // namespace dbgscope
