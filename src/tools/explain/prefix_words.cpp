// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/prefix_words.hpp"

#include <algorithm>
#include <charconv>

namespace dbgscope {
namespace {

bool letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// "app-1  | " of compose and foreman: a name, blanks, a bar; Tilt draws it: "app │ ".
bool take_service(std::string_view &text)
{
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::size_t number = digits > 0 && text.substr(digits, 1) == "|" ? digits + 1 : 0; // pm2: "0|app  | "
    const std::size_t name = number + name_length(text.substr(number), "-_.");
    std::string_view rest = text.substr(name);
    skip_blanks(rest);
    constexpr std::string_view kDrawn = "\u2502";
    const std::size_t bar = rest.starts_with('|') ? 1 : rest.starts_with(kDrawn) ? kDrawn.size() : 0;
    if (name == number || rest.size() == text.size() - name || bar == 0 ||
        rest.substr(bar, 1).find_first_not_of(' ') == 0)
        return false;
    text = rest.substr(std::min(bar + 1, rest.size()));
    return true;
}

/// The end of a name Kubernetes has made: no vowels, no 0, 1 and 3 (apimachinery util/rand), or a StatefulSet's number.
bool pod_name(std::string_view name)
{
    const auto dash = name.rfind('-');
    const std::string_view end =
        dash == std::string_view::npos || dash == 0 ? std::string_view() : name.substr(dash + 1);
    const std::string_view made = name.substr(0, dash == std::string_view::npos ? 0 : dash);
    const std::string_view hash = made.substr(made.rfind('-') + 1); // of a ReplicaSet
    if (end.size() == 5 && hash.size() >= 8 && hash.size() <= 10 && hash.size() < made.size() &&
        hash.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string_view::npos &&
        hash.find_first_of("0123456789") != std::string_view::npos)
        return true;
    return (end.size() == 5 && end.find_first_not_of("bcdfghjklmnpqrstvwxz2456789") == std::string_view::npos) ||
           (!end.empty() && end.size() <= 3 && end.find_first_not_of("0123456789") == std::string_view::npos);
}

/// stern: "api-7d9c5b4f8-x2x9p api text", with --all-namespaces "default api-7d9c5b4f8-x2x9p api text".
bool take_pod(std::string_view &text)
{
    if (const std::size_t space = name_length(text, "-"); space != 0 && text.substr(space, 1) == " ") {
        std::string_view rest = text.substr(space + 1);
        const std::size_t name = name_length(rest, "-.");
        if (name > 12 && pod_name(rest.substr(0, name)) && rest[name - 6] == '-' && take_pod(rest)) {
            text = rest;
            return true;
        }
    }
    const std::size_t pod = name_length(text, "-.");
    if (pod == 0 || text.substr(pod, 1) != " " || !pod_name(text.substr(0, pod)))
        return false;
    const std::size_t container = name_length(text.substr(pod + 1), "-");
    const bool numbered =
        text[pod - 1] <= '9' && text.substr(0, pod).rfind('-') + 6 != pod; // "api-1 exited with" is none
    if (container == 0 || text.substr(pod + 1 + container, 1) != " " ||
        (numbered && !text.starts_with(text.substr(pod + 1, container))))
        return false;
    text.remove_prefix(pod + container + 2);
    return true;
}

/// "server[4711]: " and "kernel: " without a host, as journalctl -o with-unit and logger leave them; Heroku:
/// "app[web.1]: ".
bool take_tag(std::string_view &text)
{
    const std::size_t name = text.starts_with("kernel: ") ? 6 : name_length(text, "-_./");
    std::string_view rest = text.substr(name);
    if (rest.starts_with('[')) {
        const auto close =
            shaped(rest, "[9") ? rest.find_first_not_of("0123456789", 1) : 1 + name_length(rest.substr(1), "-_.");
        rest.remove_prefix(close == std::string_view::npos || rest[close] != ']' ? 0 : close + 1);
    } else if (!text.starts_with("kernel: "))
        return false;
    if (name == 0 || !rest.starts_with(": "))
        return false;
    text = rest.substr(2);
    return true;
}

/// What is written of a program's streams by others, and a quotation.
bool take_stream(std::string_view &text)
{
    for (const std::string_view stream : {"stderr: ", "stdout: ", "| ", "> "})
        if (text.starts_with(stream)) {
            text.remove_prefix(stream.size());
            return true;
        }
    for (const std::string_view level : {"ERRO[", "WARN[", "INFO[", "DEBU[", "FATA["})
        if (text.starts_with(level) && shaped(text.substr(level.size()), "9999] ")) {
            text.remove_prefix(level.size() + 6);
            return true;
        }
    return false;
}

/// "12.345 " of buildkit, seconds in front of each line of a step that failed.
bool take_step_seconds(std::string_view &text)
{
    const auto dot = text.substr(0, 6).find_first_not_of("0123456789");
    if (dot == std::string_view::npos || dot == 0 || text[dot] != '.')
        return false;
    const auto end = text.substr(0, dot + 5).find_first_not_of("0123456789", dot + 1);
    if (end == std::string_view::npos || end == dot + 1 || text[end] != ' ' || end + 1 == text.size() ||
        digit(text[end + 1]))
        return false;
    text.remove_prefix(end + 1);
    return true;
}

/// GitHub: "##[error]text", "::error file=x::text"; `gh run view --log`: "job<TAB>step<TAB>2026-…Z text"; buildkit:
/// "#12 3.456 ".
bool take_ci(std::string_view &text)
{
    if (text.starts_with("##[") && text.find(']') < 16) {
        text.remove_prefix(text.find(']') + 1);
        return true;
    }
    if (text.starts_with("::error") || text.starts_with("::warning") || text.starts_with("::notice")) {
        const auto end = text.find("::", 2);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
        return true;
    }
    if (shaped(text, "#9")) {
        std::string_view rest = text.substr(1);
        (void)take_number(rest);
        const bool seconds = shaped(rest, " 9") && rest.find('.') != std::string_view::npos;
        rest.remove_prefix(seconds ? 1 : 0);
        (void)take_number(rest);
        if (!seconds || !rest.starts_with(' '))
            return false;
        text = rest.substr(1);
        return true;
    }
    const auto tab = text.substr(0, kMaxName).rfind("\t");
    if (tab == std::string_view::npos || !shaped(text.substr(tab + 1), "9999-99-99T99:99:99"))
        return false;
    text.remove_prefix(tab + 1);
    return true;
}

/// "(dlv) ", "(gdb) "; dlv's own log: "error layer=dap text"; cpptools' engine log: "1: (4711) ->".
bool take_debugger(std::string_view &text)
{
    for (const std::string_view prompt : {"(dlv) ", "(gdb) ", "(lldb) ", "> (dlv) "})
        if (text.starts_with(prompt)) {
            text.remove_prefix(prompt.size());
            return true;
        }
    for (const std::string_view level : {"error layer=", "warning layer=", "info layer=", "debug layer="})
        if (const auto end = text.find(' ', level.size()); text.starts_with(level) && end != std::string_view::npos) {
            text.remove_prefix(end + 1);
            return true;
        }
    if (!shaped(text, "9"))
        return false;
    const auto open = text.substr(0, 16).find(": (");
    const auto close = open == std::string_view::npos ? open : text.substr(0, 32).find(") ", open);
    if (close == std::string_view::npos || (text.substr(close + 2, 2) != "->" && text.substr(close + 2, 2) != "<-"))
        return false;
    text.remove_prefix(close + 4);
    return true;
}

} // namespace

bool digit(char c)
{
    return c >= '0' && c <= '9';
}

bool shaped(std::string_view text, std::string_view shape)
{
    return text.size() >= shape.size() && std::equal(shape.begin(), shape.end(), text.begin(), [](char s, char c) {
               return s == '9' ? digit(c) : s == 'a' ? letter(c) : s == c;
           });
}

void skip_blanks(std::string_view &text)
{
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

double take_number(std::string_view &text)
{
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (code == std::errc{})
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return code == std::errc{} ? value : 0;
}

std::size_t name_length(std::string_view text, std::string_view also)
{
    std::size_t length = 0;
    bool letters = false;
    while (length < std::min(text.size(), kMaxName) &&
           (letter(text[length]) || digit(text[length]) || also.contains(text[length])))
        letters = letter(text[length++]) || letters;
    return letters ? length : 0;
}

bool take_level_word(std::string_view &text)
{
    if (text.starts_with('{')) {
        const auto close = text.substr(0, 256).find("\"} ");
        if (close == std::string_view::npos || text.substr(0, close).find("=\"") == std::string_view::npos)
            return false;
        text.remove_prefix(close + 3);
        return true;
    }
    for (const std::string_view level : {"ERROR", "WARN", "WARNING", "INFO", "DEBUG", "FATAL", "CRITICAL"})
        if (text.starts_with(level) &&
            (shaped(text.substr(level.size()), " ") || shaped(text.substr(level.size()), "\t"))) {
            text.remove_prefix(level.size() + 1);
            return true;
        }
    return false;
}

bool take_name(std::string_view &text)
{
    return take_debugger(text) || take_ci(text) || take_tag(text) || take_service(text) || take_pod(text) ||
           take_stream(text) || take_step_seconds(text);
}

} // namespace dbgscope
