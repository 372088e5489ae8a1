// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/dwarf_types.hpp"

#include <dwarf.h>

#include "tools/inspect/dwarf_children.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kPackage = "runtime";
constexpr int kMaxDepth = 16; ///< of typedefs and wrappers; more is damage

std::string_view name_of(Dwarf_Die &die)
{
    const char *name = dwarf_diename(&die);
    return name == nullptr ? std::string_view() : std::string_view(name);
}

std::optional<Dwarf_Die> type_of(Dwarf_Die &die)
{
    Dwarf_Attribute attribute{};
    Dwarf_Die type{};
    if (dwarf_attr_integrate(&die, DW_AT_type, &attribute) == nullptr ||
        dwarf_formref_die(&attribute, &type) == nullptr)
        return std::nullopt;
    return type;
}

/// Behind the typedefs.
Dwarf_Die peeled(Dwarf_Die die)
{
    for (int depth = 0; depth < kMaxDepth && dwarf_tag(&die) == DW_TAG_typedef; ++depth) {
        const auto next = type_of(die);
        if (!next)
            break;
        die = *next;
    }
    return die;
}

/// libdw follows typedefs without an end: what is still one after peeled() goes in a circle.
std::optional<std::uint64_t> bytes_of(Dwarf_Die type)
{
    Dwarf_Word size = 0;
    if (dwarf_tag(&type) == DW_TAG_typedef || dwarf_aggregate_size(&type, &size) != 0)
        return std::nullopt;
    return size;
}

bool is_struct(Dwarf_Die &die)
{
    return dwarf_tag(&die) == DW_TAG_structure_type;
}

struct Member {
    Dwarf_Die type{};
    std::uint64_t offset = 0;
};

std::optional<Member> member_of(const Dwarf_Die &structure, std::string_view name)
{
    std::optional<Member> found;
    each_child(structure, [&](Dwarf_Die &child) {
        if (dwarf_tag(&child) != DW_TAG_member || name_of(child) != name)
            return true;
        Dwarf_Attribute attribute{};
        Dwarf_Word offset = 0;
        const auto type = type_of(child);
        if (type && dwarf_attr(&child, DW_AT_data_member_location, &attribute) != nullptr &&
            dwarf_formudata(&attribute, &offset) == 0)
            found = Member{.type = *type, .offset = offset};
        return false;
    });
    return found;
}

/// atomic.Uint64{noCopy, align64, value}, atomic.Bool{u atomic.Uint8}, …: the number in it.
std::optional<Member> wrapped(const Dwarf_Die &structure)
{
    for (const std::string_view name : {"value", "u"})
        if (auto found = member_of(structure, name))
            return found;
    return std::nullopt;
}

} // namespace

DwarfTypes::DwarfTypes(Dwarf *dwarf)
{
    Dwarf_CU *unit = nullptr;
    Dwarf_Half version = 0;
    std::uint8_t type = 0;
    Dwarf_Die die{}, split{};
    // Several units are named "runtime": those of its assembly are empty.
    while (dwarf != nullptr && dwarf_get_units(dwarf, unit, &unit, &version, &type, &die, &split) == 0)
        if (dwarf_srclang(&die) == DW_LANG_Go && name_of(die) == kPackage)
            index(die);
}

void DwarfTypes::index(Dwarf_Die unit)
{
    each_child(unit, [this](Dwarf_Die &child) {
        const int tag = dwarf_tag(&child);
        const bool variable = tag == DW_TAG_variable;
        if (variable || tag == DW_TAG_structure_type || tag == DW_TAG_typedef)
            if (const std::string_view name = name_of(child); name.starts_with("runtime."))
                (variable ? variables_ : types_).try_emplace(std::string(name), child);
        return true;
    });
}

std::optional<Field> DwarfTypes::descend(Dwarf_Die type, std::span<const std::string_view> path)
{
    std::uint64_t offset = 0;
    type = peeled(type);
    for (const std::string_view name : path) {
        const auto found = is_struct(type) ? member_of(type, name) : std::nullopt;
        if (!found)
            return std::nullopt;
        offset += found->offset;
        type = peeled(found->type);
    }
    for (int depth = 0; depth < kMaxDepth && is_struct(type); ++depth) {
        const auto inner = wrapped(type);
        if (!inner)
            break;
        offset += inner->offset;
        type = peeled(inner->type);
    }
    const auto size = bytes_of(type);
    return size ? std::optional(Field{.at = offset, .size = *size}) : std::nullopt;
}

std::optional<Field> DwarfTypes::member(std::string_view type, std::span<const std::string_view> path) const
{
    const auto found = types_.find(std::string(type));
    return found == types_.end() ? std::nullopt : descend(found->second, path);
}

std::optional<Field> DwarfTypes::in_variable(std::string_view name, std::span<const std::string_view> path) const
{
    const auto found = variables_.find(std::string(name));
    if (found == variables_.end())
        return std::nullopt;
    Dwarf_Die die = found->second;
    const auto type = type_of(die);
    return type ? descend(*type, path) : std::nullopt;
}

std::optional<std::uint64_t> DwarfTypes::size_of(std::string_view type) const
{
    const auto found = types_.find(std::string(type));
    if (found == types_.end())
        return std::nullopt;
    return bytes_of(peeled(found->second));
}

} // namespace dbgscope
