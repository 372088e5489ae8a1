// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "dbgscope/plan.hpp"
#include "text/words.hpp"

// How the values of scope properties are written and which shape they have on the bus.
namespace dbgscope {

/// One way to write a value. The fields below `hint` are for the forms that need them.
struct PropertyForm {
    using Read = values::Parsed<ScopeProperty> (*)(const PropertyForm &form, std::string_view bus_name,
                                                   std::string_view value);
    Read read;
    std::string_view hint;                  ///< the allowed form: Error::hint
    std::string_view choices = {};          ///< "auto|kill"
    std::uint64_t minimum = 0, maximum = 0; ///< numbers
    std::uint64_t empty_value = kInfinite;  ///< sent for an empty value
    static constexpr std::uint64_t kInfinite = std::numeric_limits<std::uint64_t>::max();
};

/// What happens when this systemd does not know the property (ScopeProperty::droppable and limit).
enum class IfUnknown : std::uint8_t {
    drop,
    fail,     ///< it restricts what the command may reach, or places it under somebody's budget
    lose_cap, ///< droppable, and then the cap is not in force
};

struct PropertyRow {
    std::string_view name; ///< in unit files
    const PropertyForm *form;
    std::string_view bus_name = {}; ///< empty: the same
    IfUnknown if_unknown = IfUnknown::drop;
};

/// Every property of a scope.
[[nodiscard]] std::span<const PropertyRow> scope_properties();

} // namespace dbgscope
