// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

// How a struct lists its members, once, for everything that walks them (render/json_writer.hpp,
// render/json_reader.hpp):
//
//   fields(visit, object)   calls visit("name", object.member) for each, on const and non-const objects alike
//   enum_names(Enum{})      the enumerators with the words that stand for them
//
// Both stand beside their type. Besides visit("name", member) there are
//
//   visit.schema(1)                              the version of a whole document's shape
//   visit.word("name", flag, "no", "yes")        a bool as one of two words
//   visit.tagged("tag", "value", variant, tags)  an alternative's tag, and its value beside it
//   visit.inlined("tag", variant, tags)          an alternative's tag, and its fields beside it
//   visit.by_name("name", list)                  an object of the {name, value} pairs of a list
namespace dbgscope {

/// `T` is `Struct`, const or not.
template <class T, class Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

/// A struct whose fields are written as a list of values, without their names.
template <class T> inline constexpr bool kFieldsAreList = false;

template <class Enum> struct Named {
    Enum value;
    std::string_view name;
};

/// The word for `value`; empty for a number that is no enumerator.
template <class Enum> [[nodiscard]] constexpr std::string_view name_of(Enum value)
{
    for (const Named<Enum> &each : enum_names(value))
        if (each.value == value)
            return each.name;
    return {};
}

} // namespace dbgscope
