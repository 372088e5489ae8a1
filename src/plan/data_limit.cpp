// SPDX-License-Identifier: Apache-2.0
#include "plan/data_limit.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/data_limit.hpp"
#include "plan/around.hpp"
#include "plan/budget.hpp"

namespace dbgscope {

void plan_data_limit(const Facts &facts, const Request &request, WatchPlan &plan)
{
    const std::string wanted = request.settings.text(Key::rlimit_data, "off");
    if (wanted == "off")
        return;
    const bool automatic = wanted == "auto";
    Watch &watch = *plan.watch;
    std::string obstacle;
    if (!watch.around) {
        if (automatic)
            return;
        obstacle = "a cgroup bounds the debuggee";
    } else if (!watch.around->knows_debuggees) {
        obstacle = filter_obstacle(facts, request).why;
    } else if (automatic) {
        const Limit least = std::min(watch.cap, watch.around->limit);
        watch.around->data_limit = data_limit_for(least);
        if (!least.finite())
            obstacle = "there is no cap, and no limit around it";
    } else if (const auto size = parse_size(wanted)) {
        watch.around->data_limit = Limit(size->value);
    }
    if (!obstacle.empty())
        plan.notices.push_back({"rlimit-data", fmt::format("{} has no effect: {}",
                                                           origin_of(request.settings, Key::rlimit_data), obstacle)});
}

void note_no_data_limit(const Request &request, const std::string &why, WatchPlan &plan)
{
    const Setting *const setting = request.settings.find(Key::rlimit_data);
    if (setting == nullptr || setting->origin.layer != Layer::option ||
        request.settings.text(Key::rlimit_data) == "off")
        return;
    plan.notices.push_back(
        {"rlimit-data",
         fmt::format("{} has no effect: {}", setting->origin.where,
                     request.tool == Tool::none ? "it is for debuggees; for a command -p LimitDATA=SIZE does it"
                                                : why)});
}

std::string data_limit_words(const Request &request, const Watch &watch)
{
    if (!watch.around || !watch.around->data_limit.finite())
        return {};
    return fmt::format("; hard cap: each debuggee may map {} ({})", format_limit(watch.around->data_limit),
                       origin_of(request.settings, Key::rlimit_data));
}

} // namespace dbgscope
