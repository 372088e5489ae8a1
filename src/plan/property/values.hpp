// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dbgscope/plan.hpp"
#include "text/values.hpp"

// What only properties have, from the text of a unit file or of `systemd-run -p`; sizes, percentages, numbers and times
// are those of text/values.hpp. All refuse what is not a whole value; the error is a cause in words.
namespace dbgscope::values {

/// "TERM", "SIGTERM", "15", "RTMIN+3" → the number.
[[nodiscard]] Parsed<std::int32_t> signal(std::string_view text);

/// "0-3,5 7" → bit set, lowest index in bit 0 of byte 0; empty text: empty set. Indices up to 8191, as systemd.
[[nodiscard]] Parsed<std::vector<std::uint8_t>> index_set(std::string_view text);

/// "10.0.0.0/8 ::1 localhost": addresses, prefixes, and any, localhost, link-local, multicast.
[[nodiscard]] Parsed<std::vector<AddressPrefix>> addresses(std::string_view text);

/// "[ipv4|ipv6:][tcp|udp:]PORT|LOW-HIGH|any".
[[nodiscard]] Parsed<SocketBind> socket_bind(std::string_view text);

/// "eth0 wg0" allows these, "~eth0" all others.
[[nodiscard]] Parsed<NameFilter> interfaces(std::string_view text);

/// "cgroup:inet:filter:sessions …": SOURCE:FAMILY:TABLE:SET, with cgroup, user or group as the source.
[[nodiscard]] Parsed<std::vector<NftSet>> nft_sets(std::string_view text);

} // namespace dbgscope::values
