// SPDX-License-Identifier: Apache-2.0
#include "plan/properties.hpp"
#include "dbgscope/utf8.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/profile.hpp"
#include "plan/launch_properties.hpp"
#include "plan/property/conditions.hpp"
#include "plan/property/refusals.hpp"
#include "plan/property/table.hpp"

namespace dbgscope {
namespace {

/// For messages: a whole word list of thousands of CPUs is no help.
std::string shortened(std::string_view text)
{
    constexpr std::size_t kLongest = 80;
    return text.size() <= kLongest ? std::string(text) : std::string(text.substr(0, kLongest)) + "...";
}

Error bad_property(std::string_view assignment, std::string cause, std::string hint)
{
    return {.kind = ErrorKind::usage,
            .operation = "set",
            .subject = shortened(assignment),
            .cause = std::move(cause),
            .hint = std::move(hint)};
}

Error unknown_property(std::string_view name)
{
    PropertyRefusal refusal = refusal_of(name);
    Error error = bad_property(name, std::move(refusal.cause), std::move(refusal.hint));
    error.operation = "set property";
    error.kind = refusal.kind;
    if (!error.cause.empty())
        return error;
    error.cause = "unknown property";
    const std::string near = suggest(name, property_names());
    error.hint = near.empty() ? "systemd.resource-control(5) and systemd.scope(5) list them"
                              : fmt::format("did you mean {}?", near);
    return error;
}

Result<std::vector<PropertyEffect>> read_scope_property(const PropertyRow &row, std::string_view assignment,
                                                        std::string_view value)
{
    if (!is_utf8(value))
        return fail(bad_property(assignment, "the value is not UTF-8", ""));
    auto property = row.form->read(*row.form, row.bus_name.empty() ? row.name : row.bus_name, value);
    if (!property)
        return fail(bad_property(assignment, std::move(property.error()),
                                 fmt::format("{} takes {}", row.name, row.form->hint)));
    property->droppable = row.if_unknown != IfUnknown::fail;
    property->limit = row.if_unknown == IfUnknown::lose_cap;
    return std::vector<PropertyEffect>{std::move(*property)};
}

Result<std::vector<PropertyEffect>> read_condition(std::string_view name, std::string_view assignment,
                                                   std::string_view value)
{
    if (!is_utf8(value))
        return fail(bad_property(assignment, "the value is not UTF-8", ""));
    return std::vector<PropertyEffect>{condition_property(name, value)};
}

} // namespace

Result<std::vector<PropertyEffect>> parse_property(std::string_view assignment)
{
    const auto equals = assignment.find('=');
    if (equals == std::string_view::npos || equals == 0)
        return fail(bad_property(assignment.empty() ? "property \"\"" : assignment, "not an assignment",
                                 "properties are given as NAME=VALUE, like MemoryMax=512M"));
    const std::string_view name = assignment.substr(0, equals);
    const std::string_view value = assignment.substr(equals + 1);
    if (assignment.find('\0') != std::string_view::npos)
        return fail(bad_property(assignment, "a zero byte in it", ""));
    for (const PropertyRow &row : scope_properties())
        if (row.name == name)
            return read_scope_property(row, assignment, value);
    if (is_condition(name))
        return read_condition(name, assignment, value);
    for (const LaunchProperty &row : launch_properties())
        if (row.name == name) {
            auto effects = row.read(name, value);
            if (!effects)
                return fail(
                    bad_property(assignment, std::move(effects.error()), fmt::format("{} takes {}", name, row.hint)));
            return std::move(*effects);
        }
    return fail(unknown_property(name));
}

std::vector<std::string> property_names()
{
    std::vector<std::string> names;
    for (const PropertyRow &row : scope_properties())
        names.emplace_back(row.name);
    for (const LaunchProperty &row : launch_properties())
        names.emplace_back(row.name);
    for (const std::string_view kind : condition_kinds())
        for (const std::string_view word : {"Condition", "Assert"})
            names.push_back(fmt::format("{}{}", word, kind));
    std::ranges::sort(names);
    return names;
}

Limit limit_of(const ScopeProperty &property, std::uint64_t total_bytes)
{
    if (const auto *bytes = std::get_if<std::uint64_t>(&property.value))
        return Limit(*bytes);
    const auto *scale = std::get_if<std::uint32_t>(&property.value);
    if (scale == nullptr)
        return Limit();
    constexpr std::uint64_t kPage = 4096;
    constexpr std::uint64_t kWhole = 0xffffffff;
    const std::uint64_t pages = total_bytes / kPage; // in two parts: the product may not fit
    return Limit((pages / kWhole * *scale + pages % kWhole * *scale / kWhole) * kPage);
}

} // namespace dbgscope
