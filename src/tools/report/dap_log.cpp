// SPDX-License-Identifier: Apache-2.0
#include "tools/report/dap_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "tools/report/lua_table.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxObject = 1024 * 1024; ///< a message of variables is long
constexpr int kMostFailures = 64;               ///< of braces that open over lines and are no message
constexpr std::size_t kPrefix = 80;             ///< a time stands in the first columns

/// The end of the object that begins at `from`; npos: it has none within `most` bytes.
std::size_t end_of_object(std::string_view text, std::size_t from, std::size_t most)
{
    bool quoted = false;
    int depth = 0;
    for (std::size_t at = from; at < std::min(text.size(), from + most); ++at) {
        const char c = text[at];
        if (quoted && c == '\\')
            ++at;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == '{')
            ++depth;
        else if (!quoted && c == '}' && --depth == 0)
            return at + 1;
    }
    return std::string_view::npos;
}

bool is_message(const Json &json)
{
    const Json *type = json.find("type");
    const std::string *word = type == nullptr ? nullptr : type->string();
    if (word == nullptr)
        return false;
    const Json *name = json.find(*word == "event" ? "event" : "command");
    return name != nullptr && name->string() != nullptr &&
           (*word == "request" || *word == "response" || *word == "event");
}

/// At a brace: a damaged message has one of its names on the same line, or, over lines, at the front of the next one.
bool looks_like_message(std::string_view text)
{
    constexpr std::array<std::string_view, 7> kNames{"arguments",   "body", "command", "event",
                                                     "request_seq", "seq",  "type"};
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t first = text.find_first_not_of(" \t\r\n\"", 1);
    const bool opens_lines = line.find_first_not_of(" \t\r", 1) == std::string_view::npos;
    return std::ranges::any_of(kNames, [&](std::string_view name) {
        if (opens_lines)
            return first != std::string_view::npos && text.substr(first).starts_with(name);
        return line.find('"' + std::string(name) + "\":") != std::string_view::npos;
    });
}

/// The next lines, after a message that dlv wrote down before it sent it:
/// "2026-11-30T02:48:51Z debug layer=dap write tcp 127.0.0.1:45207->127.0.0.1:53080: write: broken pipe"
bool could_not_be_sent(std::string_view text)
{
    const std::string_view line = text.substr(0, text.find('\n'));
    return line.substr(0, line.find('{')).find(" layer=dap write ") != std::string_view::npos;
}

/// Takes a number of exactly so many digits off the front.
bool take_digits(std::string_view &text, std::size_t digits, int &value)
{
    if (text.size() < digits)
        return false;
    const auto [end, code] = std::from_chars(text.data(), text.data() + digits, value);
    if (code != std::errc{} || end != text.data() + digits)
        return false;
    text.remove_prefix(digits);
    return true;
}

bool take(std::string_view &text, std::string_view any)
{
    if (text.empty() || any.find(text.front()) == std::string_view::npos)
        return false;
    text.remove_prefix(1);
    return true;
}

double take_fraction(std::string_view &text, bool &fraction)
{
    double value = 0, scale = 0.1;
    if (!take(text, ".,"))
        return 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), scale /= 10)
        value += scale * (text.front() - '0');
    fraction = true;
    return value;
}

/// "2026-11-29T17:44:13.5+01:00"
std::optional<double> calendar_time(std::string_view text, bool &fraction)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (!take_digits(text, 4, year) || !take(text, "-/") || !take_digits(text, 2, month) || !take(text, "-/") ||
        !take_digits(text, 2, day) || !take(text, "T ") || !take_digits(text, 2, hour) || !take(text, ":") ||
        !take_digits(text, 2, minute) || !take(text, ":") || !take_digits(text, 2, second))
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok())
        return std::nullopt;
    double seconds = hour * 3600.0 + minute * 60.0 + second + take_fraction(text, fraction);
    int zone_hours = 0, zone_minutes = 0;
    const bool west = text.starts_with('-');
    if (take(text, "+-") && take_digits(text, 2, zone_hours)) {
        (void)take(text, ":");
        (void)take_digits(text, 2, zone_minutes);
        seconds -= (west ? -1 : 1) * (zone_hours * 3600.0 + zone_minutes * 60.0);
    }
    return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * 86400 + seconds;
}

} // namespace

