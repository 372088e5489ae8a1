// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dbgscope/fields.hpp"

// The values that systemd's properties have on the bus.
namespace dbgscope {

/// A D-Bus property value, by the shapes scopes use. The comment is the signature on the bus.
struct PathLimit {
    std::string path;
    std::uint64_t value = 0;
    bool operator==(const PathLimit &) const = default;
};
struct StringPair {
    std::string first, second;
    bool operator==(const StringPair &) const = default;
};
struct AddressPrefix {
    std::int32_t family = 0;
    std::vector<std::uint8_t> address;
    std::uint32_t prefix = 0;
    bool operator==(const AddressPrefix &) const = default;
};
struct NameFilter {
    bool allow = false;
    std::vector<std::string> names;
    bool operator==(const NameFilter &) const = default;
};
struct SocketBind {
    std::int32_t family = 0, protocol = 0;
    std::uint16_t count = 0, first = 0;
    bool operator==(const SocketBind &) const = default;
};
/// One line of Condition…= or Assert…=: "|!VALUE".
struct UnitCondition {
    std::string name; ///< "ConditionPathExists"
    bool trigger = false, negate = false;
    std::string parameter;
    bool operator==(const UnitCondition &) const = default;
};
/// One set of nftables that gets the cgroup or the user: numbers as systemd sends them.
struct NftSet {
    std::int32_t source = 0, protocol = 0;
    std::string table, set;
    bool operator==(const NftSet &) const = default;
};
using BusValue = std::variant<bool,                       // b
                              std::int32_t,               // i
                              std::uint32_t,              // u
                              std::uint64_t,              // t
                              std::string,                // s
                              std::vector<std::string>,   // as
                              std::vector<std::uint8_t>,  // ay
                              std::vector<PathLimit>,     // a(st)
                              std::vector<StringPair>,    // a(ss)
                              std::vector<AddressPrefix>, // a(iayu)
                              NameFilter,                 // (bas)
                              std::vector<SocketBind>,    // a(iiqq)
                              std::vector<UnitCondition>, // a(sbbs)
                              std::vector<NftSet>>;       // a(iiss)

/// The signature of each alternative, in their order.
inline constexpr std::array<std::string_view, std::variant_size_v<BusValue>> kBusSignatures{
    "b", "i", "u", "t", "s", "as", "ay", "a(st)", "a(ss)", "a(iayu)", "(bas)", "a(iiqq)", "a(sbbs)", "a(iiss)"};

template <> inline constexpr bool kFieldsAreList<PathLimit> = true;
template <> inline constexpr bool kFieldsAreList<StringPair> = true;
template <> inline constexpr bool kFieldsAreList<AddressPrefix> = true;
template <> inline constexpr bool kFieldsAreList<NameFilter> = true;
template <> inline constexpr bool kFieldsAreList<SocketBind> = true;
template <> inline constexpr bool kFieldsAreList<UnitCondition> = true;
template <> inline constexpr bool kFieldsAreList<NftSet> = true;

void fields(auto &visit, Is<PathLimit> auto &limit)
{
    visit("path", limit.path);
    visit("value", limit.value);
}

void fields(auto &visit, Is<StringPair> auto &pair)
{
    visit("first", pair.first);
    visit("second", pair.second);
}

void fields(auto &visit, Is<AddressPrefix> auto &prefix)
{
    visit("family", prefix.family);
    visit("address", prefix.address);
    visit("prefix", prefix.prefix);
}

void fields(auto &visit, Is<NameFilter> auto &filter)
{
    visit("allow", filter.allow);
    visit("names", filter.names);
}

void fields(auto &visit, Is<SocketBind> auto &bind)
{
    visit("family", bind.family);
    visit("protocol", bind.protocol);
    visit("count", bind.count);
    visit("first", bind.first);
}

void fields(auto &visit, Is<UnitCondition> auto &condition)
{
    visit("name", condition.name);
    visit("trigger", condition.trigger);
    visit("negate", condition.negate);
    visit("parameter", condition.parameter);
}

void fields(auto &visit, Is<NftSet> auto &set)
{
    visit("source", set.source);
    visit("protocol", set.protocol);
    visit("table", set.table);
    visit("set", set.set);
}

} // namespace dbgscope
