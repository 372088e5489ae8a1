// SPDX-License-Identifier: Apache-2.0
#include "text/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <fmt/core.h>

#include "dbgscope/time_span.hpp"

namespace dbgscope::values {
namespace {

template <class Number> std::expected<Number, NumberFault> whole(std::string_view text)
{
    Number value = 0;
    const char *const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, value);
    if (text.empty())
        return std::unexpected(NumberFault::empty);
    if (code == std::errc::invalid_argument || end != last)
        return std::unexpected(NumberFault::malformed);
    if (code == std::errc::result_out_of_range)
        return std::unexpected(NumberFault::out_of_range);
    return value;
}

template <class Number> Parsed<Number> within(std::expected<Number, NumberFault> value, Number minimum, Number maximum)
{
    if (!value && value.error() != NumberFault::out_of_range)
        return std::unexpected(value.error() == NumberFault::empty ? "empty" : "not a number");
    if (!value || *value < minimum || *value > maximum)
        return std::unexpected(fmt::format("not between {} and {}", minimum, maximum));
    return *value;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kBlanks = " \t\n\r";

std::string_view take(std::string_view &rest, std::string_view set)
{
    const auto stop = rest.find_first_not_of(set);
    const std::string_view taken = rest.substr(0, stop);
    rest.remove_prefix(taken.size());
    return taken;
}

/// One "1.5G" off the front of `rest`; `exponent` is its unit's power of the base, and units must fall.
Parsed<std::uint64_t> take_component(std::string_view &rest, std::uint64_t base, std::size_t &exponent)
{
    constexpr std::string_view kUnits = "BKMGTPE"; // position = power of the base
    if (rest.starts_with('-'))
        return std::unexpected("negative");
    const std::string_view digits = take(rest, kDigits);
    std::string_view decimals;
    std::uint64_t whole = 0;
    if (digits.empty())
        return std::unexpected("not a number");
    if (std::from_chars(digits.data(), digits.data() + digits.size(), whole).ec != std::errc{})
        return std::unexpected("too large");
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        decimals = take(rest, kDigits);
        if (decimals.empty())
            return std::unexpected("no digit after the point");
    }
    (void)take(rest, kBlanks);
    std::size_t power = 0;
    if (const std::string_view unit = rest.substr(0, rest.find_first_of("0123456789 \t\n\r")); !unit.empty()) {
        power = unit.size() == 1 ? kUnits.find(unit.front()) : std::string_view::npos;
        if (power == std::string_view::npos)
            return std::unexpected(fmt::format("unknown unit \"{}\"", unit));
        rest.remove_prefix(1);
    }
    if (power >= exponent)
        return std::unexpected("units do not fall from left to right");
    exponent = power;
    std::uint64_t unit = 1;
    for (std::size_t i = 0; i < power; ++i)
        unit *= base;
    if (whole > std::numeric_limits<std::uint64_t>::max() / unit)
        return std::unexpected("too large");
    long double fraction = 0;
    for (std::size_t i = decimals.size(); i-- > 0;)
        fraction = (fraction + static_cast<long double>(decimals[i] - '0')) / 10;
    const std::uint64_t value = whole * unit + static_cast<std::uint64_t>(fraction * static_cast<long double>(unit));
    if (value < whole * unit)
        return std::unexpected("too large");
    return value;
}

struct PercentSign {
    std::string_view sign;
    std::size_t decimals; ///< that still name whole 1/100 of a percent
};
constexpr std::array<PercentSign, 3> kPercentSigns{{{"%", 2}, {"\u2030", 1}, {"\u2031", 0}}};

const PercentSign *percent_sign(std::string_view text)
{
    for (const PercentSign &sign : kPercentSigns)
        if (text.ends_with(sign.sign))
            return &sign;
    return nullptr;
}

} // namespace

bool same_word(std::string_view left, std::string_view right)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(left, right, {}, lower, lower);
}

Parsed<bool> boolean(std::string_view text)
{
    for (const std::string_view word : {"1", "yes", "y", "true", "t", "on"})
        if (same_word(text, word))
            return true;
    for (const std::string_view word : {"0", "no", "n", "false", "f", "off"})
        if (same_word(text, word))
            return false;
    return std::unexpected("neither yes nor no");
}

