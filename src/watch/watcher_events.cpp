// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "kernel/cgroup.hpp"
#include "kernel/process.hpp"
#include "watch/watcher.hpp"

// `on:`: what an event leads to besides.
namespace dbgscope {

EventFacts Watcher::event_facts(std::string_view text)
{
    EventFacts facts;
    facts.text = text;
    facts.tool = order_.tool;
    if (debuggees_)
        for (const Debuggee &debuggee : debuggees_->living())
            if (facts.pid == 0 || !debuggee.program.empty()) {
                facts.pid = debuggee.id.pid;
                facts.program = debuggee.program;
            }
    // gdb's starts as a shell, and a slow one was looked at as that.
    if (std::string now = facts.pid > 0 ? executable_of(facts.pid) : ""; !now.empty())
        facts.program = std::move(now);
    if (facts.program.empty() && !programs_.empty())
        facts.program = programs_.back();
    const SessionRecord &record = recorder_.record();
    facts.cap = record.cap;
    facts.line = record.fuse.finite() ? record.fuse : record.look;
    if (cgroups_ && cgroups_->debuggee.valid())
        if (const auto bytes = Cgroup(cgroups_->debuggee.get(), cgroups_->place.version).read_number(CgroupFile::usage))
            facts.memory_bytes = *bytes;
    return facts;
}

void Watcher::react(SessionEvent event, std::string_view text)
{
    if (reactor_.actions(event).empty())
        return;
    reactor_.react(event, event_facts(text), std::chrono::steady_clock::now());
    if (reactor_.wants(event, "weight") && event == SessionEvent::growth && weight_before_.empty())
        lower_weight();
    if (reactor_.wants(event, "snapshot") && event == SessionEvent::pressure && look_.fd() < 0)
        look_inside();
}

void Watcher::take(const PressureStep &step, Time now)
{
    if (!step.line.empty())
        tell(step.line);
    if (step.stalling && !step.line.empty())
        react(SessionEvent::pressure, step.line);
    if (step.stalling || step.over)
        if (const auto line = oom_->on_pressure(step.stalling, now))
            tell(*line);
    if (step.effect == PressureEffect::lower_weight)
        lower_weight();
    if (step.effect == PressureEffect::restore_weight && !weight_before_.empty())
        (void)Cgroup(cgroups_->debuggee.get(), cgroups_->place.version)
            .write(CgroupFile::cpu_weight, weight_before_)
            .has_value();
    if (fuse_ && step.effect == PressureEffect::hold)
        fuse_->hold_for_pressure(true);
    if (fuse_ && step.effect == PressureEffect::release)
        fuse_->hold_for_pressure(false);
}

} // namespace dbgscope
