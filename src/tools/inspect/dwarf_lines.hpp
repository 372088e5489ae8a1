// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "tools/inspect/program.hpp"

namespace dbgscope {

/// Function, file and line of an address. Go and clang emit no .debug_aranges, so the table of units is made here.
class DwarfLines {
  public:
    /// `dwarf` outlives this; null: nothing is known.
    explicit DwarfLines(Dwarf *dwarf);
    /// The innermost first; empty: no unit has this address. `address` is the file's own.
    [[nodiscard]] std::vector<Frame> frames(std::uint64_t address);

  private:
    struct Range {
        std::uint64_t begin = 0, end = 0;
        Dwarf_Die die{};
    };
    using Ranges = std::vector<Range>; ///< by `begin`
    [[nodiscard]] static const Range *find(const Ranges &ranges, std::uint64_t address);
    [[nodiscard]] static Ranges functions_of(Dwarf_Die unit);
    static void add_functions(Ranges &found, Dwarf_Die parent, int depth);
    static void add(Ranges &ranges, Dwarf_Die die);

    Ranges units_;
    std::unordered_map<Dwarf_Off, Ranges> functions_; ///< by the offset of the unit's entry
};

} // namespace dbgscope
