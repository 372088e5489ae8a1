// SPDX-License-Identifier: Apache-2.0
#include "plan/watch.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/session.hpp"
#include "kernel/cgroup_files.hpp"
#include "plan/alloc.hpp"
#include "plan/around.hpp"
#include "plan/data_limit.hpp"
#include "plan/fuse.hpp"
#include "plan/growth_profile.hpp"
#include "plan/heap_profile.hpp"
#include "plan/listen.hpp"
#include "plan/reactions.hpp"
#include "plan/recording.hpp"
#include "plan/scores.hpp"

namespace dbgscope {
namespace {

/// Written for this very start: a file may require things that only some commands can have.
bool asked_now(const Settings &settings, Key key)
{
    const Setting *setting = settings.find(key);
    return setting != nullptr && setting->origin.layer >= Layer::environment;
}

template <class T> std::string why_text(const Fact<T> &fact)
{
    return fact.detail().empty() ? why_words(fact.why()) : fact.detail();
}

bool launches(const Request &request)
{
    return request.tool != Tool::none && request.call.kind == CallKind::launch;
}

/// Everything the parts of one decision look at.
struct Look {
    const Facts &facts;
    const Request &request;
    const Budget &budget;
    const PropertyWishes &wishes;
    const BackendOption &option;
    const Settings &settings = request.settings;
};

/// "off by --no-watch", "off by DBGSCOPE_WATCH".
std::string off_by(const Setting &watch)
{
    return "off by " + (watch.origin.layer == Layer::option ? "--no-watch" : watch.origin.where);
}

Result<bool> wants_watcher(const Look &look)
{
    const Settings &settings = look.settings;
    const bool wait = settings.flag(Key::wait);
    const Setting *watch = settings.find(Key::watch);
    const bool on = watch != nullptr ? std::get<bool>(watch->value) : look.request.tool != Tool::none;
    if (wait && !on && watch != nullptr && watch->origin.layer >= settings.find(Key::wait)->origin.layer)
        return fail({.kind = ErrorKind::usage,
                     .operation = "use",
                     .subject = origin_of(settings, Key::wait),
                     .cause = "it makes dbgscope itself the watcher, which is " + off_by(*watch),
                     .hint = "leave one of them out"});
    return on || wait;
}

/// Why debugger and debuggee cannot be kept apart; no words: they can.
Obstacle split_obstacle(const Look &look)
{
    if (look.settings.text(Key::split, "auto") == "off")
        return filter_obstacle(look.facts, look.request);
    if (!look.option.limits)
        return {fmt::format("{} enforces no memory limit here", backend_name(look.option.backend))};
    for (const ScopeProperty &wish : look.wishes.scope)
        if (wish.name == "Delegate" && wish.value == BusValue(false))
            return {"-p Delegate=no keeps the cgroup systemd's own"};
    if (look.option.backend == Backend::systemd_system && look.facts.host.uid != 0)
        return {"the cgroup of a scope of the system manager belongs to root", true};
    return filter_obstacle(look.facts, look.request);
}

std::unexpected<Error> refuse(const char *what, std::string cause)
{
    const bool split = std::string_view(what) == "split";
    return fail({.kind = ErrorKind::unsupported,
                 .operation = split ? "keep" : "hold",
                 .subject = split ? "debugger and debuggee apart" : "the debuggee before its cap",
                 .cause = std::move(cause),
                 .hint = fmt::format("--require={} forbids going on without", what)});
}

/// --require=split,fuse of a command that has no debuggee of its own. In a file it means those that have one.
Result<void> check_pointless(const Look &look)
{
    for (const char *what : {"split", "fuse"})
        if (required(look.settings, what) && asked_now(look.settings, Key::require))
            return refuse(what, look.request.tool == Tool::none ? "a command under run has no debugger"
                                                                : "the program was not started by this debugger");
    return {};
}

/// The limit of one side. A fresh cgroup is unlimited, so on v1 the limit comes first: memsw below it would be EINVAL.
void add_limit(const Look &look, int version, Limit limit, bool no_swap, std::vector<CgroupWrite> &writes)
{
    writes.push_back({file_name(CgroupFile::limit, version), control_text(limit, version), false});
    const auto swap = look.settings.get<SizeSpec>(Key::memory_swap_max);
    const Limit extra = swap ? swap->resolve(look.facts.memory.total_bytes.value_or(0)) : Limit(0);
    if (has_file(CgroupFile::both_limit, version) && extra.finite())
        writes.push_back(
            {file_name(CgroupFile::both_limit, version), std::to_string(limit.bytes() + extra.bytes()), true});
    // One that was asked for is the scope's, and holds for both sides together.
    if (has_file(CgroupFile::swap_limit, version) && no_swap && !swap)
        writes.push_back({file_name(CgroupFile::swap_limit, version), "0", true});
}

/// With `cpu` each side is scheduled as one: else dozens of busy threads of the debuggee leave the watcher and the
/// debugger one turn in as many, and the room to the cap is gone before it comes.
Division divide(const Look &look, const Watch &watch)
{
    Division division;
    division.version = look.facts.cgroup.memory.version;
    if (has_file(CgroupFile::subtree_control, division.version)) {
        division.enable.emplace_back("memory");
        if (stops(watch.fuse) || lowers_weight(watch))
            division.enable.emplace_back("cpu");
    }
    if (look.budget.debugger_limit)
        add_limit(look, division.version, *look.budget.debugger_limit, false, division.debugger);
    if (look.budget.cap && look.budget.cap->finite())
        add_limit(look, division.version, *look.budget.cap, look.request.tool != Tool::none, division.debuggee);
    return division;
}

/// Why nothing can be known of the session's own pressure; empty: it can.
std::string pressure_obstacle(const Look &look)
{
    const Fact<Pressure> &machine = look.facts.memory.pressure;
    if (!machine && machine.why() != Why::not_asked)
        return why_text(machine);
    if (look.facts.cgroup.unified_mount.empty())
        return "no cgroup v2 is mounted, and v1 has no pressure of a cgroup";
    return {};
}

/// Why the debuggee can be neither slowed nor frozen; empty: it can.
std::string reaction_obstacle(const Look &look, bool split, PressureAction action)
{
    if (!split)
        return "it needs split";
    if (!look.facts.cgroup.memory.v2())
        return "it needs cgroup v2";
    const auto lacks_cpu = [](const std::vector<std::string> &controllers) {
        return std::find(controllers.begin(), controllers.end(), "cpu") == controllers.end();
    };
    const auto &delegated = look.facts.systemd.user.controllers;
    if (action == PressureAction::weight &&
        ((look.option.backend == Backend::systemd_user && delegated && lacks_cpu(*delegated)) ||
         (look.option.backend == Backend::cgroupfs && lacks_cpu(look.facts.cgroup.delegation.controllers))))
        return "the cpu controller is not available";
    return {};
}

PressureAction pressure_action(std::string_view word)
{
    return word == "off"      ? PressureAction::off
           : word == "weight" ? PressureAction::weight
           : word == "hold"   ? PressureAction::hold
                              : PressureAction::say;
}

void plan_pressure(const Look &look, WatchPlan &plan)
{
    Watch &watch = *plan.watch;
    const std::string word = pressure_word(look.settings);
    watch.pressure = pressure_action(word);
    if (watch.pressure == PressureAction::off)
        return;
    const std::string where = origin_of(look.settings, Key::pressure_watch);
    if (const std::string obstacle = pressure_obstacle(look); !obstacle.empty()) {
        watch.pressure = PressureAction::off;
        if (asked(look.settings, Key::pressure_watch))
            plan.notices.push_back({"pressure-watch", fmt::format("{} has no effect: {}", where, obstacle)});
        else
            plan.left_out.push_back({"pressure-watch", "the watch on the session's memory pressure: " + obstacle});
        return;
    }
    if (watch.pressure != PressureAction::say)
        if (const std::string obstacle = reaction_obstacle(look, watch.split, watch.pressure); !obstacle.empty()) {
            watch.pressure = PressureAction::say;
            plan.notices.push_back(
                {"pressure-watch", fmt::format("{} {} only says it when memory is short: {}", where, word, obstacle)});
        }
    watch.pressure_some_permyriad = look.settings.get<std::int64_t>(Key::pressure_some).value_or(0);
    watch.pressure_full_permyriad = look.settings.get<std::int64_t>(Key::pressure_full).value_or(0);
}

Result<void> plan_split_and_fuse(const Look &look, WatchPlan &plan)
{
    const Settings &settings = look.settings;
    Watch &watch = *plan.watch;
    const auto [obstacle, unforeseen] = split_obstacle(look);
    watch.split = obstacle.empty();
    if (!watch.split) {
        for (const char *what : {"split", "fuse"})
            if (required(settings, what))
                return refuse(what, obstacle);
        plan.left_out.push_back(
            {"split", fmt::format("split and fuse, so the debuggee alone is not bounded: {}", obstacle)});
        if (unforeseen)
            plan.notices.push_back({"split", fmt::format("debugger and debuggee share one limit, and nothing is held "
                                                         "before it: {}",
                                                         obstacle)});
        return {};
    }
    watch.split_required = required(settings, "split");
    const std::string no_fuse = fuse_obstacle(look.facts, look.request, look.budget.cap);
    if (!no_fuse.empty() && required(settings, "fuse"))
        return refuse("fuse", no_fuse);
    if (!no_fuse.empty())
        plan.left_out.push_back({"fuse", "the fuse: " + no_fuse});
    else
        plan_fuse(settings, *look.budget.cap, watch);
    return {};
}

/// A command under `run` that is to leave a snapshot: it is its own debuggee. There is nobody to look at one that is
/// held.
void plan_command(const Look &look, WatchPlan &plan)
{
    Watch &watch = *plan.watch;
    const auto [obstacle, unforeseen] = split_obstacle(look);
    if (!watch.cap.finite() || !obstacle.empty()) {
        plan.notices.push_back(
            {"snapshot", "no snapshot is taken: " + (obstacle.empty() ? "there is no --memory-max" : obstacle)});
        return;
    }
    watch.split = true;
    plan_fuse(look.settings, watch.cap, watch);
    if (watch.fuse == FuseAction::hold)
        watch.fuse = FuseAction::snapshot;
}

Watch common_watch(const Look &look)
{
    const auto usable = [](const Fact<bool> &fact) { // not looked at: the launch finds out
        return fact.value_or(fact.why() == Why::not_asked);
    };
    Watch watch;
    watch.wait = look.settings.flag(Key::wait);
    watch.backend = backend_name(look.option.backend);
    watch.tool = tool_name(look.request.tool);
    watch.cap = look.budget.cap.value_or(Limit());
    watch.scope_limit = look.budget.scope_limit.value_or(Limit());
    watch.use_pidfd = usable(look.facts.host.pidfd);
    watch.use_cgroup_kill = usable(look.facts.host.cgroup_kill);
    if (look.facts.debuggee)
        watch.go_version = look.facts.debuggee->go_version.value_or("");
    watch.builds = look.request.call.builds;
    watch.client_timeout_ms = client_timeout_ms(look.settings, look.request.call);
    watch.notify = desktop_notice(look.settings);
    watch.quiet = look.settings.flag(Key::quiet);
    watch.log_file = look.settings.text(Key::log_file);
    return watch;
}

/// No watcher: nobody is there to keep the two apart.
Result<WatchPlan> unwatched(const Look &look, std::string why)
{
    WatchPlan plan;
    if (launches(look.request))
        for (const char *what : {"split", "fuse"})
            if (required(look.settings, what))
                return refuse(what, why);
    if (look.settings.flag(Key::wait))
        plan.notices.push_back({"wait", fmt::format("{} has no effect: {}, so nothing tells a kill for memory",
                                                    origin_of(look.settings, Key::wait), why)});
    if (look.request.tool != Tool::none && look.option.backend != Backend::none)
        plan.left_out.push_back({"watcher", "the watcher, and with it clean-up, split and fuse: " + why});
    plan_recording(look.request, plan);
    note_no_data_limit(look.request, why, plan);
    plan_alloc(look.facts, look.request, plan);
    return plan;
}

} // namespace

Result<WatchPlan> plan_watch(const Facts &facts, const Request &request, const Budget &budget,
                             const PropertyWishes &wishes, const BackendOption &option)
{
    const Look look{facts, request, budget, wishes, option};
    auto wanted = wants_watcher(look);
    if (!wanted)
        return pass(wanted);
    if (!launches(request))
        if (auto checked = check_pointless(look); !checked)
            return pass(checked);
    const bool alone = option.backend == Backend::none;
    if (alone && (!watched_without_cgroup(request) || !*wanted || required(request.settings, "split") ||
                  required(request.settings, "fuse")))
        return unwatched(look, "there is no scope");
    if (!*wanted)
        return unwatched(look, request.tool == Tool::none ? "" : off_by(*request.settings.find(Key::watch)));
    WatchPlan plan;
    plan.watch = common_watch(look);
    plan_recording(request, plan);
    plan.reason = plan.watch->wait             ? origin_of(request.settings, Key::wait)
                  : request.tool == Tool::none ? origin_of(request.settings, Key::watch)
                                               : "what ends a debug session is seen, told and cleaned up after";
    if (alone && request.tool == Tool::none)
        plan_command_without_cgroup(facts, request, plan);
    else if (alone)
        plan_without_cgroup(facts, request, budget, filter_obstacle(facts, request).why, plan);
    else if (launches(request))
        if (auto decided = plan_split_and_fuse(look, plan); !decided)
            return pass(decided);
    const bool command = request.tool == Tool::none && snapshots_command(request.settings);
    if (command && !alone)
        plan_command(look, plan);
    if (launches(request) || command) {
        plan_heap_profile(facts, request, plan);
        plan_growth_profile(facts, request, plan);
        plan_data_limit(facts, request, plan);
        plan_look(request.settings, plan);
    }
    if (!alone)
        plan_pressure(look, plan);
    plan_alloc(facts, request, plan);
    plan_reactions(request.settings,
                   alone ? "there is no scope" : reaction_obstacle(look, plan.watch->split, PressureAction::weight),
                   plan);
    plan_scores(facts, request, budget, wishes, plan);
    if (plan.watch->split)
        plan.division = divide(look, *plan.watch);
    return plan;
}

} // namespace dbgscope
