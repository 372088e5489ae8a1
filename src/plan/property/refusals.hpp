// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// Why systemd knows a property of this name and dbgscope does not take it, and what to do instead.
struct PropertyRefusal {
    ErrorKind kind = ErrorKind::usage;
    std::string cause; ///< empty: nothing known about this name
    std::string hint;
};
[[nodiscard]] PropertyRefusal refusal_of(std::string_view name);

} // namespace dbgscope
