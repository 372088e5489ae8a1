// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/explain_line.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "tools/explain/line_prefix.hpp"
#include "tools/explain/lua_lines.hpp"
#include "tools/explain/prefix_words.hpp"

namespace dbgscope {
namespace {

/// "M=1531 P=1 G=1 Metric Time=42273122054464 Name=..." of `go tool trace -d=parsed`, Go 1.22 and later: nanoseconds of
/// the monotonic clock, which the kernel's log tells too. It stays where it is: the kind of event stands before it.
void read_trace_time(std::string_view text, Clock &clock)
{
    constexpr std::string_view kTime = " Time=";
    const auto at = text.starts_with("M=") ? text.substr(0, 120).find(kTime) : std::string_view::npos;
    if (at == std::string_view::npos)
        return;
    double nanoseconds = 0;
    const char *const begin = text.data() + at + kTime.size();
    if (std::from_chars(begin, text.data() + text.size(), nanoseconds, std::chars_format::fixed).ec == std::errc{})
        clock.uptime_s = nanoseconds / 1e9;
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

bool octal(char c)
{
    return c >= '0' && c <= '7';
}

/// The content of the JSON string that begins at `text` (behind its quote); a cut one ends where it ends. gdb's machine
/// interface has C strings there: \303\251.
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
        } else if (octal(next) && i + 2 < text.size() && octal(text[i + 1]) && octal(text[i + 2])) {
            content += static_cast<char>((next - '0') * 64 + (text[i + 1] - '0') * 8 + (text[i + 2] - '0'));
            i += 2;
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
    strip_prefixes(text, clock);
    for (const std::string_view status : {" (exit status 1)", " (exit status 2)"}) // dlv dap, behind what go build said
        if (text.ends_with(status))
            text.remove_suffix(status.size());
    read_trace_time(text, clock);
    lines.push_back({std::string(text), clock});
}

/// Each line of it.
void add_content(std::vector<PlainLine> &lines, std::string_view content, Clock clock)
{
    for (std::string_view rest = content; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        if (!line.empty())
            add(lines, line, clock);
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
}

/// Each line of the content of a quoted string that begins at `text`.
void add_quoted(std::vector<PlainLine> &lines, std::string_view text, Clock clock)
{
    add_content(lines, json_content(text), clock);
}

void add_lua(std::vector<PlainLine> &lines, std::string_view raw)
{
    const std::vector<std::string> texts = lua_texts(raw);
    Clock clock;
    const bool first = take_nvim_stamp(raw, clock);
    for (const std::string &text : texts)
        add_content(lines, text, clock);
    for (PlainLine &line : lines)
        line.of_entry = !first;
}

/// Keys whose value is a line: the Debug Adapter Protocol, journalctl -o json, docker's json-file, slog and zap.
constexpr std::string_view kTextKeys[] = {
    "\"output\":", "\"format\":", "\"message\":", "\"MESSAGE\":", "\"log\":", "\"msg\":", "\"textPayload\":"};

/// What stands before the object (dlv's log), or in it: journalctl's microseconds since 1970, slog's, zap's and
/// docker's times.
Clock json_clock(std::string_view raw)
{
    Clock clock;
    std::string_view head = raw;
    strip_prefixes(head, clock);
    if (clock.epoch_s || clock.uptime_s || clock.day_s)
        return clock;
    const auto value_of = [raw](std::string_view key) {
        const auto at = raw.find(key);
        std::string_view value = at == std::string_view::npos ? std::string_view() : raw.substr(at + key.size());
        value.remove_prefix(std::min(value.find_first_not_of(" :\""), value.size()));
        return value;
    };
    std::string_view micros = value_of("\"__REALTIME_TIMESTAMP\"");
    if (const double us = take_number(micros); us > 0) {
        clock.epoch_s = us / 1e6;
        return clock;
    }
    for (const std::string_view key : {"\"time\"", "\"ts\"", "\"timestamp\"", "\"@timestamp\""})
        if (const std::string_view value = value_of(key); shaped(value, "9999-99-99") || shaped(value, "9999999999.")) {
            const std::string stamp = std::string(value.substr(0, value.find_first_of("\",}"))) + ' ';
            head = stamp;
            strip_prefixes(head, clock);
            return clock;
        }
    return clock;
}

void add_json(std::vector<PlainLine> &lines, std::string_view raw)
{
    if (raw.find("\":") == std::string_view::npos || raw.find('{') == std::string_view::npos)
        return;
    std::optional<Clock> clock;
    for (const std::string_view key : kTextKeys)
        if (const auto at = raw.find(key); at != std::string_view::npos) {
            std::string_view value = raw.substr(at + key.size());
            skip_blanks(value);
            if (!value.starts_with('"'))
                continue;
            if (!clock)
                clock = json_clock(raw);
            add_quoted(lines, value.substr(1), *clock);
        }
}

/// gdb's machine interface: [TOKEN]&"text\n", ~"", @"", and TOKEN^error,msg="text"; logrus: time="…" level=error
/// msg="text".
void add_spoken(std::vector<PlainLine> &lines, const PlainLine &plain)
{
    std::string_view text = plain.text;
    if (text.starts_with("time=") || text.starts_with("level=") || text.starts_with("ts=")) { // slog, logfmt
        if (const auto at = text.find(" msg=\""); at != std::string_view::npos)
            add_quoted(lines, text.substr(at + 6), plain.clock);
        return;
    }
    text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
    for (const std::string_view record : {"&\"", "~\"", "@\"", "^error,msg=\""})
        if (text.starts_with(record))
            add_quoted(lines, text.substr(record.size()), plain.clock);
}

} // namespace

std::vector<PlainLine> plain_lines(std::string_view raw)
{
    std::vector<PlainLine> lines;
    add_json(lines, raw);
    if (!lines.empty())
        return lines;
    add_lua(lines, raw);
    if (!lines.empty())
        return lines;
    add(lines, raw, {});
    std::vector<PlainLine> spoken;
    add_spoken(spoken, lines.front());
    return spoken.empty() ? lines : spoken;
}

} // namespace dbgscope
