// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tools/editor/lint_report.hpp"

// What the published schemas say of each attribute: vscode-go's package.json with dlv's launch and attach attributes,
// and cpptools' OptionsSchema.json.
namespace dbgscope {

/// What a value may be; a set.
enum class Takes : std::uint8_t {
    string = 1,
    boolean = 2,
    number = 4,
    object = 8,
    array = 16,
    any = 31,
};
[[nodiscard]] constexpr Takes operator|(Takes a, Takes b)
{
    return static_cast<Takes>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
[[nodiscard]] constexpr bool has(Takes set, Takes one)
{
    return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(one)) != 0;
}

struct AttributeRow {
    std::string_view name;
    Takes takes = Takes::any;
    std::string_view values = {};  ///< "gdb lldb": the strings there are; empty: any
    std::string_view instead = {}; ///< another extension's: what it is called here
};
[[nodiscard]] std::span<const AttributeRow> go_attributes();
[[nodiscard]] std::span<const AttributeRow> cppdbg_attributes();

/// Each member of a configuration against the table. `names`: whether one that is not in it is said.
void lint_attributes(LintRun &run, const JsonNode &configuration, std::span<const AttributeRow> table,
                     std::string_view who, bool names);
/// One word of `values`.
[[nodiscard]] bool is_one_of(std::string_view word, std::string_view values);

} // namespace dbgscope
