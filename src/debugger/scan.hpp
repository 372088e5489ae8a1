// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "debugger/flag_table.hpp"

namespace dbgscope {

struct FoundFlag {
    const FlagRow *row;
    std::optional<std::string_view> value; ///< a view into the arguments; nothing for a bool without "="
};

/// Flags and positional arguments in the order they stand.
struct Scan {
    std::vector<FoundFlag> flags; ///< known ones only
    std::vector<std::size_t> positionals;
};

/// Reads `arguments` from index `from` on, leaving out `skip`, with the flags of `tool` that `verb` accepts. An unknown
/// flag is taken to have no value. `--` makes the rest positional. Not for Syntax::leading.
[[nodiscard]] Scan scan_flags(const ToolRow &tool, std::string_view verb, const std::vector<std::string> &arguments,
                              std::size_t from, std::optional<std::size_t> skip);

/// Index of the verb as cobra finds it: the first word that is no flag and no value of one.
[[nodiscard]] std::optional<std::size_t> find_verb(const ToolRow &tool, const std::vector<std::string> &arguments);

/// The row a name written in full stands for, or nothing.
[[nodiscard]] const FlagRow *find_flag(const ToolRow &tool, std::string_view verb, std::string_view name);

/// The row a letter stands for, or nothing.
[[nodiscard]] const FlagRow *find_letter(const ToolRow &tool, std::string_view verb, char letter);

/// Go's strconv.ParseBool says true; a flag without a value is true.
[[nodiscard]] bool is_true(const std::optional<std::string_view> &value);

} // namespace dbgscope
