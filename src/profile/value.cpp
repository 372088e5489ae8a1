// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "dbgscope/profile.hpp"
#include "dbgscope/time_span.hpp"
#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kQuotedBytes = 60; // of a value in a message

std::string quoted(std::string_view text)
{
    if (text.size() > kQuotedBytes)
        return '"' + std::string(text.substr(0, kQuotedBytes)) + "…\"";
    return '"' + std::string(text) + '"';
}

std::unexpected<Error> refuse(const KeyInfo &info, std::string_view text, std::string cause, std::string hint)
{
    return fail({.kind = ErrorKind::usage,
                 .operation = "read",
                 .subject = std::string(info.name) + ' ' + quoted(text),
                 .cause = std::move(cause),
                 .hint = std::move(hint)});
}

std::string joined(const std::vector<std::string> &words, std::string_view separator)
{
    std::string out;
    for (const std::string &word : words) {
        if (!out.empty())
            out += separator;
        out += word;
    }
    return out;
}

std::unexpected<Error> refuse_word(const KeyInfo &info, std::string_view text, std::string_view word,
                                   const std::vector<std::string> &words)
{
    const std::string near = suggest(word, words);
    std::string hint = near.empty() ? "" : "did you mean " + near + "? ";
    hint += "it can be " + joined(words, ", ");
    return refuse(info, text, word.empty() ? "empty" : "unknown word " + quoted(word), std::move(hint));
}

/// 1234 → "12.34", 1250 → "12.5", 4000 → "40".
std::string hundredths(std::int64_t value)
{
    std::string out = std::to_string(value / 100);
    if (const auto rest = value % 100; rest != 0) {
        out += '.';
        out += static_cast<char>('0' + rest / 10);
        if (rest % 10 != 0)
            out += static_cast<char>('0' + rest % 10);
    }
    return out;
}

/// "20%", "20", "12.5%" with at most two decimals. Not parse_size: a CPU quota may exceed 100%.
Result<Value> parse_percent(const KeyInfo &info, std::string_view text)
{
    const auto not_one = [&] {
        return refuse(info, text, "not a percentage", "percentages are like 20% or 12.5%, with at most two decimals");
    };
    std::string_view number = text;
    if (number.ends_with('%'))
        number.remove_suffix(1);
    const auto point = number.find('.');
    const std::string_view whole = number.substr(0, point);
    std::string decimals(point == std::string_view::npos ? "00" : number.substr(point + 1));
    if (decimals.empty() || decimals.size() > 2 || decimals.find_first_not_of("0123456789") != std::string::npos)
        return not_one();
    decimals.resize(2, '0');
    std::uint32_t percent = 0;
    const auto [end, code] = std::from_chars(whole.data(), whole.data() + whole.size(), percent);
    const bool huge = code == std::errc::result_out_of_range;
    if (!huge && (code != std::errc{} || end != whole.data() + whole.size()))
        return not_one();
    const std::int64_t value = std::int64_t{percent} * 100 + (decimals[0] - '0') * 10 + (decimals[1] - '0');
    if (huge || value < info.minimum || value > info.maximum)
        return refuse(info, text, "out of range",
                      "it can be " + hundredths(info.minimum) + "% to " + hundredths(info.maximum) + '%');
    return value;
}

Result<Value> parse_integer(const KeyInfo &info, std::string_view text)
{
    if (info.key == Key::cpu_weight && text == "idle")
        return std::int64_t{0}; // systemd's encoding of cpu.idle=1
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool huge = code == std::errc::result_out_of_range;
    const std::string range = "it can be " + std::to_string(info.minimum) + " to " + std::to_string(info.maximum) +
                              (info.key == Key::cpu_weight ? ", or idle" : "");
    if (!huge && (code != std::errc{} || end != text.data() + text.size()))
        return refuse(info, text, text.empty() ? "empty" : "not a number", range);
    if (huge || value < info.minimum || value > info.maximum)
        return refuse(info, text, "out of range", range);
    return value;
}

Result<Value> parse_amount(const KeyInfo &info, std::string_view text)
{
    if (info.type == ValueType::count && text.find_first_of("BKMGTPE.") != std::string_view::npos &&
        !text.ends_with('%'))
        return refuse(info, text, "not a count", "counts are like 200, 40% or infinity");
    const auto size = parse_size(text);
    if (!size)
        return refuse(info, text, size.error().cause,
                      info.type == ValueType::count ? "counts are like 200, 40% or infinity" : size.error().hint);
    if (info.minimum > 0 && size->kind != SizeSpec::Kind::infinity && size->value == 0)
        return refuse(info, text, "zero leaves nothing to run with", "leave it out for no limit, or say infinity");
    return *size;
}

