// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace dbgscope {

/// A release of dlv.
struct ToolVersion {
    int major = 0, minor = 0, patch = 0;
    auto operator<=>(const ToolVersion &) const = default;
};

/// "1.20.2", "v1.24.0-rc.1", "1.27": numbers up to what is none. Nothing: it does not begin with two numbers.
[[nodiscard]] std::optional<ToolVersion> read_version(std::string_view text);
/// "1.20.2" and "1.20", as people write one; nothing for anything else.
[[nodiscard]] std::optional<ToolVersion> read_plain_version(std::string_view text);
[[nodiscard]] std::string version_text(const ToolVersion &version);

} // namespace dbgscope
