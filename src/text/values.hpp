// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "text/words.hpp"

// The grammar of single values, once for options, variables, profiles and `-p`: what systemd takes of each. All refuse
// what is not a whole value; the error is a cause in words.
namespace dbgscope::values {

/// The same letters, in any case; of ASCII alone.
[[nodiscard]] bool same_word(std::string_view left, std::string_view right);

/// What keeps a text from being a number of its type.
enum class NumberFault { empty, malformed, out_of_range };

/// Decimal digits, nothing else around them; the signed form with one '+' or '-' before them.
[[nodiscard]] std::expected<std::uint64_t, NumberFault> unsigned_number(std::string_view text);
[[nodiscard]] std::expected<std::int64_t, NumberFault> signed_number(std::string_view text);

/// A decimal number in [minimum, maximum].
[[nodiscard]] Parsed<std::uint64_t> number(std::string_view text, std::uint64_t minimum, std::uint64_t maximum);
[[nodiscard]] Parsed<std::int32_t> integer(std::string_view text, std::int32_t minimum, std::int32_t maximum);

/// 1/yes/y/true/t/on and 0/no/n/false/f/off, in any case (systemd's parse_boolean).
[[nodiscard]] Parsed<bool> boolean(std::string_view text);

/// "512M", "1.5G", "1G 512M", "4096" in bytes, units falling from left to right (systemd's parse_size); `base` 1024 or
/// 1000. Never UINT64_MAX, which means infinity on the bus; infinity itself is the caller's matter.
[[nodiscard]] Parsed<std::uint64_t> size(std::string_view text, std::uint64_t base);

/// True for "40%", "400‰" and "4000‱".
[[nodiscard]] bool is_percentage(std::string_view text);

struct PercentFault {
    NumberFault kind;
    std::string cause;
};
/// "12.5%", "125‰", "1250‱" → 1250 (systemd's parse_permyriad), up to INT32_MAX.
[[nodiscard]] std::expected<std::uint64_t, PercentFault> hundredths_of_percent(std::string_view text);
/// The same with the cause alone. Above 100 % where `unbounded` (CPUQuota=).
[[nodiscard]] Parsed<std::uint64_t> permyriad(std::string_view text, bool unbounded = false);

/// systemd sends shares of 100 % as 0…UINT32_MAX (the `…Scale` properties, ManagedOOMMemoryPressureLimit).
[[nodiscard]] std::uint32_t scale_from_permyriad(std::uint64_t permyriad);

/// A time span as it goes over the bus: microseconds, UINT64_MAX for infinity.
[[nodiscard]] Parsed<std::uint64_t> usec(std::string_view text,
                                         std::chrono::microseconds default_unit = std::chrono::seconds(1));

} // namespace dbgscope::values
