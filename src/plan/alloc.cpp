// SPDX-License-Identifier: Apache-2.0
#include "plan/alloc.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "config.h"
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

/// Said once, of the first of `keys` that is set.
void has_no_effect(const Settings &settings, std::initializer_list<Key> keys, std::string_view why, WatchPlan &plan)
{
    const auto *const set = std::ranges::find_if(keys, [&](Key key) { return settings.find(key) != nullptr; });
    if (set != keys.end())
        plan.notices.push_back({"alloc", fmt::format("{} has no effect: {}", origin_of(settings, *set), why)});
}

} // namespace

bool built_with_bpf()
{
    return DBGSCOPE_BPF != 0;
}

void plan_alloc(const Facts &facts, const Request &request, WatchPlan &plan, bool with_bpf)
{
    const Settings &settings = request.settings;
    const auto stall = settings.get<std::chrono::microseconds>(Key::alloc_reclaim_stall).value_or(kForever);
    AllocThresholds asked{.large_mapping_bytes = bytes_of(facts, settings, Key::alloc_large_mapping),
                          .reclaim_stall_us = stall == kForever ? 0 : stall.count(),
                          .kernel_memory_bytes = bytes_of(facts, settings, Key::alloc_kernel_memory),
                          .oom_victims = settings.flag(Key::alloc_oom_victims)};
    if (!asked.any())
        return;
    const bool alone = plan.watch && plan.watch->around;
    if (!plan.watch || alone) {
        has_no_effect(
            settings,
            {Key::alloc_large_mapping, Key::alloc_reclaim_stall, Key::alloc_kernel_memory, Key::alloc_oom_victims},
            alone ? "the session has no cgroup of its own" : "there is no watcher", plan);
        return;
    }
    if (const AllocThresholds readable{.kernel_memory_bytes = asked.kernel_memory_bytes};
        !with_bpf && asked != readable) {
        has_no_effect(settings, {Key::alloc_large_mapping, Key::alloc_reclaim_stall, Key::alloc_oom_victims},
                      "this dbgscope was built without BPF", plan);
        asked = readable;
    }
    plan.watch->alloc = asked;
}

} // namespace dbgscope