std::optional<double> dap_time(std::string_view line, bool &fraction)
{
    const std::string_view head = line.substr(0, std::min(line.find('{'), kPrefix));
    for (std::size_t at = 0; at < head.size(); ++at)
        if (head[at] >= '0' && head[at] <= '9' && (at == 0 || head[at - 1] < '0' || head[at - 1] > '9')) {
            if (const auto time = calendar_time(line.substr(at), fraction))
                return time;
            const auto digits = std::min(head.find_first_not_of("0123456789", at), head.size()) - at;
            std::int64_t whole = 0;
            std::string_view rest = line.substr(at + digits);
            // Seconds with a fraction, at the very beginning: a port or a count elsewhere is no time.
            if (at > 1 || !rest.starts_with('.') || rest.size() < 4 || rest[1] < '0' || rest[1] > '9' ||
                std::from_chars(line.data() + at, line.data() + at + digits, whole).ec != std::errc{})
                continue;
            return static_cast<double>(whole) + take_fraction(rest, fraction);
        }
    return std::nullopt;
}

/// The object at `from`; empty: it has no end.
std::string_view DapLog::take_object(std::size_t from)
{
    const std::size_t line_end = std::min(rest_.find('\n', from), rest_.size());
    const bool opens_lines = rest_.find_first_not_of(" \t\r", from + 1) == line_end;
    if (opens_lines && failures_ >= kMostFailures)
        return {};
    // On a line of its own it may be as long as that line: gdb sends a line of the program's as one message.
    const std::size_t end = end_of_object(rest_, from, opens_lines ? kMaxObject : line_end - from);
    if (end == std::string_view::npos) {
        failures_ += opens_lines ? 1 : 0;
        return {};
    }
    return rest_.substr(from, end - from);
}

/// The message whose first brace is at `brace`, and how much of the log is done with.
std::optional<Json> DapLog::take_message(std::size_t brace, std::size_t &consumed)
{
    std::size_t length = 0;
    std::optional<Json> json;
    if (opens_lua_table(rest_.substr(brace))) {
        if (failures_ < kMostFailures)
            json = read_lua_table(rest_.substr(brace), length);
        failures_ += json ? 0 : 1;
    } else if (const std::string_view object = take_object(brace); !object.empty()) {
        length = object.size();
        if (auto read = parse_json(object))
            json = std::move(*read);
    }
    consumed = std::max(consumed, brace + length);
    if (!json && looks_like_message(rest_.substr(brace)) && !unread_here_) {
        unread_here_ = true;
        ++unread_;
    }
    return json && is_message(*json) ? std::move(json) : std::nullopt;
}

std::optional<DapMessage> DapLog::next()
{
    while (!rest_.empty()) {
        const std::size_t line_end = std::min(rest_.find('\n'), rest_.size());
        const std::string_view line = rest_.substr(0, line_end);
        bool fraction = false;
        if (const auto time = dap_time(line, fraction)) {
            at_s_ = time;
            timed_ = true;
            fractions_ = fractions_ || fraction;
        }
        std::size_t consumed = std::min(line_end + 1, rest_.size());
        const std::size_t brace = line.find('{');
        auto found = brace == std::string_view::npos ? std::nullopt : take_message(brace, consumed);
        rest_.remove_prefix(consumed);
        if (found) {
            unread_here_ = false;
            return DapMessage{at_s_, std::move(*found), could_not_be_sent(rest_)};
        }
    }
    return std::nullopt;
}

} // namespace dbgscope
