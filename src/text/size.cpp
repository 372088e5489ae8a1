// SPDX-License-Identifier: Apache-2.0
#include "dbgscope/bytes.hpp"

#include <algorithm>
#include <array>

#include "dbgscope/session.hpp"
#include "text/share.hpp"
#include "text/values.hpp"

namespace dbgscope {
namespace {

struct Unit {
    char letter;
    int shift;
};
constexpr std::array<Unit, 6> kUnits{{{'K', 10}, {'M', 20}, {'G', 30}, {'T', 40}, {'P', 50}, {'E', 60}}};

Error bad_size(std::string_view text, std::string cause)
{
    return {.kind = ErrorKind::usage,
            .operation = "read size",
            .subject = '"' + std::string(text) + '"',
            .cause = std::move(cause),
            .hint = "sizes are like 512M, 2G, 40% or infinity (K, M, G, T are powers of 1024)"};
}

} // namespace

Limit SizeSpec::resolve(std::uint64_t total_bytes) const
{
    switch (kind) {
    case Kind::bytes: return Limit(value);
    case Kind::permyriad: return Limit(total_bytes / 10000 * value + total_bytes % 10000 * value / 10000);
    case Kind::infinity: break;
    }
    return Limit();
}

Result<SizeSpec> parse_size(std::string_view text)
{
    if (text == "infinity" || text == "max")
        return SizeSpec{};
    const bool share = values::is_percentage(text);
    if (!share && text.starts_with(' '))
        return fail(bad_size(text, "begins with a blank"));
    auto amount = share ? values::permyriad(text) : values::size(text, 1024);
    if (!amount)
        return fail(bad_size(text, std::move(amount.error())));
    return SizeSpec{share ? SizeSpec::Kind::permyriad : SizeSpec::Kind::bytes, *amount};
}

std::string format_bytes(std::uint64_t bytes)
{
    for (std::size_t i = kUnits.size(); i-- > 0;) {
        const std::uint64_t unit = std::uint64_t{1} << kUnits[i].shift;
        if (bytes < unit)
            continue;
        std::string out = std::to_string(bytes / unit);
        if (bytes % unit != 0) {
            const std::uint64_t tenth = unit / 10 == 0 ? 0 : bytes % unit / (unit / 10);
            out += '.' + std::to_string(tenth > 9 ? 9 : tenth);
        }
        return out + kUnits[i].letter;
    }
    return std::to_string(bytes);
}

std::string format_limit(Limit limit)
{
    return limit.finite() ? format_bytes(limit.bytes()) : "infinity";
}

std::string format_size(const SizeSpec &size)
{
    switch (size.kind) {
    case SizeSpec::Kind::bytes:
        for (std::size_t i = kUnits.size(); i-- > 0;)
            if (const std::uint64_t unit = std::uint64_t{1} << kUnits[i].shift;
                size.value >= unit && size.value % unit == 0)
                return std::to_string(size.value / unit) + kUnits[i].letter;
        return std::to_string(size.value);
    case SizeSpec::Kind::permyriad: {
        std::string text = std::to_string(size.value / 100);
        if (size.value % 100 != 0) {
            std::string decimals = std::to_string(size.value % 100);
            text += '.' + std::string(2 - decimals.size(), '0') + decimals;
        }
        return text + '%';
    }
    case SizeSpec::Kind::infinity: break;
    }
    return "infinity";
}

Limit fuse_line_for(Limit cap)
{
    if (!cap.finite())
        return cap;
    const std::uint64_t margin = std::max(cap.bytes() / 20, 8 * kMiB);
    return Limit(cap.bytes() - std::min(margin, cap.bytes() / 2));
}

Limit look_line_for(Limit cap)
{
    return cap.finite() ? Limit(cap.bytes() / 100 * 80) : cap;
}

Limit share_of(Limit total, std::uint64_t reserve)
{
    if (!total.finite())
        return total;
    const std::uint64_t bytes = total.bytes();
    return Limit(bytes > 2 * reserve ? bytes - reserve : bytes / 2);
}

} // namespace dbgscope
