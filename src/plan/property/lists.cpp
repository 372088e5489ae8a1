// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>
#include <ranges>
#include <span>

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/netfilter.h>

#include "plan/property/values.hpp"

// The values of plan/property_values.hpp that have several parts.
namespace dbgscope::values {
namespace {

constexpr std::uint64_t kMaxIndex = 8191; // the most CPUs a kernel is built for

AddressPrefix v4(std::array<std::uint8_t, 4> address, std::uint32_t prefix)
{
    return {AF_INET, {address.begin(), address.end()}, prefix};
}

/// An IPv6 prefix of which only the first bytes are not zero.
AddressPrefix v6(std::uint8_t first, std::uint8_t second, std::uint8_t last, std::uint32_t prefix)
{
    std::vector<std::uint8_t> address(16);
    address[0] = first;
    address[1] = second;
    address[15] = last;
    return {AF_INET6, std::move(address), prefix};
}

/// The short-cuts of systemd.resource-control(5), IPAddressAllow=.
std::vector<AddressPrefix> named_addresses(std::string_view word)
{
    if (word == "any")
        return {v4({0, 0, 0, 0}, 0), v6(0, 0, 0, 0)};
    if (word == "localhost")
        return {v4({127, 0, 0, 0}, 8), v6(0, 0, 1, 128)};
    if (word == "link-local")
        return {v4({169, 254, 0, 0}, 16), v6(0xfe, 0x80, 0, 64)};
    if (word == "multicast")
        return {v4({224, 0, 0, 0}, 4), v6(0xff, 0, 0, 8)};
    return {};
}

Parsed<AddressPrefix> address_prefix(const std::string &word)
{
    const auto slash = word.find('/');
    const std::string host = word.substr(0, slash);
    const bool is_v6 = host.find(':') != std::string::npos;
    AddressPrefix out{is_v6 ? AF_INET6 : AF_INET, std::vector<std::uint8_t>(is_v6 ? 16 : 4), is_v6 ? 128U : 32U};
    if (inet_pton(out.family, host.c_str(), out.address.data()) != 1)
        return std::unexpected(fmt::format("\"{}\" is not an IP address", host));
    if (slash == std::string::npos)
        return out;
    const auto prefix = number(std::string_view(word).substr(slash + 1), 0, out.prefix);
    if (!prefix)
        return std::unexpected(fmt::format("prefix length of \"{}\": {}", word, prefix.error()));
    out.prefix = static_cast<std::uint32_t>(*prefix);
    return out;
}

/// "3" → 3..3, "0-7" → 0..7.
struct Range {
    std::uint64_t low, high;
};
Parsed<Range> range(std::string_view text, std::uint64_t minimum, std::uint64_t maximum)
{
    const auto dash = text.find('-', 1);
    const auto low = number(text.substr(0, dash), minimum, maximum);
    if (!low)
        return std::unexpected(fmt::format("\"{}\": {}", text, low.error()));
    if (dash == std::string_view::npos)
        return Range{*low, *low};
    const auto high = number(text.substr(dash + 1), minimum, maximum);
    if (!high)
        return std::unexpected(fmt::format("\"{}\": {}", text, high.error()));
    if (*high < *low)
        return std::unexpected(fmt::format("range \"{}\" ends before it starts", text));
    return Range{*low, *high};
}

bool interface_name(std::string_view name)
{
    constexpr std::size_t kLongest = 15; // IFNAMSIZ less the terminating zero
    return !name.empty() && name.size() <= kLongest && name != "." && name != ".." &&
           std::ranges::none_of(name, [](char c) { return c <= ' ' || c == '/' || c == ':' || c == '%' || c == 0x7f; });
}

/// As nftables spells the names of tables and sets.
bool nft_identifier(std::string_view name)
{
    constexpr std::size_t kLongest = 255; // NFT_NAME_MAXLEN less the terminating zero
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !name.empty() && name.size() <= kLongest && letter(name[0]) && std::ranges::all_of(name, [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || std::string_view("/\\_.").contains(c);
    });
}

struct Numbered {
    std::string_view word;
    std::int32_t number;
};
constexpr Numbered kNftSources[] = {{"cgroup", 3}, {"user", 4}, {"group", 5}}; // systemd's NFTSetSource
constexpr Numbered kNftFamilies[] = {{"inet", NFPROTO_INET},     {"ip", NFPROTO_IPV4},       {"arp", NFPROTO_ARP},
                                     {"netdev", NFPROTO_NETDEV}, {"bridge", NFPROTO_BRIDGE}, {"ip6", NFPROTO_IPV6}};

Parsed<std::int32_t> numbered(std::string_view word, std::span<const Numbered> table, std::string_view what)
{
    const auto found = std::ranges::find(table, word, &Numbered::word);
    if (found == table.end())
        return std::unexpected(fmt::format("\"{}\" is no {}", word, what));
    return found->number;
}

Parsed<NftSet> nft_set(const std::string &text)
{
    std::vector<std::string> parts;
    for (const auto part : std::views::split(text, ':'))
        parts.emplace_back(part.begin(), part.end());
    if (parts.size() != 4)
        return std::unexpected(fmt::format("\"{}\" has not four parts", text));
    const auto source = numbered(parts[0], kNftSources, "source");
    if (!source)
        return std::unexpected(source.error());
    const auto family = numbered(parts[1], kNftFamilies, "address family of nftables");
    if (!family)
        return std::unexpected(family.error());
    for (const std::string &name : {parts[2], parts[3]})
        if (!nft_identifier(name))
            return std::unexpected(fmt::format("\"{}\" is no name of nftables", name));
    return NftSet{*source, *family, parts[2], parts[3]};
}

} // namespace

Parsed<std::vector<NftSet>> nft_sets(std::string_view text)
{
    const auto words = split_words(text, Escapes::literal);
    if (!words)
        return std::unexpected(words.error());
    std::vector<NftSet> sets;
    for (const std::string &word : *words) {
        auto one = nft_set(word);
        if (!one)
            return std::unexpected(one.error());
        sets.push_back(std::move(*one));
    }
    return sets;
}

Parsed<std::vector<std::uint8_t>> index_set(std::string_view text)
{
    std::string blanked(text);
    std::ranges::replace(blanked, ',', ' ');
    const auto words = split_words(blanked, Escapes::literal);
    if (!words)
        return std::unexpected(words.error());
    std::vector<std::uint8_t> bits;
    for (const std::string &word : *words) {
        const auto indices = range(word, 0, kMaxIndex);
        if (!indices)
            return std::unexpected(indices.error());
        bits.resize(std::max<std::size_t>(bits.size(), indices->high / 8 + 1));
        for (std::uint64_t i = indices->low; i <= indices->high; ++i)
            bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | 1U << i % 8);
    }
    return bits;
}

