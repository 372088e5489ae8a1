// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "dbgscope/profile.hpp"
#include "dbgscope/time_span.hpp"
#include "profile/key_names.hpp"
#include "profile/reaction.hpp"
#include "text/values.hpp"

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

/// "20%", "20", "12.5%", "125‰". A bare number is a percentage; a CPU quota may exceed 100%.
Result<Value> parse_percent(const KeyInfo &info, std::string_view text)
{
    const auto share =
        values::hundredths_of_percent(values::is_percentage(text) ? std::string(text) : std::string(text) + '%');
    if (!share && share.error().kind != values::NumberFault::out_of_range)
        return refuse(info, text, "not a percentage", "percentages are like 20% or 12.5%, with at most two decimals");
    const auto value = static_cast<std::int64_t>(share.value_or(0));
    if (!share || value < info.minimum || value > info.maximum)
        return refuse(info, text, "out of range",
                      "it can be " + hundredths(info.minimum) + "% to " + hundredths(info.maximum) + '%');
    return value;
}

Result<Value> parse_integer(const KeyInfo &info, std::string_view text)
{
    if (info.key == Key::cpu_weight && text == "idle")
        return std::int64_t{0}; // systemd's encoding of cpu.idle=1
    const auto value = values::signed_number(text);
    const std::string range = "it can be " + std::to_string(info.minimum) + " to " + std::to_string(info.maximum) +
                              (info.key == Key::cpu_weight ? ", or idle" : "");
    if (!value && value.error() != values::NumberFault::out_of_range)
        return refuse(info, text, text.empty() ? "empty" : "not a number", range);
    if (!value || *value < info.minimum || *value > info.maximum)
        return refuse(info, text, "out of range", range);
    return *value;
}

std::unexpected<Error> refuse_zero(const KeyInfo &info, std::string_view text)
{
    return refuse(info, text, "zero leaves nothing to run with", "leave it out for no limit, or say infinity");
}

Result<Value> parse_amount(const KeyInfo &info, std::string_view text)
{
    const auto size = parse_size(text);
    if (!size)
        return refuse(info, text, size.error().cause, size.error().hint);
    if (info.minimum > 0 && size->kind != SizeSpec::Kind::infinity && size->value == 0)
        return refuse_zero(info, text);
    return *size;
}

/// A size without units: "200", "40%", "infinity".
Result<Value> parse_count(const KeyInfo &info, std::string_view text)
{
    constexpr std::string_view kUnits = "BKMGTPE.";
    const char *const hint = "counts are like 200, 40% or infinity";
    if (text == "infinity" || text == "max")
        return SizeSpec{};
    const bool share = values::is_percentage(text);
    const auto count =
        share ? values::permyriad(text) : values::number(text, 0, std::numeric_limits<std::uint64_t>::max() - 1);
    if (!count)
        return refuse(info, text,
                      !share && text.find_first_of(kUnits) != std::string_view::npos ? "not a count" : count.error(),
                      hint);
    if (info.minimum > 0 && *count == 0)
        return refuse_zero(info, text);
    return SizeSpec{share ? SizeSpec::Kind::permyriad : SizeSpec::Kind::bytes, *count};
}

Result<Value> parse_duration(const KeyInfo &info, std::string_view text)
{
    const auto span = parse_time_span(text);
    if (!span)
        return refuse(info, text, span.error().cause, span.error().hint);
    if (info.minimum > 0 && *span == std::chrono::microseconds::zero())
        return refuse(info, text, "zero would end it at once", "times are like 90, 2min 30s, 1h or infinity");
    return *span;
}

Result<Value> parse_flag(const KeyInfo &info, std::string_view text)
{
    const auto flag = values::boolean(text);
    const bool capitals = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!flag || capitals) // of systemd's words those in lower case: readers of YAML do not agree on what True is
        return refuse(info, text, text.empty() ? "empty" : "neither yes nor no", "it can be yes or no");
    return *flag;
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
    if ((info.key == Key::go_memlimit || info.key == Key::rlimit_data) && text != "auto" && text != "off") {
        const auto size = parse_size(text);
        if (!size || size->kind != SizeSpec::Kind::bytes || size->value == 0)
            return refuse(info, text, size ? "not an amount of bytes" : size.error().cause,
                          "it can be auto, off or a size like 400M");
    }
    if (const auto fault = reaction_fault(info.key, text))
        return refuse(info, text, fault->cause, fault->hint);
    if (info.type == ValueType::list)
        return std::vector<std::string>{std::string(text)};
    return std::string(text);
}

} // namespace

Result<Value> parse_value(const KeyInfo &info, std::string_view text)
{
    switch (info.type) {
    case ValueType::size: return parse_amount(info, text);
    case ValueType::count: return parse_count(info, text);
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
