// SPDX-License-Identifier: Apache-2.0
#include "plan/v1_limits.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "plan/budget.hpp"

namespace dbgscope {
namespace {

constexpr std::array<std::string_view, 5> kLimits{"MemoryHigh", "MemoryLow", "MemoryMin", "MemorySwapMax",
                                                  "MemoryZSwapMax"};

/// Without what systemd adds to the name on the bus, or takes for the time of the boot.
std::string_view plain_name(std::string_view property)
{
    constexpr std::string_view kScale = "Scale", kStartup = "Startup";
    if (property.ends_with(kScale))
        property.remove_suffix(kScale.size());
    if (property.starts_with(kStartup))
        property.remove_prefix(kStartup.size());
    return property;
}

} // namespace

bool is_memory_limit(std::string_view property)
{
    return std::ranges::find(kLimits, plain_name(property)) != kLimits.end();
}

Result<std::vector<Notice>> lost_on_v1(const Facts &facts, const Request &request, const PropertyWishes &wishes,
                                       bool split)
{
    constexpr std::pair<Key, std::string_view> kOptions[] = {{Key::memory_high, "MemoryHigh"},
                                                             {Key::memory_low, "MemoryLow"},
                                                             {Key::memory_min, "MemoryMin"},
                                                             {Key::memory_swap_max, "MemorySwapMax"}};
    std::vector<Notice> notices;
    if (facts.cgroup.memory.version != 1)
        return notices;
    const auto lose = [&](const std::string &where, std::string_view name) {
        notices.push_back({"lost-on-v1", fmt::format("{} has no effect: cgroup v1 has no limit that does what {} says",
                                                     where, name)});
    };
    for (const auto &[key, name] : kOptions)
        if (asked(request.settings, key) && !(split && key == Key::memory_swap_max))
            lose(origin_of(request.settings, key), name);
    for (const ScopeProperty &wish : wishes.scope)
        if (is_memory_limit(wish.name))
            lose("-p " + std::string(plain_name(wish.name)), plain_name(wish.name));
    if (notices.empty() || !required(request.settings, "limit"))
        return notices;
    return fail(
        {.kind = ErrorKind::limit,
         .operation = "enforce",
         .subject = "every limit that was asked for",
         .cause = notices.front().text,
         .hint = "--require=limit forbids going on without; use --memory-max alone, or a machine with cgroup v2"});
}

} // namespace dbgscope
