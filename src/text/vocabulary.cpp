// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "dbgscope/bytes.hpp"
#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"
#include "dbgscope/session.hpp"
#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

ErrorKind kind_of(int error_number)
{
    switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS: return ErrorKind::denied;
    case ENOENT:
    case ENOTDIR:
    case ESRCH: return ErrorKind::not_found;
    case ENOSYS:
    case EOPNOTSUPP: return ErrorKind::unsupported;
    case ETIMEDOUT: return ErrorKind::timeout;
    default: return ErrorKind::system;
    }
}

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

/// Multiplies a decimal fraction digit string (what follows the point) by 2^shift, truncating.
std::uint64_t fraction_bytes(std::string_view digits, int shift)
{
    long double value = 0;
    long double place = 1;
    for (const char c : digits) {
        place /= 10;
        value += place * static_cast<long double>(c - '0');
    }
    return static_cast<std::uint64_t>(value * static_cast<long double>(std::uint64_t{1} << shift));
}

bool all_digits(std::string_view text)
{
    for (const char c : text)
        if (c < '0' || c > '9')
            return false;
    return true;
}

/// "12.5" with at most two decimals → 1250.
Result<SizeSpec> parse_percent(std::string_view text)
{
    const std::string_view number = text.substr(0, text.size() - 1);
    const auto point = number.find('.');
    const std::string_view whole = number.substr(0, point);
    std::string decimals(point == std::string_view::npos ? "" : number.substr(point + 1));
    std::uint64_t percent = 0;
    const auto [end, code] = std::from_chars(whole.data(), whole.data() + whole.size(), percent);
    if (whole.empty() || code != std::errc{} || end != whole.data() + whole.size() || decimals.size() > 2 ||
        !all_digits(decimals))
        return fail(bad_size(text, "not a percentage"));
    decimals.resize(2, '0');
    const std::uint64_t permyriad =
        percent > 100 ? 10001
                      : percent * 100 + static_cast<std::uint64_t>((decimals[0] - '0') * 10 + (decimals[1] - '0'));
    if (permyriad > 10000)
        return fail(bad_size(text, "more than 100%"));
    return SizeSpec{SizeSpec::Kind::permyriad, permyriad};
}

} // namespace

std::string to_line(const Error &error)
{
    std::string line;
    if (!error.operation.empty())
        line = "cannot " + error.operation;
    if (!error.subject.empty())
        line += (line.empty() ? "" : " ") + error.subject;
    line += (line.empty() ? "" : ": ") + error.cause;
    if (!error.hint.empty())
        line += " (" + error.hint + ")";
    return printable(line); // names from /proc and the command line may hold anything
}

Error errno_error(int error_number, std::string operation, std::string subject, std::string hint)
{
    return {.kind = kind_of(error_number),
            .operation = std::move(operation),
            .subject = std::move(subject),
            .cause = std::strerror(error_number),
            .hint = std::move(hint),
            .error_number = error_number};
}

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
    if (text.empty())
        return fail(bad_size(text, "empty"));
    if (text.front() == '-')
        return fail(bad_size(text, "negative"));
    if (text.back() == '%')
        return parse_percent(text);
    std::uint64_t whole = 0;
    const char *const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, whole);
    if (code == std::errc::result_out_of_range)
        return fail(bad_size(text, "too large"));
    if (code != std::errc{})
        return fail(bad_size(text, "not a number"));
    std::string_view rest(end, static_cast<std::size_t>(last - end));
    std::string_view decimals;
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        const auto stop = rest.find_first_not_of("0123456789");
        decimals = rest.substr(0, stop);
        rest = stop == std::string_view::npos ? std::string_view{} : rest.substr(stop);
        if (decimals.empty())
            return fail(bad_size(text, "no digit after the point"));
    }
    int shift = 0;
    if (!rest.empty() && rest != "B") {
        for (const Unit unit : kUnits)
            if (rest.front() == unit.letter)
                shift = unit.shift;
        if (shift == 0 || rest.size() != 1)
            return fail(bad_size(text, "unknown unit \"" + std::string(rest) + '"'));
    }
    if (shift != 0 && whole > (~std::uint64_t{0} >> shift))
        return fail(bad_size(text, "too large"));
    const std::uint64_t bytes = (whole << shift) + fraction_bytes(decimals, shift);
    if (bytes < (whole << shift) || bytes == Limit().bytes())
        return fail(bad_size(text, "too large"));
    return SizeSpec{SizeSpec::Kind::bytes, bytes};
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

const char *why_words(Why why)
{
    switch (why) {
    case Why::not_asked: return "not looked at";
    case Why::absent: return "does not exist";
    case Why::denied: return "not permitted";
    case Why::disabled: return "switched off";
    case Why::malformed: return "cannot be understood";
    case Why::assumed: return "switched off by --assume";
    }
    return "unknown";
}

const char *tool_name(Tool tool)
{
    switch (tool) {
    case Tool::none: break;
    case Tool::dlv: return "dlv";
    case Tool::gdbserver: return "gdbserver";
    case Tool::gdb: return "gdb";
    case Tool::lldb_server: return "lldb-server";
    case Tool::lldb_dap: return "lldb-dap";
    }
    return "run";
}

const char *backend_name(Backend backend)
{
    switch (backend) {
    case Backend::systemd_system: return "systemd-system";
    case Backend::systemd_user: return "systemd-user";
    case Backend::cgroupfs: return "cgroupfs";
    case Backend::none: break;
    }
    return "none";
}

const char *state_name(SessionState state)
{
    switch (state) {
    case SessionState::running: return "running";
    case SessionState::throttled: return "throttled";
    case SessionState::held: return "held";
    case SessionState::stopped: return "stopped";
    case SessionState::ended: break;
    }
    return "ended";
}

Limit fuse_line_for(Limit cap)
{
    if (!cap.finite())
        return cap;
    const std::uint64_t margin = std::max(cap.bytes() / 20, 8 * kMiB);
    return Limit(cap.bytes() - std::min(margin, cap.bytes() / 2));
}

} // namespace dbgscope
