// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tools/inspect/program.hpp"

namespace dbgscope {

/// The types and variables of Go's package runtime, by name.
class DwarfTypes {
  public:
    /// `dwarf` outlives this; null: nothing is known.
    explicit DwarfTypes(Dwarf *dwarf);
    /// `path` in the type of that name: offset and size. See Program::member.
    [[nodiscard]] std::optional<Field> member(std::string_view type, std::span<const std::string_view> path) const;
    /// `path` in the type of the variable: offset in the variable, and size.
    [[nodiscard]] std::optional<Field> in_variable(std::string_view name, std::span<const std::string_view> path) const;
    [[nodiscard]] std::optional<std::uint64_t> size_of(std::string_view type) const;

  private:
    void index(Dwarf_Die unit);
    [[nodiscard]] static std::optional<Field> descend(Dwarf_Die type, std::span<const std::string_view> path);

    std::unordered_map<std::string, Dwarf_Die> types_, variables_;
};

} // namespace dbgscope
