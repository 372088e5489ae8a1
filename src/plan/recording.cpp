// SPDX-License-Identifier: Apache-2.0
#include "plan/recording.hpp"

#include <fmt/core.h>

#include "plan/budget.hpp"

namespace dbgscope {

void plan_recording(const Request &request, WatchPlan &plan)
{
    const std::string when = request.settings.text(Key::record, "auto");
    const bool debugs = request.tool != Tool::none && request.call.kind == CallKind::launch;
    if (plan.watch)
        plan.watch->record = when == "on" || (when == "auto" && debugs);
    else if (when == "on")
        plan.notices.push_back(
            {"record", fmt::format("{} has no effect: there is no watcher", origin_of(request.settings, Key::record))});
}

} // namespace dbgscope