std::expected<std::uint64_t, NumberFault> unsigned_number(std::string_view text)
{
    return whole<std::uint64_t>(text);
}

std::expected<std::int64_t, NumberFault> signed_number(std::string_view text)
{
    if (text.starts_with('+') && !text.starts_with("+-"))
        text.remove_prefix(1);
    return whole<std::int64_t>(text);
}

Parsed<std::uint64_t> number(std::string_view text, std::uint64_t minimum, std::uint64_t maximum)
{
    if (text.size() > 1 && text.front() == '-' && kDigits.find(text[1]) != std::string_view::npos)
        return std::unexpected("negative");
    return within(unsigned_number(text), minimum, maximum);
}

Parsed<std::int32_t> integer(std::string_view text, std::int32_t minimum, std::int32_t maximum)
{
    const auto value = within<std::int64_t>(signed_number(text), minimum, maximum);
    if (!value)
        return std::unexpected(value.error());
    return static_cast<std::int32_t>(*value);
}

Parsed<std::uint64_t> size(std::string_view text, std::uint64_t base)
{
    std::string_view rest = text;
    (void)take(rest, kBlanks);
    if (rest.empty())
        return std::unexpected("empty");
    std::uint64_t total = 0;
    std::size_t exponent = std::string_view::npos;
    while (!rest.empty()) {
        const auto part = take_component(rest, base, exponent);
        if (!part)
            return part;
        // UINT64_MAX means infinity on the bus: a number must not turn into "no limit".
        if (*part >= std::numeric_limits<std::uint64_t>::max() - total)
            return std::unexpected("too large");
        total += *part;
        (void)take(rest, kBlanks);
    }
    return total;
}

bool is_percentage(std::string_view text)
{
    return percent_sign(text) != nullptr;
}

std::expected<std::uint64_t, PercentFault> hundredths_of_percent(std::string_view text)
{
    const auto bad = [](std::string cause) {
        return std::unexpected(PercentFault{NumberFault::malformed, std::move(cause)});
    };
    const PercentSign *sign = percent_sign(text);
    if (sign == nullptr)
        return bad("no percent sign");
    std::string_view rest = text.substr(0, text.size() - sign->sign.size());
    if (rest.starts_with('-'))
        return bad("negative");
    std::string digits(take(rest, kDigits));
    std::string_view decimals;
    const bool point = rest.starts_with('.');
    if (point) {
        rest.remove_prefix(1);
        decimals = take(rest, kDigits);
    }
    if (digits.empty() || !rest.empty() || (point && decimals.empty()))
        return bad("not a percentage");
    if (decimals.size() > sign->decimals)
        return bad(sign->decimals == 0 ? std::string("no decimals are possible with this sign")
                                       : fmt::format("more than {} decimals", sign->decimals));
    digits.append(decimals).append(sign->decimals - decimals.size(), '0');
    const auto value = unsigned_number(digits);
    if (!value || *value > std::numeric_limits<std::int32_t>::max())
        return std::unexpected(PercentFault{NumberFault::out_of_range, "too large"});
    return *value;
}

Parsed<std::uint64_t> permyriad(std::string_view text, bool unbounded)
{
    auto value = hundredths_of_percent(text);
    if (!value)
        return std::unexpected(std::move(value.error().cause));
    if (!unbounded && *value > 10000)
        return std::unexpected("more than 100%");
    return *value;
}

std::uint32_t scale_from_permyriad(std::uint64_t permyriad)
{
    constexpr std::uint64_t kWhole = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>((std::min<std::uint64_t>(permyriad, 10000) * kWhole + 5000) / 10000);
}

Parsed<std::uint64_t> usec(std::string_view text, std::chrono::microseconds default_unit)
{
    const auto span = parse_time_span(text, default_unit);
    if (!span)
        return std::unexpected(span.error().cause);
    return *span == kForever ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(span->count());
}

} // namespace dbgscope::values