Result<Value> parse_duration(const KeyInfo &info, std::string_view text)
{
    const auto span = parse_time_span(text);
    if (!span)
        return refuse(info, text, span.error().cause, span.error().hint);
    if (*span == std::chrono::microseconds::zero())
        return refuse(info, text, "zero would end it at once", "times are like 90, 2min 30s, 1h or infinity");
    return *span;
}

Result<Value> parse_flag(const KeyInfo &info, std::string_view text)
{
    static constexpr std::string_view yes[] = {"yes", "true", "on", "1"};
    static constexpr std::string_view no[] = {"no", "false", "off", "0"};
    if (std::ranges::find(yes, text) != std::end(yes))
        return true;
    if (std::ranges::find(no, text) != std::end(no))
        return false;
    return refuse(info, text, text.empty() ? "empty" : "neither yes nor no", "it can be yes or no");
}

/// "scope,limit", each word once.
Result<Value> parse_words(const KeyInfo &info, std::string_view text)
{
    const std::vector<std::string> known = choice_words(info);
    std::vector<std::string> words;
    for (std::string_view rest = text;;) {
        const auto comma = rest.find(',');
        const std::string_view word = rest.substr(0, comma);
        if (std::ranges::find(known, word) == known.end())
            return refuse_word(info, text, word, known);
        if (std::ranges::find(words, word) == words.end())
            words.emplace_back(word);
        if (comma == std::string_view::npos)
            return words;
        rest = rest.substr(comma + 1);
    }
}

Result<Value> parse_text(const KeyInfo &info, std::string_view text)
{
    if (text.empty())
        return refuse(info, text, "empty", "leave it out instead");
    if (text.find('\0') != std::string_view::npos)
        return refuse(info, text.substr(0, text.find('\0')), "a NUL byte inside", "");
    if (info.key == Key::go_memlimit && text != "auto" && text != "off") {
        const auto size = parse_size(text);
        if (!size || size->kind != SizeSpec::Kind::bytes || size->value == 0)
            return refuse(info, text, size ? "not an amount of bytes" : size.error().cause,
                          "it can be auto, off or a size like 400M");
    }
    if (info.type == ValueType::list)
        return std::vector<std::string>{std::string(text)};
    return std::string(text);
}

} // namespace

Result<Value> parse_value(const KeyInfo &info, std::string_view text)
{
    switch (info.type) {
    case ValueType::size:
    case ValueType::count: return parse_amount(info, text);
    case ValueType::percent: return parse_percent(info, text);
    case ValueType::integer:
    case ValueType::weight: return parse_integer(info, text);
    case ValueType::duration: return parse_duration(info, text);
    case ValueType::flag: return parse_flag(info, text);
    case ValueType::choice: {
        const std::vector<std::string> words = choice_words(info);
        if (std::ranges::find(words, text) == words.end())
            return refuse_word(info, text, text, words);
        return std::string(text);
    }
    case ValueType::choices: return parse_words(info, text);
    case ValueType::text:
    case ValueType::list: return parse_text(info, text);
    }
    return refuse(info, text, "no type", "");
}

std::string format_value(const KeyInfo &info, const Value &value)
{
    switch (info.type) {
    case ValueType::size: return format_size(std::get<SizeSpec>(value));
    case ValueType::count: {
        const auto &count = std::get<SizeSpec>(value);
        return count.kind == SizeSpec::Kind::bytes ? std::to_string(count.value) : format_size(count);
    }
    case ValueType::percent: return hundredths(std::get<std::int64_t>(value)) + '%';
    case ValueType::weight:
        if (std::get<std::int64_t>(value) == 0)
            return "idle";
        return std::to_string(std::get<std::int64_t>(value));
    case ValueType::integer: return std::to_string(std::get<std::int64_t>(value));
    case ValueType::duration: return format_time_span(std::get<std::chrono::microseconds>(value));
    case ValueType::flag: return std::get<bool>(value) ? "yes" : "no";
    case ValueType::choice:
    case ValueType::text: return std::get<std::string>(value);
    case ValueType::choices: return joined(std::get<std::vector<std::string>>(value), ",");
    case ValueType::list: return joined(std::get<std::vector<std::string>>(value), ", ");
    }
    return {};
}

} // namespace dbgscope
