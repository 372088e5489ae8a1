// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

// What a capture of a rule's pattern may be: see Rule in rules.hpp.
namespace dbgscope {

inline constexpr std::string_view kPatternKinds = "#_/@%!~";
inline constexpr std::size_t kMaxCapture = 1024;

/// `kind`: one of kPatternKinds, or 0 for any text.
[[nodiscard]] bool fits_kind(char kind, std::string_view value);

} // namespace dbgscope
