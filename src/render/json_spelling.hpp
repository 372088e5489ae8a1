// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dbgscope {

/// How a document spells what JSON has no word for.
struct JsonSpelling {
    bool escapes_bytes = true;     ///< text that is not UTF-8 is {"escaped": "a\\xff"}; else it is written with U+FFFD
    bool null_is_no_limit = false; ///< a limit that is infinite is null; else "infinity"
};
inline constexpr JsonSpelling kPlanSpelling{.escapes_bytes = false, .null_is_no_limit = true};

} // namespace dbgscope
