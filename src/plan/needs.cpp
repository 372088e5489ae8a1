// SPDX-License-Identifier: Apache-2.0
#include "plan/needs.hpp"

#include "debugger/call.hpp"
#include "plan/budget.hpp"
#include "text/values.hpp"

namespace dbgscope {
namespace {

/// A percentage is of MemTotal, wherever it was written.
bool any_percentage(const Settings &settings)
{
    for (const Key key : {Key::memory_max, Key::memory_high, Key::memory_low, Key::memory_min, Key::memory_swap_max,
                          Key::total_memory_max, Key::alloc_large_mapping, Key::alloc_kernel_memory})
        if (const auto size = settings.get<SizeSpec>(key); size && size->kind == SizeSpec::Kind::permyriad)
            return true;
    for (const std::string &property : settings.list(Key::property))
        if (values::is_percentage(property))
            return true;
    return false;
}

Needs machine_needs(const Request &request)
{
    const Settings &settings = request.settings;
    Needs needs = Need::cgroup | Need::systemd;
    if (request.tool != Tool::none || settings.flag(Key::watch) || settings.flag(Key::wait))
        needs = needs | Need::kernel; // what a watcher can use
    const bool gate = request.tool != Tool::none || asked(settings, Key::pressure_some) ||
                      asked(settings, Key::pressure_full) || asked(settings, Key::pressure_action);
    if (gate && settings.text(Key::pressure_action, "warn") != "off")
        needs = needs | Need::pressure;
    if (request.tool != Tool::none || any_percentage(settings))
        needs = needs | Need::memory;
    if (settings.text(Key::growth_profile, "off") != "off")
        needs = needs | Need::sampling;
    return needs;
}

/// Whether anything in the plan depends on what the debuggee's file says.
bool looks_at_debuggee(const Request &request)
{
    if (request.tool != Tool::none)
        return request.call.kind == CallKind::launch;
    return request.settings.find(Key::go_memlimit) != nullptr || !request.settings.list(Key::go_debug).empty();
}

} // namespace

PlanNeeds needs_of(const Request &request)
{
    return {machine_needs(request), looks_at_debuggee(request), request.call.attach_to,
            listen_port(request.call.listen)};
}

} // namespace dbgscope
