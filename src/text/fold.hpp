// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace dbgscope {

inline constexpr std::size_t kFoldColumns = 100;

/// The words of `text` behind `first`, on lines of kFoldColumns; the later ones begin `indent` deep. Ends in a newline.
[[nodiscard]] std::string folded(std::string first, std::string_view text, std::size_t indent);

} // namespace dbgscope
