// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/explain_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace dbgscope {
namespace {

bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/// Whether `text` begins like `shape`: 9 is a digit, a a letter, everything else itself.
bool shaped(std::string_view text, std::string_view shape)
{
    return text.size() >= shape.size() && std::equal(shape.begin(), shape.end(), text.begin(), [](char s, char c) {
               return s == '9' ? digit(c) : s == 'a' ? (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') : s == c;
           });
}

int two(std::string_view text, std::size_t at)
{
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// The number in front; 0 when there is none.
double take_number(std::string_view &text)
{
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (code == std::errc{})
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return code == std::errc{} ? value : 0;
}

/// "10:00:00" or "10:00:00.123456" in front, in seconds of the day.
double take_time(std::string_view &text)
{
    const double minutes = two(text, 0) * 60 + two(text, 3);
    text.remove_prefix(6);
    return minutes * 60 + take_number(text);
}

void skip_blanks(std::string_view &text)
{
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// "host kernel: " or "host systemd[1]: ", as syslog and the journal put it behind the time.
void skip_host(std::string_view &text)
{
    const auto host = text.find(' ');
    const auto tag = host == std::string_view::npos ? host : text.find(' ', host + 1);
    if (tag != std::string_view::npos && tag > host + 1 && text[tag - 1] == ':')
        text.remove_prefix(tag + 1);
}

/// 2026-11-22T10:00:00[.5](Z|+01:00|+0100)
void take_iso(std::string_view &text, Clock &clock)
{
    const int year = two(text, 0) * 100 + two(text, 2), month = two(text, 5), day = two(text, 8);
    text.remove_prefix(11);
    clock.day_s = take_time(text);
    double offset_s = 0;
    if (shaped(text, "+99") || shaped(text, "-99")) {
        const bool colon = shaped(text.substr(1), "99:99");
        const int minutes = colon ? two(text, 4) : shaped(text.substr(1), "9999") ? two(text, 3) : 0;
        offset_s = (text.front() == '-' ? -60 : 60) * (two(text, 1) * 60 + minutes);
        text.remove_prefix(colon ? 6 : shaped(text.substr(1), "9999") ? 5 : 3);
    } else if (text.starts_with('Z'))
        text.remove_prefix(1);
    else
        return; // no zone: local time
    using namespace std::chrono;
    const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (date.ok())
        clock.epoch_s =
            static_cast<double>(sys_days(date).time_since_epoch().count()) * 86400 + *clock.day_s - offset_s;
}

/// One stamp or prompt less; false when there is none in front.
bool strip_one(std::string_view &text, Clock &clock)
{
    const std::string_view before = text;
    if (text.starts_with("(dlv) ") || text.starts_with("(gdb) "))
        text.remove_prefix(6);
    else if (shaped(text, "aaa 99 99:99:99 ") || shaped(text, "aaa  9 99:99:99 ")) {
        text.remove_prefix(7);
        clock.day_s = take_time(text);
        skip_blanks(text);
        skip_host(text);
    } else if (shaped(text, "9999-99-99T99:99:99")) {
        take_iso(text, clock);
        skip_blanks(text);
        skip_host(text);
    } else if (shaped(text, "9999/99/99 99:99:99 ")) {
        text.remove_prefix(11);
        clock.day_s = take_time(text);
    } else if (shaped(text, "[aaa aaa 99 99:99:99 9999] ") || shaped(text, "[aaa aaa  9 99:99:99 9999] ")) {
        text.remove_prefix(12);
        clock.day_s = take_time(text);
        text.remove_prefix(6);
    } else if (shaped(text, "99:99:99")) {
        clock.day_s = take_time(text);
    } else if (text.starts_with('[')) {
        const auto close = text.find("] ");
        std::string_view inside = text.substr(1, close == std::string_view::npos ? 0 : close - 1);
        if (inside.starts_with("pid ")) { // strace -f: [pid 123]
            text.remove_prefix(close + 2);
            return true;
        }
        skip_blanks(inside);
        const bool number = inside.find('.') != std::string_view::npos && digit(inside.front());
        const double uptime_s = take_number(inside);
        if (!number || !inside.empty())
            return false;
        clock.uptime_s = uptime_s;
        text.remove_prefix(close + 2);
    } else
        return false;
    skip_blanks(text);
    return text.size() < before.size();
}

/// "3,5630,12966526368,-;text" of /dev/kmsg; "22493 " and "1763805600.123456 " of strace.
void strip_numbers(std::string_view &text, Clock &clock)
{
    const auto end = text.find_first_not_of("0123456789,.");
    if (end == std::string_view::npos || end == 0)
        return;
    const std::string_view head = text.substr(0, end);
    if (std::ranges::count(head, ',') == 3 && text.substr(end).starts_with("-;")) {
        std::string_view micros = head.substr(head.find(',', head.find(',') + 1) + 1);
        clock.uptime_s = take_number(micros) / 1e6;
        text.remove_prefix(end + 2);
    } else if (text[end] == ' ' && end >= 12 && head[10] == '.' && head.find(',') == std::string_view::npos) {
        std::string_view number = head;
        clock.epoch_s = take_number(number);
        text.remove_prefix(end + 1);
    } else if (text[end] == ' ' && end <= 7 && head.find_first_of(",.") == std::string_view::npos) {
        std::string_view rest = text.substr(end); // a pid, where a time follows it
        skip_blanks(rest);
        if (shaped(rest, "99:99:99") || shaped(rest, "9999999999."))
            text = rest;
    }
}

/// "M=1531 P=1 G=1 Metric Time=42273122054464 Name=..." of `go tool trace -d=parsed`, Go 1.22 and later: nanoseconds of
/// the monotonic clock, which the kernel's log tells too. It stays where it is: the kind of event stands before it.
void read_trace_time(std::string_view text, Clock &clock)
{
    constexpr std::string_view kTime = " Time=";
    const auto at = text.starts_with("M=") ? text.substr(0, 120).find(kTime) : std::string_view::npos;
    if (at == std::string_view::npos)
        return;
    text.remove_prefix(at + kTime.size());
    clock.uptime_s = take_number(text) / 1e9;
}

std::string without_colours(std::string_view text)
{
    std::string plain;
    while (!text.empty()) {
        const auto at = text.find('\x1b');
        plain += text.substr(0, at);
        if (at == std::string_view::npos)
            break;
        text.remove_prefix(at);
        const auto end = text.substr(0, 32).find_first_not_of("0123456789;?", 2);
        const bool sequence = text.size() > 2 && text[1] == '[' && end != std::string_view::npos;
        text.remove_prefix(sequence ? end + 1 : 1);
    }
    return plain;
}

/// The content of the JSON string that begins at `text` (behind its quote); a cut one ends where it ends.
std::string json_content(std::string_view text)
{
    static constexpr std::string_view kEscapes = "ntrbf", kMeant = "\n\t\r  ";
    std::string content;
    for (std::size_t i = 0; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            content += text[i];
            continue;
        }
        const char next = text[++i];
        if (next == 'u') {
            unsigned code = 0;
            const std::string_view digits = text.substr(i + 1, 4);
            std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
            content += code >= 0x20 && code < 0x7f ? static_cast<char>(code) : code == 0x1b ? '\x1b' : '?';
            i += digits.size();
        } else {
            const auto known = kEscapes.find(next);
            content += known == std::string_view::npos ? next : kMeant[known];
        }
    }
    return content;
}

void add(std::vector<PlainLine> &lines, std::string_view text, Clock clock)
{
    std::string coloured;
    if (text.find('\x1b') != std::string_view::npos)
        text = coloured = without_colours(text);
    strip_numbers(text, clock);
    for (int rounds = 0; rounds < 8 && strip_one(text, clock); ++rounds)
        strip_numbers(text, clock);
    read_trace_time(text, clock);
    lines.push_back({std::string(text), clock});
}

} // namespace

std::vector<PlainLine> plain_lines(std::string_view raw)
{
    std::vector<PlainLine> lines;
    if (raw.find("\":") != std::string_view::npos && raw.find('{') != std::string_view::npos)
        for (const std::string_view key : {"\"output\":", "\"format\":", "\"message\":"}) {
            const auto at = raw.find(key);
            if (at == std::string_view::npos)
                continue;
            std::string_view value = raw.substr(at + key.size());
            skip_blanks(value);
            if (!value.starts_with('"'))
                continue;
            const std::string content = json_content(value.substr(1));
            for (std::string_view rest = content; !rest.empty();) {
                const std::string_view line = rest.substr(0, rest.find('\n'));
                if (!line.empty())
                    add(lines, line, {});
                rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            }
        }
    if (lines.empty())
        add(lines, raw, {});
    return lines;
}

} // namespace dbgscope
