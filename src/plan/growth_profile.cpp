// SPDX-License-Identifier: Apache-2.0
#include "plan/growth_profile.hpp"

#include <algorithm>
#include <bit>

#include <fmt/core.h>

namespace dbgscope {
namespace {

constexpr std::uint64_t kMostOften = 128; ///< what that costs is measured: ./dev bench inside
constexpr std::uint64_t kMostSeldom = 4096;
constexpr std::uint64_t kSamples = 512;
constexpr std::uint64_t kPageBytes = 4 * kKiB;

std::string rights_obstacle(const HostFacts &host)
{
    if (host.may_sample())
        return {};
    return fmt::format("kernel.perf_event_paranoid is {}; as root: sysctl kernel.perf_event_paranoid={}",
                       host.perf_event_paranoid.value_or(0), HostFacts::kParanoidForUsers);
}

} // namespace

std::uint64_t growth_period(Limit cap)
{
    return cap.finite() ? std::bit_floor(std::clamp(cap.bytes() / kPageBytes / kSamples, kMostOften, kMostSeldom))
                        : kMostSeldom;
}

void plan_growth_profile(const Facts &facts, const Request &request, WatchPlan &plan)
{
    const Settings &settings = request.settings;
    Watch &watch = *plan.watch;
    const std::string when = settings.text(Key::growth_profile, "auto");
    const bool on = when == "on";
    const bool is_go = request.tool == Tool::dlv || (facts.debuggee && facts.debuggee->is_go);
    if (when == "off" || (!on && (!watch.split || !watch.cap.finite() || is_go)))
        return;
    const std::string obstacle = !watch.split ? "it needs split"
                                 : is_go      ? "the debuggee is Go, whose heap profile names who holds its memory"
                                              : rights_obstacle(facts.host);
    if (obstacle.empty())
        watch.growth_period = growth_period(watch.cap);
    else if (on)
        plan.notices.push_back({"growth-profile", fmt::format("{} has no effect: {}",
                                                              origin_of(settings, Key::growth_profile), obstacle)});
    else
        plan.left_out.push_back({"growth-profile", "who grows the debuggee's memory is not sampled: " + obstacle});
}

} // namespace dbgscope
