// SPDX-License-Identifier: Apache-2.0
#include "plan/launch_properties.hpp"

#include <algorithm>
#include <limits>

#include <fmt/core.h>

#include "plan/property/values.hpp"

namespace dbgscope {
namespace {

using values::Parsed;
using Effects = Parsed<std::vector<PropertyEffect>>;

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max(); // RLIM_INFINITY

template <class T> Effects one(T effect)
{
    std::vector<PropertyEffect> effects;
    effects.push_back(std::move(effect));
    return effects;
}

Effects oom_score(std::string_view, std::string_view value)
{
    const auto score = values::integer(value, -1000, 1000);
    if (!score)
        return std::unexpected(score.error());
    return one(SetOomScore{.value = *score});
}

Effects nice(std::string_view, std::string_view value)
{
    const auto level = values::integer(value, -20, 19);
    if (!level)
        return std::unexpected(level.error());
    return one(SetNice{*level});
}

Effects directory(std::string_view, std::string_view value)
{
    if (value.starts_with('~'))
        return std::unexpected("\"~\" is not expanded");
    if (value.starts_with('-'))
        return std::unexpected("\"-\" (ignore a missing directory) is not possible");
    if (!value.starts_with('/'))
        return std::unexpected("not an absolute path");
    return one(ChangeDirectory{std::string(value)});
}

/// A shell's idea of a variable name, which is also systemd's.
bool variable_name(std::string_view name)
{
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
    return !name.empty() && letter(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// `Environment="A=1 2" B=3`: each word is one assignment.
Effects environment(std::string_view, std::string_view value)
{
    const auto words = values::split_words(value, values::Escapes::decoded);
    if (!words)
        return std::unexpected(words.error());
    std::vector<PropertyEffect> effects;
    for (const std::string &word : *words) {
        const auto equals = word.find('=');
        if (equals == std::string::npos)
            return std::unexpected(fmt::format("\"{}\" has no equals sign", word));
        if (!variable_name(std::string_view(word).substr(0, equals)))
            return std::unexpected(fmt::format("\"{}\" is not a variable name", word.substr(0, equals)));
        effects.emplace_back(EnvChange{word.substr(0, equals), word.substr(equals + 1)});
    }
    if (effects.empty())
        return std::unexpected("no variable in it");
    return effects;
}

Effects unset_environment(std::string_view, std::string_view value)
{
    const auto words = values::split_words(value, values::Escapes::decoded);
    if (!words)
        return std::unexpected(words.error());
    std::vector<PropertyEffect> effects;
    for (const std::string &word : *words) {
        if (!variable_name(word))
            return std::unexpected(fmt::format("\"{}\" is not a variable name", word));
        effects.emplace_back(EnvChange{word, std::nullopt});
    }
    if (effects.empty())
        return std::unexpected("no variable in it");
    return effects;
}

/// "SOFT:HARD", or one value for both.
Effects rlimit(std::string_view name, std::string_view value, auto &&read)
{
    const auto colon = value.find(':');
    const auto part = [&](std::string_view text) -> Parsed<std::uint64_t> {
        if (text == "infinity")
            return kUnlimited;
        return read(text);
    };
    const Parsed<std::uint64_t> soft = part(value.substr(0, colon));
    if (!soft)
        return std::unexpected(soft.error());
    const Parsed<std::uint64_t> hard = colon == std::string_view::npos ? soft : part(value.substr(colon + 1));
    if (!hard)
        return std::unexpected(hard.error());
    if (*soft > *hard)
        return std::unexpected("the soft limit is above the hard limit");
    constexpr std::string_view kPrefix = "Limit";
    return one(SetRlimit{std::string(name.substr(kPrefix.size())), *soft, *hard});
}

Effects count_limit(std::string_view name, std::string_view value)
{
    return rlimit(name, value, [](std::string_view text) { return values::number(text, 0, kUnlimited - 1); });
}

Effects size_limit(std::string_view name, std::string_view value)
{
    return rlimit(name, value, [](std::string_view text) { return values::size(text, 1024); });
}

/// RLIMIT_CPU counts whole seconds; a fraction is rounded up, as systemd does.
Effects cpu_limit(std::string_view name, std::string_view value)
{
    return rlimit(name, value, [](std::string_view text) -> Parsed<std::uint64_t> {
        const auto span_us = values::usec(text);
        if (!span_us || *span_us == kUnlimited)
            return span_us;
        constexpr std::uint64_t kSecond = 1000000;
        return *span_us / kSecond + (*span_us % kSecond != 0);
    });
}

Effects real_time_limit(std::string_view name, std::string_view value)
{
    return rlimit(name, value, [](std::string_view text) { return values::usec(text, std::chrono::microseconds(1)); });
}

/// RLIMIT_NICE is 20 less the lowest nice level: "-5" → 25, "+5" → 15; without a sign it is the raw number.
Effects nice_limit(std::string_view name, std::string_view value)
{
    return rlimit(name, value, [](std::string_view text) -> Parsed<std::uint64_t> {
        if (!text.starts_with('+') && !text.starts_with('-'))
            return values::number(text, 0, 40);
        const auto level = values::integer(text, -20, 19);
        return level ? Parsed<std::uint64_t>(static_cast<std::uint64_t>(20 - *level)) : std::unexpected(level.error());
    });
}

constexpr std::string_view kCountHint = "a number or infinity, or SOFT:HARD";
constexpr std::string_view kSizeHint = "a size like 512M (base 1024) or infinity, or SOFT:HARD";

constexpr LaunchProperty kRows[] = {
    {"Environment", environment, "assignments with blanks between, like A=1 \"B=2 3\""},
    {"LimitAS", size_limit, kSizeHint},
    {"LimitCORE", size_limit, kSizeHint},
    {"LimitCPU", cpu_limit, "a time span like 90 (seconds) or infinity, or SOFT:HARD"},
    {"LimitDATA", size_limit, kSizeHint},
    {"LimitFSIZE", size_limit, kSizeHint},
    {"LimitLOCKS", count_limit, kCountHint},
    {"LimitMEMLOCK", size_limit, kSizeHint},
    {"LimitMSGQUEUE", size_limit, kSizeHint},
    {"LimitNICE", nice_limit, "a nice level with its sign like +5 or -5, or a number from 0 to 40"},
    {"LimitNOFILE", count_limit, kCountHint},
    {"LimitNPROC", count_limit, kCountHint},
    {"LimitRSS", size_limit, kSizeHint},
    {"LimitRTPRIO", count_limit, kCountHint},
    {"LimitRTTIME", real_time_limit, "a time span like 500 (microseconds), 2ms or infinity, or SOFT:HARD"},
    {"LimitSIGPENDING", count_limit, kCountHint},
    {"LimitSTACK", size_limit, kSizeHint},
    {"Nice", nice, "a number from -20 to 19"},
    {"OOMScoreAdjust", oom_score, "a number from -1000 to 1000"},
    {"UnsetEnvironment", unset_environment, "names of variables with blanks between"},
    {"WorkingDirectory", directory, "an absolute path"},
};

} // namespace

std::span<const LaunchProperty> launch_properties()
{
    return kRows;
}

} // namespace dbgscope
