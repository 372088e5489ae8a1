// SPDX-License-Identifier: Apache-2.0
#include "watch/fuse_words.hpp"

#include <cmath>

#include <fmt/core.h>

namespace dbgscope {
namespace {

/// "anon 118M, +40M/s, memory pressure 61%": what is known, in parentheses; empty when nothing is.
std::string details(const HeldFacts &facts)
{
    std::string text;
    const auto add = [&](const std::string &part) { text += (text.empty() ? "" : ", ") + part; };
    if (facts.parts.largest != nullptr)
        add(fmt::format("{} {}", facts.parts.largest, format_bytes(facts.parts.largest_bytes)));
    if (facts.growth && facts.growth->bytes_per_second >= kKiB)
        add(fmt::format("+{}/s{}", format_bytes(facts.growth->bytes_per_second),
                        facts.growth->since_start ? " since it started" : ""));
    if (facts.pressure_avg10 && *facts.pressure_avg10 >= 1)
        add(fmt::format("memory pressure {:.0f}%", *facts.pressure_avg10));
    return text.empty() ? text : " (" + text + ')';
}

/// "121M of its 128M cap"
std::string amount(std::uint64_t bytes, Limit cap)
{
    return cap.finite() ? fmt::format("{} of its {} cap", format_bytes(bytes), format_limit(cap)) : format_bytes(bytes);
}

} // namespace

std::string suggested_cap(Limit cap)
{
    constexpr std::uint64_t kLargest = Limit{}.bytes() / 2 - kMiB;
    if (cap.bytes() > kLargest)
        return "infinity";
    // Not format_bytes, which rounds 1400M to 1.3G.
    const std::uint64_t mib = (2 * cap.bytes() + kMiB - 1) / kMiB;
    return mib % kKiB == 0 ? fmt::format("{}G", mib / kKiB) : fmt::format("{}M", mib);
}

std::string held_line(const HeldFacts &facts)
{
    const std::string what = amount(facts.unreclaimable_bytes, facts.cap) + " cannot be reclaimed" + details(facts);
    if (facts.action == FuseAction::warn)
        return fmt::format("{} near its cap: {}. It runs on and is killed at the cap: {}give it more: dbgscope more",
                           facts.who, what,
                           std::string_view(facts.who) == "debuggee" ? "pause it in the debugger to look, or " : "");
    if (facts.action == FuseAction::snapshot)
        return fmt::format("{} near its cap: {}. A snapshot is taken, then it runs on up to its cap", facts.who, what);
    return fmt::format("debuggee held: {}. Pause it in the debugger to look, or give it more: dbgscope more", what);
}

std::string spent_line(const HeldFacts &facts)
{
    return fmt::format(
        "debuggee stays frozen, {} are used up: it can be looked at in the debugger, but not step or run on "
        "without being killed. Give it more first: dbgscope more",
        amount(facts.unreclaimable_bytes, facts.cap));
}

std::string released_line(Release why, std::uint64_t unreclaimable_bytes, Limit cap)
{
    switch (why) {
    case Release::none: break;
    case Release::shrunk:
        return fmt::format("debuggee no longer held: {} are in use", amount(unreclaimable_bytes, cap));
    case Release::raised: return fmt::format("debuggee no longer held: its cap is now {}", format_limit(cap));
    case Release::ended: return "debuggee no longer held: it has ended";
    case Release::detached:
        return fmt::format("debuggee no longer held: its debugger has detached, it runs on up to its cap of {}",
                           format_limit(cap));
    }
    return {};
}

} // namespace dbgscope
