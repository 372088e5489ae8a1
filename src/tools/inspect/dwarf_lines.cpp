// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/dwarf_lines.hpp"

#include <dwarf.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "tools/inspect/dwarf_children.hpp"
#include "tools/inspect/function_name.hpp"

namespace dbgscope {
namespace {

constexpr int kMaxInlineDepth = 64;
constexpr int kMaxNesting = 16; ///< of namespaces and types

std::string text_or(const char *text, const char *otherwise)
{
    return text == nullptr ? otherwise : text;
}

/// C++ and Rust have the whole name only in the linker's; Go and C have no such attribute.
std::string name_of(Dwarf_Die &function)
{
    Dwarf_Attribute attribute{};
    const char *linkage = nullptr;
    if (dwarf_attr_integrate(&function, DW_AT_linkage_name, &attribute) != nullptr)
        linkage = dwarf_formstring(&attribute);
    const std::string whole = linkage != nullptr ? function_name(linkage) : "";
    return whole.empty() || whole == linkage ? text_or(dwarf_diename(&function), "?") : whole;
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

/// C++ and Rust have functions in namespaces and types; Go has all of them in the unit.
void DwarfLines::add_functions(Ranges &found, Dwarf_Die parent, int depth)
{
    each_child(parent, [&found, depth](Dwarf_Die &child) {
        switch (dwarf_tag(&child)) {
        case DW_TAG_subprogram: add(found, child); break;
        case DW_TAG_namespace:
        case DW_TAG_module:
        case DW_TAG_class_type:
        case DW_TAG_structure_type:
            if (depth < kMaxNesting)
                add_functions(found, child, depth + 1);
            break;
        default: break;
        }
        return true;
    });
}

DwarfLines::Ranges DwarfLines::functions_of(Dwarf_Die unit)
{
    Ranges found;
    add_functions(found, unit, 0);
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
        frames.push_back({.function = name_of(*inlined), .file = std::move(file), .line = line});
        std::tie(file, line) = call_site(*inlined, unit);
    }
    Dwarf_Die outermost = function->die;
    frames.push_back({.function = name_of(outermost), .file = std::move(file), .line = line});
    return frames;
}

} // namespace dbgscope
