// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dbgscope/plan.hpp"
#include "plan/words.hpp"

// One value of a systemd property, from the text of a unit file or of `systemd-run -p`. All refuse what is not a whole
// value; the error is a cause in words.
namespace dbgscope::values {

/// 1/yes/y/true/t/on and 0/no/n/false/f/off, in any case.
[[nodiscard]] Parsed<bool> boolean(std::string_view text);

/// A decimal number in [minimum, maximum].
[[nodiscard]] Parsed<std::uint64_t> number(std::string_view text, std::uint64_t minimum, std::uint64_t maximum);
[[nodiscard]] Parsed<std::int32_t> integer(std::string_view text, std::int32_t minimum, std::int32_t maximum);

/// "512M", "1.5G", "1G 512M", "4096" in bytes; `base` 1024 or 1000. Infinity is the caller's matter.
[[nodiscard]] Parsed<std::uint64_t> size(std::string_view text, std::uint64_t base);

/// True for "40%", "400‰" and "4000‱".
[[nodiscard]] bool is_percentage(std::string_view text);
/// "12.5%" → 1250. Above 100 % where `unbounded` (CPUQuota=).
[[nodiscard]] Parsed<std::uint64_t> permyriad(std::string_view text, bool unbounded = false);

/// systemd sends shares of 100 % as 0…UINT32_MAX (the `…Scale` properties, ManagedOOMMemoryPressureLimit).
[[nodiscard]] std::uint32_t scale_from_permyriad(std::uint64_t permyriad);

/// A time span as it goes over the bus: microseconds, UINT64_MAX for infinity.
[[nodiscard]] Parsed<std::uint64_t> usec(std::string_view text,
                                         std::chrono::microseconds default_unit = std::chrono::seconds(1));

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

} // namespace dbgscope::values
