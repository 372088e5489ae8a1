// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/profile.hpp"

// The two other spellings of a key. Both are derived, so none can drift from the table.
namespace dbgscope {

/// "memory.swap_max" → "--memory-swap-max".
[[nodiscard]] std::string option_name(const KeyInfo &info);

/// "memory.swap_max" → "DBGSCOPE_MEMORY_SWAP_MAX".
[[nodiscard]] std::string variable_name(const KeyInfo &info);

/// The dotted names of all keys, for suggestions.
[[nodiscard]] std::vector<std::string> key_names();

/// "a|b|c" → {"a", "b", "c"}: the words of KeyInfo::choices.
[[nodiscard]] std::vector<std::string> choice_words(const KeyInfo &info);

} // namespace dbgscope
