// SPDX-License-Identifier: Apache-2.0
#include "plan/place.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "text/share.hpp"

namespace dbgscope {
namespace {

/// "/lim.slice is limited to 200M"
std::string limit_words(const MemoryHierarchy &memory)
{
    return fmt::format("{} is limited to {}",
                       memory.binding ? printable(memory.chain[*memory.binding].path) : "a cgroup above",
                       format_limit(memory.effective));
}

} // namespace

Facts facts_at(const Facts &facts, Backend backend)
{
    Facts here = facts;
    const auto &place = backend == Backend::systemd_user     ? facts.cgroup.user_place
                        : backend == Backend::systemd_system ? facts.cgroup.system_place
                                                             : std::nullopt;
    if (place)
        here.cgroup.memory = *place;
    return here;
}

std::optional<Limit> cap_in_force(const Facts &here, const Request &request, const Budget &budget)
{
    const Limit above = here.cgroup.memory.effective;
    if (request.tool == Tool::none && budget.cap && above < *budget.cap)
        return above;
    return budget.cap;
}

void keep_below_place(const Facts &here, std::uint64_t reserve, Budget &budget)
{
    const MemoryHierarchy &memory = here.cgroup.memory;
    if (!memory.effective.finite() || !budget.cap || !budget.cap->finite() || !budget.scope_limit ||
        *budget.scope_limit <= memory.effective)
        return;
    const Limit asked = *budget.cap, lowered = std::min(asked, share_of(memory.effective, reserve));
    if (lowered.bytes() < kSmallestDefaultCapBytes)
        return; // nothing to divide: warn_if_no_room says which limit is hit first
    budget.scope_limit = memory.effective;
    budget.scope_reason = limit_words(memory);
    if (lowered == asked)
        return;
    budget.cap = lowered;
    if (!budget.cap_is_default)
        budget.notices.push_back(
            {"place-limit",
             fmt::format("the cap is {} instead of {} ({}): {}, for the debugger too", format_limit(lowered),
                         format_limit(asked), budget.cap_reason, limit_words(memory))});
    budget.cap_reason = "what a debugger leaves of a limit above: " + limit_words(memory);
}

std::optional<Notice> leaving_notice(const Facts &facts, const Facts &here, const Request &request)
{
    const MemoryHierarchy &own = facts.cgroup.memory;
    if (here.cgroup.memory.chain.empty() || !own.effective.finite() || !own.binding)
        return std::nullopt;
    const std::string &left = own.chain[*own.binding].path, &place = here.cgroup.memory.chain.back().path;
    if (left == "/" || place == left || place.starts_with(left + '/'))
        return std::nullopt;
    return Notice{"leaves-limit",
                  fmt::format("the session leaves {} and its limit of {}: it runs in {}{}", printable(left),
                              format_limit(own.effective), printable(place),
                              request.settings.flag(Key::slice_inherit) ? "" : " (--slice-inherit stays)")};
}

std::string binding_words(const Facts &here, const std::optional<Limit> &scope_limit)
{
    const MemoryHierarchy &memory = here.cgroup.memory;
    if (!memory.binding || !memory.effective.finite() || (scope_limit && *scope_limit < memory.effective))
        return {};
    return fmt::format(", below the {} of {}", format_limit(memory.effective),
                       printable(memory.chain[*memory.binding].path));
}

} // namespace dbgscope
