// SPDX-License-Identifier: Apache-2.0
#include "text/secrets.hpp"

#include <algorithm>
#include <array>

namespace dbgscope {
namespace {

constexpr std::string_view kMask = "…";
constexpr std::array<std::string_view, 12> kNames{"token",      "password",   "passwd",    "passphrase",
                                                  "secret",     "apikey",     "api_key",   "api-key",
                                                  "access_key", "access-key", "accesskey", "credential"};

bool name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

/// "GITHUB_TOKEN", "-db.password". Not "max-tokens" and the like, which are numbers of something.
bool names_secret(std::string_view name)
{
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::ranges::any_of(kNames, [&](std::string_view secret) {
        const auto at = lower.find(secret);
        return at != std::string::npos && lower.substr(at + secret.size()) != "s";
    });
}

/// Where the name in front of `end` begins.
std::size_t name_start(std::string_view text, std::size_t end)
{
    while (end > 0 && name_character(text[end - 1]))
        --end;
    return end;
}

/// "postgres://user:secret@host" without what stands between the colon and the "@".
void mask_url(std::string &word)
{
    constexpr std::string_view kAuthority = "://";
    for (auto at = word.find(kAuthority); at != std::string::npos; at = word.find(kAuthority, at + 1)) {
        const auto begin = at + kAuthority.size();
        const auto host_end = word.find_first_of("/?# \"'", begin);
        const auto sign = word.substr(0, host_end).rfind('@');
        const auto colon = word.find(':', begin);
        if (sign != std::string::npos && sign > begin && colon < sign)
            word.replace(colon + 1, sign - colon - 1, kMask);
    }
}

/// "NAME=value" at the front has all of the rest for its value; one further in ends where the next begins.
void mask_assignments(std::string &word)
{
    for (auto equals = word.find('='); equals != std::string::npos; equals = word.find('=', equals + 1)) {
        const auto start = name_start(word, equals);
        if (!names_secret(std::string_view(word).substr(start, equals - start)))
            continue;
        const auto end = start == 0 ? word.size() : std::min(word.find_first_of(" \t&;,\"'", equals + 1), word.size());
        word.replace(equals + 1, end - equals - 1, kMask);
    }
}

} // namespace

std::string without_secret(std::string_view word, std::string_view before)
{
    const bool wanted = before.starts_with('-') && before.find('=') == std::string_view::npos && names_secret(before);
    if (wanted && !word.starts_with('-'))
        return std::string(kMask);
    std::string out(word);
    mask_url(out);
    mask_assignments(out);
    constexpr std::string_view kHeader = "uthorization:"; // curl -H
    if (const auto at = out.find(kHeader); at != std::string::npos)
        out.replace(at + kHeader.size(), std::string::npos, " " + std::string(kMask));
    return out;
}

std::vector<std::string> without_secrets(const std::vector<std::string> &words)
{
    std::vector<std::string> out;
    out.reserve(words.size());
    for (std::size_t i = 0; i < words.size(); ++i)
        out.push_back(without_secret(words[i], i > 0 ? std::string_view(words[i - 1]) : std::string_view{}));
    return out;
}

} // namespace dbgscope
