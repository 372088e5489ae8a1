// SPDX-License-Identifier: Apache-2.0
#include "plan/around.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "plan/data_limit.hpp"
#include "plan/fuse.hpp"

namespace dbgscope {
namespace {

/// A cgroup that is the root of what can be seen, or that nobody inside may write, was made for a container.
bool in_container(const Facts &facts)
{
    const Delegation &own = facts.cgroup.delegation;
    return facts.host.container.value_or("chroot") != "chroot" || own.namespace_root || own.read_only;
}

/// Whose limit it is: "the container", "/user.slice".
std::string owner(const Facts &facts)
{
    const MemoryHierarchy &memory = facts.cgroup.memory;
    if (in_container(facts))
        return "the container";
    return memory.binding ? printable(memory.chain[*memory.binding].path) : "a cgroup above";
}

/// What shows a person that the program was stopped, and lets it go on at their word.
SoftStop soft_stop(const Request &request)
{
    if (request.tool != Tool::dlv)
        return SoftStop::trap;
    const bool prompt = !request.call.headless && request.call.verb != "dap" && request.call.verb != "trace";
    return prompt ? SoftStop::interrupt : SoftStop::allocation;
}

Around around_us(const Facts &facts)
{
    const MemoryHierarchy &memory = facts.cgroup.memory;
    Around around{
        .version = memory.version, .directory = {}, .limiting = {}, .name = owner(facts), .limit = memory.effective};
    if (!memory.chain.empty()) {
        around.directory = memory.chain.back().dir;
        around.limiting = memory.chain[memory.binding.value_or(memory.chain.size() - 1)].dir;
    }
    return around;
}

std::string causes(const BackendChoice &choice)
{
    std::string text;
    for (const BackendGap &gap : choice.gaps)
        text += fmt::format("{}{}: {}{}", text.empty() ? "" : "; ", backend_name(gap.backend), gap.why,
                            gap.cure.empty() ? "" : fmt::format(" ({})", gap.cure));
    return text;
}

/// "in force: the container's limit of 256M"
std::string in_force(const Facts &facts, const Request &request)
{
    const MemoryHierarchy &memory = facts.cgroup.memory;
    if (!memory.effective.finite())
        return memory.version == 0 || memory.hidden_above() ? "no memory limit can be seen here"
                                                            : "no memory limit is in force";
    // What is attached to may be in another container: beside a pod's, or seen from the machine.
    const bool own = request.tool != Tool::none && request.call.kind != CallKind::launch;
    return fmt::format("in force{}: {}'s limit of {}",
                       own ? fmt::format(" for {} itself", tool_name(request.tool)) : "", owner(facts),
                       format_limit(memory.effective));
}

/// What the kernel does not enforce; empty: nothing was to be.
std::string not_enforced(const Request &request, const Budget &budget)
{
    const Key key = request.settings.find(Key::memory_max) != nullptr ? Key::memory_max : Key::total_memory_max;
    const auto asked_for = request.settings.get<SizeSpec>(key);
    if (request.tool == Tool::none)
        return budget.cap && !budget.cap_is_default
                   ? fmt::format("the memory limit of {} is not enforced", format_limit(*budget.cap))
                   : "";
    if (request.call.kind != CallKind::launch)
        return budget.scope_limit ? fmt::format("the limit of {} for {} alone is not enforced",
                                                format_limit(*budget.scope_limit), tool_name(request.tool))
                                  : "";
    if (!asked_for)
        return "no cap is enforced by the kernel";
    const std::string size =
        asked_for->kind == SizeSpec::Kind::bytes ? " of " + format_limit(Limit(asked_for->value)) : "";
    return fmt::format("the cap{} ({}) is not enforced by the kernel", size, origin_of(request.settings, key));
}

/// "; soft fuse: the debuggee is stopped at 88M of 96M". A command has none unless it is to leave a snapshot.
std::string fuse_words(const Watch &watch)
{
    if (watch.tool == tool_name(Tool::none))
        return is_fuse(watch.fuse)
                   ? fmt::format("; a {} at {}", watch.fuse == FuseAction::warn ? "warning" : "snapshot",
                                 format_limit(watch.fuse_line))
                   : "";
    if (!is_fuse(watch.fuse))
        return "; no fuse";
    const char *what = watch.fuse == FuseAction::hold   ? "stopped"
                       : watch.fuse == FuseAction::warn ? "told of"
                                                        : "looked at";
    return fmt::format("; soft fuse: the debuggee is {} at {} of {}", what, format_limit(watch.fuse_line),
                       format_limit(watch.cap));
}

} // namespace

Obstacle filter_obstacle(const Facts &facts, const Request &request)
{
    const HostFacts &host = facts.host;
    if (request.settings.text(Key::split, "auto") == "off")
        return {"off by " + origin_of(request.settings, Key::split)};
    if (!host.seccomp_notify.value_or(false))
        return {host.seccomp_notify.detail().empty()
                    ? fmt::format("seccomp notification: {}", why_words(host.seccomp_notify.why()))
                    : host.seccomp_notify.detail(),
                true};
    if (!facts.tools.empty() && facts.tools.front().gains_privilege)
        return {fmt::format("{} is setuid, setgid or has file capabilities, which no_new_privs would take away",
                            facts.tools.front().path.value_or(facts.tools.front().name)),
                true};
    return {};
}

bool watched_without_cgroup(const Request &request)
{
    return (request.tool == Tool::none || request.call.kind == CallKind::launch) &&
           request.settings.text(Key::backend, "auto") != backend_name(Backend::none);
}

void plan_command_without_cgroup(const Facts &facts, const Request &request, WatchPlan &plan)
{
    Watch &watch = *plan.watch;
    watch.around = around_us(facts);
    watch.scope_limit = Limit();
    watch.record = false; // it is made of a cgroup's counters
    if (!snapshots_command(request.settings))
        return;
    const Limit cap = std::min(watch.cap, less_snapshot_room(watch.around->limit));
    const std::string obstacle = filter_obstacle(facts, request).why;
    if (!cap.finite() || !obstacle.empty()) {
        plan.notices.push_back(
            {"snapshot", "no snapshot is taken: " +
                             (obstacle.empty() ? "there is no --memory-max, and no limit can be seen" : obstacle)});
        return;
    }
    watch.cap = cap;
    watch.around->knows_debuggees = true;
    plan_fuse(request.settings, cap, watch);
    if (watch.fuse == FuseAction::hold)
        watch.fuse = FuseAction::snapshot;
    watch.around->stop = watch.fuse == FuseAction::snapshot ? SoftStop::suspend : SoftStop::none;
}

void plan_without_cgroup(const Facts &facts, const Request &request, const Budget &budget, const std::string &obstacle,
                         WatchPlan &plan)
{
    Watch &watch = *plan.watch;
    watch.around = around_us(facts);
    watch.scope_limit = Limit();
    watch.around->knows_debuggees = obstacle.empty();
    plan.left_out.push_back({"split", "split, so the debuggee alone is not bounded: no cgroup can be made"});
    if (watch.record) {
        watch.record = false;
        plan.left_out.push_back({"record", "the recording: it is made of a cgroup's counters"});
    }
    const std::string no_fuse = obstacle.empty() ? fuse_obstacle(facts, request, budget.cap) : obstacle;
    if (!no_fuse.empty()) {
        plan.left_out.push_back({"fuse", "the soft fuse: " + no_fuse});
        return;
    }
    plan_fuse(request.settings, *budget.cap, watch);
    watch.around->stop = watch.fuse == FuseAction::hold ? soft_stop(request) : SoftStop::none;
}

std::vector<Notice> without_cgroup_notices(const Facts &facts, const Request &request, const Budget &budget,
                                           const BackendChoice &choice, const WatchPlan &watch)
{
    std::vector<Notice> notices;
    for (const Notice &notice : budget.notices) // the line below names the limit
        if (notice.id != "ancestor-limit" && notice.id != "place-limit")
            notices.push_back(notice);
    std::string why = causes(choice);
    const std::string lost = not_enforced(request, budget);
    if (why.empty() && (!budget.scope_limit || budget.cap_is_default))
        return notices; // asked for by --backend=none, and nothing is lost
    if (why.empty())
        why = choice.usable.back().reason;
    std::string line = lost.empty() ? "no scope: " + why : fmt::format("{}, there is no scope: {}", lost, why);
    line += "; " + in_force(facts, request);
    if (watch.watch && watch.watch->around)
        line += fuse_words(*watch.watch) + data_limit_words(request, *watch.watch);
    notices.push_back({"no-scope", std::move(line)});
    return notices;
}

} // namespace dbgscope
