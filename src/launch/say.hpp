// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace dbgscope {

/// One line for the user. `id` is stable ("no-scope", "limit-dropped"); `line` has no prefix and no newline.
using Say = std::function<void(std::string_view id, std::string_view line)>;

} // namespace dbgscope