Parsed<std::vector<AddressPrefix>> addresses(std::string_view text)
{
    const auto words = split_words(text, Escapes::literal);
    if (!words)
        return std::unexpected(words.error());
    std::vector<AddressPrefix> out;
    for (const std::string &word : *words) {
        if (auto named = named_addresses(word); !named.empty()) {
            out.insert(out.end(), named.begin(), named.end());
            continue;
        }
        auto one = address_prefix(word);
        if (!one)
            return std::unexpected(one.error());
        out.push_back(std::move(*one));
    }
    return out;
}

Parsed<SocketBind> socket_bind(std::string_view text)
{
    SocketBind bind{AF_UNSPEC, 0, 0, 0};
    if (text == "any")
        return bind;
    std::string_view rest = text;
    bool more = true; // something must follow: the start, or a colon
    const auto next_if = [&](std::string_view word) {
        if (rest != word && !(rest.starts_with(word) && rest[word.size()] == ':'))
            return false;
        more = rest.size() > word.size();
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        return true;
    };
    if (next_if("ipv4"))
        bind.family = AF_INET;
    else if (next_if("ipv6"))
        bind.family = AF_INET6;
    if (more && next_if("tcp"))
        bind.protocol = IPPROTO_TCP;
    else if (more && next_if("udp"))
        bind.protocol = IPPROTO_UDP;
    if (!more || (rest == "any" && rest.size() < text.size()))
        return bind;
    const auto ports = range(rest, 1, std::numeric_limits<std::uint16_t>::max());
    if (!ports)
        return std::unexpected("port " + ports.error());
    bind.first = static_cast<std::uint16_t>(ports->low);
    bind.count = static_cast<std::uint16_t>(ports->high - ports->low + 1);
    return bind;
}

Parsed<NameFilter> interfaces(std::string_view text)
{
    NameFilter filter{!text.starts_with('~'), {}};
    if (!filter.allow)
        text.remove_prefix(1);
    auto words = split_words(text, Escapes::literal);
    if (!words)
        return std::unexpected(words.error());
    for (const std::string &word : *words)
        if (!interface_name(word))
            return std::unexpected(fmt::format("\"{}\" is not an interface name", word));
    filter.names = std::move(*words);
    return filter;
}

} // namespace dbgscope::values
