// SPDX-License-Identifier: Apache-2.0
#include "dbgscope/time_span.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace dbgscope {
namespace {

constexpr std::uint64_t kMillisecond = 1000;
constexpr std::uint64_t kSecond = 1000 * kMillisecond;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::uint64_t kLongest = static_cast<std::uint64_t>(kForever.count());

struct Unit {
    std::string_view name;
    std::uint64_t us;
};
/// systemd.time(7): a month is 30.44 days and a year 365.25 days; "m" is a minute and "M" a month.
constexpr std::array<Unit, 30> kUnits{{{"us", 1},
                                       {"usec", 1},
                                       {"\u00b5s", 1}, // micro sign
                                       {"\u03bcs", 1}, // Greek small mu
                                       {"ms", kMillisecond},
                                       {"msec", kMillisecond},
                                       {"s", kSecond},
                                       {"sec", kSecond},
                                       {"second", kSecond},
                                       {"seconds", kSecond},
                                       {"m", kMinute},
                                       {"min", kMinute},
                                       {"minute", kMinute},
                                       {"minutes", kMinute},
                                       {"h", kHour},
                                       {"hr", kHour},
                                       {"hour", kHour},
                                       {"hours", kHour},
                                       {"d", kDay},
                                       {"day", kDay},
                                       {"days", kDay},
                                       {"w", 7 * kDay},
                                       {"week", 7 * kDay},
                                       {"weeks", 7 * kDay},
                                       {"M", 2629800 * kSecond},
                                       {"month", 2629800 * kSecond},
                                       {"months", 2629800 * kSecond},
                                       {"y", 31557600 * kSecond},
                                       {"year", 31557600 * kSecond},
                                       {"years", 31557600 * kSecond}}};

constexpr std::string_view kBlanks = " \t\n\r";

Error bad_span(std::string_view text, std::string cause)
{
    return {.kind = ErrorKind::usage,
            .operation = "read time span",
            .subject = '"' + std::string(text) + '"',
            .cause = std::move(cause),
            .hint = "time spans are like 90 (seconds), 500ms, 2min 30s, 1.5h or infinity"};
}

void skip_blanks(std::string_view &rest)
{
    const auto first = rest.find_first_not_of(kBlanks);
    rest = first == std::string_view::npos ? std::string_view{} : rest.substr(first);
}

/// Takes the characters of `set` off the front of `rest`, or with `inverted` those not in it.
std::string_view take(std::string_view &rest, std::string_view set, bool inverted = false)
{
    const auto stop = inverted ? rest.find_first_of(set) : rest.find_first_not_of(set);
    const std::string_view taken = rest.substr(0, stop);
    rest.remove_prefix(taken.size());
    return taken;
}

/// whole.decimals × unit, digits below a microsecond cut off; kLongest or more: too large.
std::uint64_t scaled(std::uint64_t whole, std::string_view decimals, std::uint64_t unit_us)
{
    if (whole > kLongest / unit_us)
        return kLongest;
    std::uint64_t us = whole * unit_us;
    std::uint64_t place = unit_us;
    for (const char digit : decimals) {
        place /= 10;
        us += place * static_cast<std::uint64_t>(digit - '0');
    }
    return us;
}

} // namespace

Result<std::chrono::microseconds> parse_time_span(std::string_view text, std::chrono::microseconds default_unit)
{
    constexpr std::string_view kDigits = "0123456789";
    std::string_view rest = text;
    skip_blanks(rest);
    if (rest.empty())
        return fail(bad_span(text, "empty"));
    if (rest.substr(0, rest.find_last_not_of(kBlanks) + 1) == "infinity")
        return kForever;
    std::uint64_t total_us = 0;
    while (!rest.empty()) { // one component: "2min", "30 s", "1.5h"
        if (rest.front() == '-')
            return fail(bad_span(text, "negative"));
        const std::string_view digits = take(rest, kDigits);
        std::string_view decimals;
        const bool point = !rest.empty() && rest.front() == '.';
        if (point) {
            rest.remove_prefix(1);
            decimals = take(rest, kDigits);
        }
        if (point ? decimals.empty() : digits.empty())
            return fail(bad_span(text, point ? "no digit after the point" : "not a number"));
        std::uint64_t whole = 0;
        if (!digits.empty() && std::from_chars(digits.data(), digits.data() + digits.size(), whole).ec != std::errc{})
            return fail(bad_span(text, "too large"));
        skip_blanks(rest);
        const std::string_view name = take(rest, "0123456789.- \t\n\r", true);
        auto unit_us = static_cast<std::uint64_t>(default_unit.count());
        if (!name.empty()) {
            unit_us = 0;
            for (const Unit &unit : kUnits)
                if (unit.name == name)
                    unit_us = unit.us;
            if (unit_us == 0)
                return fail(bad_span(text, "unknown unit \"" + std::string(name) + '"'));
        } else if (!rest.empty() && rest.front() == '.') { // "12.34.56"
            return fail(bad_span(text, "not a number"));
        }
        const std::uint64_t us = scaled(whole, decimals, unit_us);
        if (us >= kLongest - total_us)
            return fail(bad_span(text, "too large"));
        total_us += us;
        skip_blanks(rest);
    }
    return std::chrono::microseconds(total_us);
}

std::string format_time_span(std::chrono::microseconds span)
{
    if (span == kForever)
        return "infinity";
    // Days are the largest unit written: "30d" says more than "4w 2d", and a month is no whole number of days.
    constexpr std::array<Unit, 6> kWritten{
        {{"d", kDay}, {"h", kHour}, {"min", kMinute}, {"s", kSecond}, {"ms", kMillisecond}, {"us", 1}}};
    std::string text;
    auto rest_us = static_cast<std::uint64_t>(span.count());
    for (const Unit &unit : kWritten) {
        if (rest_us < unit.us)
            continue;
        text += (text.empty() ? "" : " ") + std::to_string(rest_us / unit.us) + std::string(unit.name);
        rest_us %= unit.us;
    }
    return text.empty() ? "0" : text;
}

} // namespace dbgscope
