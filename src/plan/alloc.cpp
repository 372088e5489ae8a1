// SPDX-License-Identifier: Apache-2.0
#include "plan/alloc.hpp"

#include <fmt/core.h>

#include "dbgscope/time_span.hpp"
#include "plan/budget.hpp"

namespace dbgscope {
namespace {

std::uint64_t bytes_of(const Facts &facts, const Settings &settings, Key key)
{
    const auto size = settings.get<SizeSpec>(key);
    const Limit limit = size ? size->resolve(facts.memory.total_bytes.value_or(0)) : Limit();
    return limit.finite() ? limit.bytes() : 0;
}

} // namespace

void plan_alloc(const Facts &facts, const Request &request, WatchPlan &plan)
{
    const Settings &settings = request.settings;
    const auto stall = settings.get<std::chrono::microseconds>(Key::alloc_reclaim_stall).value_or(kForever);
    const AllocThresholds asked{.large_mapping_bytes = bytes_of(facts, settings, Key::alloc_large_mapping),
                                .reclaim_stall_us = stall == kForever ? 0 : stall.count(),
                                .kernel_memory_bytes = bytes_of(facts, settings, Key::alloc_kernel_memory),
                                .oom_victims = settings.flag(Key::alloc_oom_victims)};
    if (!asked.any())
        return;
    const bool alone = plan.watch && plan.watch->around;
    if (plan.watch && !alone) {
        plan.watch->alloc = asked;
        return;
    }
    for (const Key key :
         {Key::alloc_large_mapping, Key::alloc_reclaim_stall, Key::alloc_kernel_memory, Key::alloc_oom_victims})
        if (settings.find(key) != nullptr) {
            plan.notices.push_back(
                {"alloc", fmt::format("{} has no effect: {}", origin_of(settings, key),
                                      alone ? "the session has no cgroup of its own" : "there is no watcher")});
            return; // once
        }
}

} // namespace dbgscope
