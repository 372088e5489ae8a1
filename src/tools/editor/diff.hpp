// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace dbgscope {

/// A unified diff with three lines around each change, which patch(1) takes; empty when the texts are equal. A file
/// that is not there yet has no `before`, and is shown against /dev/null.
[[nodiscard]] std::string unified_diff(std::string_view before, std::string_view after, const std::string &path,
                                       bool exists);

} // namespace dbgscope
