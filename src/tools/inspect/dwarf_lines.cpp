// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/dwarf_lines.hpp"

#include <dwarf.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "tools/inspect/dwarf_children.hpp"

namespace dbgscope {
namespace {

constexpr int kMaxInlineDepth = 64;

std::string text_or(const char *text, const char *otherwise)
{
    return text == nullptr ? otherwise : text;
}

/// Where an inlined function was called.
std::pair<std::string, int> call_site(Dwarf_Die &inlined, Dwarf_Die &unit)
{
    Dwarf_Attribute attribute{};
    Dwarf_Word file = 0, line = 0;
    Dwarf_Files *files = nullptr;
    std::size_t count = 0;
    std::string name;
    if (dwarf_attr(&inlined, DW_AT_call_file, &attribute) != nullptr && dwarf_formudata(&attribute, &file) == 0 &&
        dwarf_getsrcfiles(&unit, &files, &count) == 0 && file < count)
        name = text_or(dwarf_filesrc(files, file, nullptr, nullptr), "");
    if (dwarf_attr(&inlined, DW_AT_call_line, &attribute) == nullptr || dwarf_formudata(&attribute, &line) != 0)
        line = 0;
    return {std::move(name), static_cast<int>(line)};
}

/// The inlined functions that hold `address`, the outermost first.
std::vector<Dwarf_Die> inlined_at(Dwarf_Die function, std::uint64_t address)
{
    std::vector<Dwarf_Die> chain;
    bool found = true;
    for (int depth = 0; depth < kMaxInlineDepth && found; ++depth) {
        found = false;
        each_child(function, [&](Dwarf_Die &child) {
            const int tag = dwarf_tag(&child);
            found =
                (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) && dwarf_haspc(&child, address) == 1;
            if (found && tag == DW_TAG_inlined_subroutine)
                chain.push_back(child);
            if (found)
                function = child;
            return !found;
        });
    }
    return chain;
}

} // namespace

void DwarfLines::add(Ranges &ranges, Dwarf_Die die)
{
    Dwarf_Addr base = 0, begin = 0, end = 0;
    std::ptrdiff_t at = 0;
    while ((at = dwarf_ranges(&die, at, &base, &begin, &end)) > 0)
        if (begin < end)
            ranges.push_back({.begin = begin, .end = end, .die = die});
}

DwarfLines::DwarfLines(Dwarf *dwarf)
{
    Dwarf_CU *unit = nullptr;
    Dwarf_Half version = 0;
    std::uint8_t type = 0;
    Dwarf_Die die{}, split{};
    while (dwarf != nullptr && dwarf_get_units(dwarf, unit, &unit, &version, &type, &die, &split) == 0)
        add(units_, die);
    std::ranges::sort(units_, {}, &Range::begin);
}

const DwarfLines::Range *DwarfLines::find(const Ranges &ranges, std::uint64_t address)
{
    auto after = std::ranges::upper_bound(ranges, address, {}, &Range::begin);
    if (after == ranges.begin() || (--after)->end <= address)
        return nullptr;
    return &*after;
}

DwarfLines::Ranges DwarfLines::functions_of(Dwarf_Die unit)
{
    Ranges found;
    each_child(unit, [&found](Dwarf_Die &child) {
        if (dwarf_tag(&child) == DW_TAG_subprogram)
            add(found, child);
        return true;
    });
    std::ranges::sort(found, {}, &Range::begin);
    return found;
}

std::vector<Frame> DwarfLines::frames(std::uint64_t address)
{
    const Range *range = find(units_, address);
    if (range == nullptr)
        return {};
    Dwarf_Die unit = range->die;
    const Dwarf_Off offset = dwarf_dieoffset(&unit);
    auto known = functions_.find(offset);
    if (known == functions_.end())
        known = functions_.emplace(offset, functions_of(unit)).first;
    const Range *function = find(known->second, address);
    if (function == nullptr)
        return {};

    std::string file;
    int line = 0;
    if (Dwarf_Line *entry = dwarf_getsrc_die(&unit, address); entry != nullptr) {
        file = text_or(dwarf_linesrc(entry, nullptr, nullptr), "");
        if (dwarf_lineno(entry, &line) != 0)
            line = 0;
    }
    std::vector<Frame> frames;
    std::vector<Dwarf_Die> chain = inlined_at(function->die, address);
    for (auto inlined = chain.rbegin(); inlined != chain.rend(); ++inlined) {
        frames.push_back({.function = text_or(dwarf_diename(&*inlined), "?"), .file = std::move(file), .line = line});
        std::tie(file, line) = call_site(*inlined, unit);
    }
    Dwarf_Die outermost = function->die;
    frames.push_back({.function = text_or(dwarf_diename(&outermost), "?"), .file = std::move(file), .line = line});
    return frames;
}

} // namespace dbgscope
