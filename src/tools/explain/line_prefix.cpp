// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/line_prefix.hpp"

#include <algorithm>
#include <chrono>

#include "tools/explain/prefix_words.hpp"

namespace dbgscope {
namespace {

constexpr int kMaxRounds = 12;
int two(std::string_view text, std::size_t at)
{
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// "10:00:00" or "10:00:00.123456" in front (dmesg's ISO form and Python have a comma), in seconds of the day.
double take_time(std::string_view &text)
{
    double seconds = two(text, 0) * 3600 + two(text, 3) * 60 + two(text, 6);
    text.remove_prefix(8);
    if (shaped(text, ".9") || shaped(text, ",9")) {
        double unit = 0.1;
        for (text.remove_prefix(1); !text.empty() && digit(text.front()); text.remove_prefix(1), unit /= 10)
            seconds += (text.front() - '0') * unit;
    }
    return seconds;
}

/// "Nov 22" or "Nov  2" in front, as month * 100 + day; 0: no month has such a name.
int date_of(std::string_view text)
{
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const auto at = kMonths.find(text.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0)
        return 0;
    const int tens = text[4] == ' ' ? 0 : text[4] - '0';
    return (static_cast<int>(at) / 3 + 1) * 100 + tens * 10 + (text[5] - '0');
}

/// "(+     0.000123) " of strace -r --absolute-timestamps.
void skip_step(std::string_view &text)
{
    const auto close = text.starts_with(" (+ ") ? text.substr(0, 24).find(") ") : std::string_view::npos;
    if (close != std::string_view::npos)
        text.remove_prefix(close + 2);
}

/// "host kernel: " or "host systemd[1]: ", as syslog and the journal put it behind the time. Behind a stamp that others
/// use too, "fatal error: " must stay: there the program is the kernel, or has a pid.
void skip_host(std::string_view &text, bool syslog)
{
    const auto host = text.find(' ');
    const auto end = host == std::string_view::npos ? host : text.find(' ', host + 1);
    if (end == std::string_view::npos || host == 0 || end == host + 1 || text[end - 1] != ':')
        return;
    const std::string_view program = text.substr(host + 1, end - host - 1);
    // `ts` puts such a time before lines of any kind: "warning: ptrace: …", "fatal error: …".
    if (text[host - 1] == ':' || program == "error:" || program == "failed:" || program == "Error:")
        return;
    if (syslog || program == "kernel:" || program.ends_with("]:"))
        text.remove_prefix(end + 1);
}

/// 2026-11-22T10:00:00[.5](Z|+01:00|+0100), also with a blank for the T.
void take_iso(std::string_view &text, Clock &clock)
{
    const int year = two(text, 0) * 100 + two(text, 2), month = two(text, 5), day = two(text, 8);
    text.remove_prefix(11);
    clock.date = month * 100 + day;
    clock.day_s = take_time(text);
    double offset_s = 0;
    if (text.starts_with(" UTC"))
        text.remove_prefix(4);
    else if (shaped(text, "+99") || shaped(text, "-99")) {
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

/// What stands behind a time of day: GitLab's "00O ", CRI's "stderr F ", RFC 5424's five words, or syslog's host.
void skip_behind_time(std::string_view &text, bool syslog, bool rfc5424)
{
    skip_blanks(text);
    if (rfc5424) { // host, program, pid, message id, structured data
        for (int word = 0; word < 5 && text.find(' ') != std::string_view::npos; ++word)
            text.remove_prefix(text.find(' ') + 1);
        return;
    }
    if (shaped(text, "99O") || shaped(text, "99E"))
        text.remove_prefix(text.substr(3, 1) == "+" || text.substr(3, 1) == " " ? 4 : 3);
    for (const std::string_view stream : {"stderr ", "stdout "})
        if (text.starts_with(stream) &&
            (text.substr(stream.size(), 2) == "F " || text.substr(stream.size(), 2) == "P ")) {
            text.remove_prefix(stream.size() + 2);
            return;
        }
    skip_host(text, syslog);
}

/// "Sun Nov 22 10:00:00 [UTC ]2026 ", of ctime() and date.
void take_ctime(std::string_view &text, Clock &clock)
{
    clock.date = date_of(text.substr(4));
    text.remove_prefix(11);
    clock.day_s = take_time(text);
    skip_blanks(text);
    text.remove_prefix(shaped(text, "aaa 9999 ") ? 9 : shaped(text, "9999 ") ? 5 : 0);
}

bool take_date(std::string_view &text, Clock &clock)
{
    const bool rfc5424 = text.starts_with('<') && text.find(">1 ") < 5;
    std::string_view rest = rfc5424 ? text.substr(text.find(">1 ") + 3) : text;
    if (shaped(rest, "aaa 9999-99-99 99:99:99 ")) // journalctl -o short-full: "Sun 2026-11-22 10:00:00 UTC host x: "
        rest.remove_prefix(4);
    if (shaped(rest, "9999-99-99T99:99:99") || shaped(rest, "9999-99-99 99:99:99")) {
        take_iso(rest, clock);
        skip_behind_time(rest, false, rfc5424);
    } else if (shaped(rest, "aaa aaa 99 99:99:99 ") || shaped(rest, "aaa aaa  9 99:99:99 ")) {
        take_ctime(rest, clock);
    } else if (shaped(rest, "aaa 99 99:99:99") || shaped(rest, "aaa  9 99:99:99")) {
        clock.date = date_of(rest);
        rest.remove_prefix(7);
        clock.day_s = take_time(rest);
        skip_behind_time(rest, true, false);
    } else if (shaped(rest, "9999/99/99 99:99:99")) {
        clock.date = two(rest, 5) * 100 + two(rest, 8);
        rest.remove_prefix(11);
        clock.day_s = take_time(rest);
    } else if (shaped(rest, "99:99:99")) {
        clock.day_s = take_time(rest);
        skip_step(rest);
    } else {
        return false;
    }
    text = rest;
    return true;
}

/// The inside of "[…] ": a stamp of the kernel or of a CI system.
bool take_bracketed_stamp(std::string_view inside, Clock &clock)
{
    if (shaped(inside, "aaa aaa 99 99:99:99 9999") || shaped(inside, "aaa aaa  9 99:99:99 9999")) { // dmesg -T
        clock.date = date_of(inside.substr(4));
        inside.remove_prefix(11);
        clock.day_s = take_time(inside);
        return true;
    }
    if (shaped(inside, "9999-99-99T99:99:99") || shaped(inside, "9999-99-99 99:99:99")) { // Jenkins
        take_iso(inside, clock);
        return true;
    }
    if (shaped(inside, "99:99:99")) {
        clock.day_s = take_time(inside);
        return true;
    }
    if (shaped(inside, "aaa99 99:99") || shaped(inside, "aaa 9 99:99") ||
        inside.starts_with("pid ")) // dmesg -e, strace -f
        return true;
    skip_blanks(inside);
    if (inside.starts_with("+") || inside.starts_with("<")) { // dmesg -e and -d: since the line before
        inside.remove_prefix(1);
        skip_blanks(inside);
        return shaped(inside, "9");
    }
    if (shaped(inside, "T9") || shaped(inside, "C9")) // CONFIG_PRINTK_CALLER: a thread, or a processor
        return inside.find_first_not_of("0123456789", 1) == std::string_view::npos;
    if (inside.find('.') == std::string_view::npos || !digit(inside.front()))
        return false;
    const double uptime_s = take_number(inside);
    skip_blanks(inside);
    if (!inside.empty() && !inside.starts_with('<')) // "[ 12.345 <  0.001>]" of dmesg -d
        return false;
    clock.uptime_s = uptime_s;
    return true;
}

/// "[  12.345678] ", "[pod/a/b] ", "[T4339] "; "[New Thread 0x7f…]" and "[ 50%]" are no prefix.
bool take_bracketed(std::string_view &text, Clock &clock)
{
    const auto close = text.starts_with('[') ? text.substr(0, kMaxName).find(']') : std::string_view::npos;
    if (close == std::string_view::npos || close < 2)
        return false;
    const std::string_view inside = text.substr(1, close - 1), behind = text.substr(close + 1, 1);
    const bool named = (name_length(inside, "-_./:@") == inside.size() ||
                        inside.find_first_not_of("0123456789/") == std::string_view::npos) && // "[0] " of concurrently
                       behind == " ";
    if ((behind != " " && behind != "[" && !behind.empty()) || (!take_bracketed_stamp(inside, clock) && !named))
        return false;
    text.remove_prefix(close + 1);
    if (behind == " ") // host and program behind journalctl's short-monotonic stamp
        skip_blanks(text);
    if (!named)
        skip_host(text, false);
    return true;
}

/// "<6>" before the kernel's stamp, and dmesg -x: "kern  :err   : ".
bool take_level(std::string_view &text, Clock & /*clock*/)
{
    if (text.starts_with('<')) {
        const auto close = text.find('>');
        if (close < 2 || close > 4 ||
            text.substr(1, close - 1).find_first_not_of("0123456789") != std::string_view::npos)
            return false;
        text.remove_prefix(close + 1);
        return true;
    }
    if (!text.starts_with("kern ") && !text.starts_with("user ") && !text.starts_with("daemon"))
        return false;
    const auto first = text.substr(0, 9).find(':');
    const auto second = first == std::string_view::npos ? first : text.substr(0, 18).find(": ", first + 1);
    if (second == std::string_view::npos)
        return false;
    text.remove_prefix(second + 2);
    return true;
}

/// klog: "I1122 10:00:00.123456    4711 server.go:42] text".
bool take_klog(std::string_view &text, Clock &clock)
{
    if (!shaped(text, "a9999 99:99:99.9") || !std::string_view("IWEF").contains(text.front()))
        return false;
    const auto close = text.substr(0, kMaxName).find("] ");
    if (close == std::string_view::npos)
        return false;
    std::string_view time = text.substr(6);
    clock.day_s = take_time(time);
    text.remove_prefix(close + 2);
    return true;
}

/// "3,5630,12966526368,-[,caller=T1];text" of /dev/kmsg; "22493 " and "1763805600.123456 " of strace.
bool take_numbers(std::string_view &text, Clock &clock)
{
    const auto end = text.find_first_not_of("0123456789,.");
    if (end == std::string_view::npos || end == 0)
        return false;
    const std::string_view head = text.substr(0, end);
    const auto semicolon = text.substr(0, 128).find(';');
    if (std::ranges::count(head, ',') == 3 && text[end] == '-' && semicolon != std::string_view::npos) {
        std::string_view micros = head.substr(head.find(',', head.find(',') + 1) + 1);
        clock.uptime_s = take_number(micros) / 1e6;
        text.remove_prefix(semicolon + 1);
    } else if (text[end] == ' ' && end >= 12 && head[10] == '.' && head.find(',') == std::string_view::npos) {
        std::string_view number = head;
        clock.epoch_s = take_number(number);
        text.remove_prefix(end + 1);
        skip_host(text, false); // journalctl -o short-unix
    } else if (text[end] == ' ' && end <= 7 && head.find_first_of(",.") == std::string_view::npos) {
        std::string_view rest = text.substr(end); // a pid, where a time follows it
        skip_blanks(rest);
        if (!shaped(rest, "99:99:99") && !shaped(rest, "9999999999."))
            return false;
        text = rest;
    } else
        return false;
    return true;
}

} // namespace

void strip_prefixes(std::string_view &text, Clock &clock)
{
    using Reader = bool (*)(std::string_view &, Clock &);
    constexpr Reader kStamps[] = {take_numbers, take_klog, take_date, take_bracketed, take_level};
    skip_blanks(text);
    for (int round = 0; round < kMaxRounds; ++round) {
        const std::size_t before = text.size();
        const bool taken = std::ranges::any_of(kStamps, [&](Reader reader) { return reader(text, clock); }) ||
                           (round > 0 && take_level_word(text)) || take_name(text);
        if (!taken || text.size() == before)
            return;
        skip_blanks(text);
    }
}

} // namespace dbgscope
