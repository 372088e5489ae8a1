// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "debugger/call.hpp"
#include "plan/around.hpp"
#include "plan/backend.hpp"
#include "plan/budget.hpp"
#include "plan/dap_log.hpp"
#include "plan/expand.hpp"
#include "plan/fuse.hpp"
#include "plan/go_variables.hpp"
#include "plan/heap_profile.hpp"
#include "plan/listen.hpp"
#include "plan/memlimit.hpp"
#include "plan/place.hpp"
#include "plan/properties.hpp"
#include "plan/scope.hpp"
#include "plan/unit_name.hpp"
#include "plan/v1_limits.hpp"
#include "plan/watch.hpp"

namespace dbgscope {
namespace {

/// Everything the plans of all backends share.
struct Shared {
    const Facts &facts;
    const Request &request;
    PropertyWishes wishes;
    Budget budget;
    GoEnvironment go;
    std::string session;
    Execute execute;
};

/// What the debugger would see without us: its own path where it was called by one, through a link or not.
std::string argv0(const Request &request, const std::string &path)
{
    if (request.called.find('/') != std::string::npos)
        return path;
    return request.called.empty() ? tool_name(request.tool) : request.called;
}

Result<Execute> plan_execute(const Facts &facts, const Request &request)
{
    const ToolFacts tool = facts.tools.empty() ? ToolFacts{} : facts.tools.front();
    if (!tool.path) {
        const bool denied = tool.path.why() == Why::denied;
        const std::string cause = !tool.path.detail().empty() ? tool.path.detail()
                                  : denied                    ? "found, but it cannot be executed"
                                                              : "not found in PATH";
        return fail({.kind = denied ? ErrorKind::not_executable : ErrorKind::no_command,
                     .operation = "start",
                     .subject = tool.name,
                     .cause = cause,
                     .hint = request.tool == Tool::none
                                 ? ""
                                 : fmt::format("install it, or name it with debuggers.{} in the configuration",
                                               tool_name(request.tool))});
    }
    Execute execute{.path = *tool.path, .arguments = {}, .search_path = false};
    if (request.tool != Tool::none)
        execute.arguments.push_back(argv0(request, execute.path));
    execute.arguments.insert(execute.arguments.end(), request.arguments.begin(), request.arguments.end());
    if (request.settings.flag(Key::expand_environment))
        execute.arguments = expand_environment(execute.arguments, request.environment);
    return execute;
}

/// `-p` of what has an option of its own counts as that option, so that every backend honours it.
void absorb_properties(std::uint64_t mem_total, Settings &settings, PropertyWishes &wishes)
{
    constexpr std::pair<std::string_view, Key> kSame[] = {
        {"MemoryMax", Key::total_memory_max}, {"MemoryHigh", Key::memory_high},        {"MemoryLow", Key::memory_low},
        {"MemoryMin", Key::memory_min},       {"MemorySwapMax", Key::memory_swap_max}, {"TasksMax", Key::tasks_max}};
    for (const ScopeProperty &wish : wishes.scope)
        for (const auto &[name, key] : kSame)
            if (wish.name == name || (wish.name == "MemoryMaxScale" && key == Key::total_memory_max)) {
                const Limit limit = limit_of(wish, mem_total);
                settings.set(key, {SizeSpec{limit.finite() ? SizeSpec::Kind::bytes : SizeSpec::Kind::infinity,
                                            limit.finite() ? limit.bytes() : 0},
                                   {Layer::option, "-p " + wish.name}});
            }
    std::erase_if(wishes.scope, [&](const ScopeProperty &wish) {
        return wish.name == "MemoryMaxScale" ||
               std::any_of(std::begin(kSame), std::end(kSame), [&](const auto &row) { return row.first == wish.name; });
    });
}

void add_process_steps(const Shared &shared, const WatchPlan &watch, std::vector<Step> &steps)
{
    const Settings &settings = shared.request.settings;
    if (const auto score = settings.get<std::int64_t>(Key::oom_score_adjust))
        steps.push_back({SetOomScore{static_cast<int>(*score), false}, origin_of(settings, Key::oom_score_adjust)});
    steps.insert(steps.end(), shared.wishes.steps.begin(), shared.wishes.steps.end());
    if (const auto nice = settings.get<std::int64_t>(Key::nice))
        steps.push_back({SetNice{static_cast<int>(*nice)}, origin_of(settings, Key::nice)});
    if (watch.watch && watch.watch->filtered()) // before the credentials: root needs no no_new_privs for it
        steps.push_back({InstallFilter{watch.watch->split_required, watch.watch->heap_profile_rate != 0,
                                       watch.watch->around && watch.watch->around->stop == SoftStop::allocation,
                                       shared.request.tool == Tool::none && watch.watch->split},
                         filter_reason(shared.facts.host, *watch.watch)});
    if (watch.watch && stops(watch.watch->fuse) && shared.request.tool != Tool::none && watch.division &&
        watch.division->version == 2)
        steps.push_back(
            {NoHugePages{}, "a few faults of 2 MiB would pass the fuse and the cap before anything is held"});
    if (watch.debugger_score)
        steps.push_back(*watch.debugger_score);
    if (settings.find(Key::uid) != nullptr || settings.find(Key::gid) != nullptr)
        steps.push_back({SetCredentials{settings.text(Key::uid), settings.text(Key::gid)},
                         origin_of(settings, settings.find(Key::uid) != nullptr ? Key::uid : Key::gid)});
    if (settings.find(Key::working_directory) != nullptr)
        steps.push_back(
            {ChangeDirectory{settings.text(Key::working_directory)}, origin_of(settings, Key::working_directory)});
}

/// The variables, and for gdbserver the `--wrapper` that keeps them from gdbserver itself.
void add_environment(const Shared &shared, const GoEnvironment &go, Execute &execute, std::vector<Step> &steps)
{
    SetEnvironment environment;
    std::string reason = "DBGSCOPE_SESSION keeps dbgscope from nesting";
    for (const std::string &assignment : shared.request.settings.list(Key::setenv))
        if (const auto equals = assignment.find('='); equals != std::string::npos)
            environment.changes.push_back({assignment.substr(0, equals), assignment.substr(equals + 1)});
        else if (!inherited(shared.request, assignment)) // what the caller has is there already
            environment.changes.push_back({assignment, ""});
    environment.changes.insert(environment.changes.end(), shared.wishes.environment.begin(),
                               shared.wishes.environment.end());
    const auto at = shared.request.call.wrapper_at;
    if (at && !go.changes.empty()) {
        std::vector<std::string> assignments;
        for (const EnvChange &change : go.changes)
            assignments.push_back(change.name + "=" + change.value.value_or(""));
        const std::vector<std::string> wrapper = wrapper_words(assignments);
        execute.arguments.insert(execute.arguments.begin() + static_cast<std::ptrdiff_t>(*at + 1), wrapper.begin(),
                                 wrapper.end());
    } else {
        environment.changes.insert(environment.changes.end(), go.changes.begin(), go.changes.end());
    }
    environment.changes.push_back({"DBGSCOPE_SESSION", shared.session});
    if (!go.reason.empty())
        reason += "; " + go.reason;
    steps.push_back({std::move(environment), reason});
}

/// What is in force, in one line. With split the debuggee's cap comes first: it is what the user asked for.
std::string announce(const Shared &shared, const LaunchPlan &plan, const WatchPlan &watch, const GoEnvironment &go)
{
    if (plan.backend == Backend::none)
        return {}; // the notice on what is missing is the one line
    std::string line =
        fmt::format("running in {}{}", plan.session, plan.backend == Backend::cgroupfs ? " (plain cgroup)" : ".scope");
    const auto &total = shared.budget.scope_limit;
    if (watch.watch && watch.watch->split && watch.watch->cap.finite()) {
        line += debuggee_words(*watch.watch);
        if (total && total->finite())
            line += fmt::format(", {} in all", format_limit(*total));
    } else if (total)
        line += fmt::format(", memory limit {} ({})", format_limit(*total), shared.budget.scope_reason);
    line += binding_words(shared.facts, total);
    for (const EnvChange &change : go.changes)
        if (change.name == "GOMEMLIMIT")
            if (const auto bytes = parse_size(change.value.value_or("")))
                line += fmt::format(", GOMEMLIMIT {}", format_bytes(bytes->value));
    if (watch.watch && watch.watch->split && !shared.facts.host.cap_sys_admin) // no_new_privs
        line += "; sudo inside gains no rights (--split=off)";
    return line;
}

/// Without a scope: the environment is all there is, so GOMEMLIMIT comes from the cap or the limit in force.
Result<GoEnvironment> environment_without_scope(const Shared &shared, const WatchPlan &watch)
{
    std::optional<Limit> limit;
    const bool fused = watch.watch && is_fuse(watch.watch->fuse);
    if (fused || !shared.budget.cap_is_default) // what was asked for still tells how large the program may grow
        limit = shared.budget.cap;
    const Limit effective = shared.facts.cgroup.memory.effective;
    if (effective.finite() && (!limit || effective < *limit))
        limit = effective;
    return plan_go_environment(shared.facts, shared.request, limit);
}

/// The step that makes the cgroup. Nothing to make: backend none.
Result<void> add_cgroup(const Shared &shared, const BackendOption &option, const WatchPlan &watch, LaunchPlan &plan)
{
    const auto &limit = shared.budget.scope_limit;
    std::string reason = option.reason;
    reason += limit ? fmt::format("; memory limit {}: {}", format_limit(*limit), shared.budget.scope_reason)
                    : "; no memory limit";
    if (watch.division && watch.watch->cap.finite())
        reason += "; the debuggee alone carries the cap";
    if (option.backend == Backend::cgroupfs) {
        std::vector<std::string> ignored;
        auto cgroup = plan_cgroup(shared.facts, shared.request, shared.budget, shared.wishes, watch, ignored);
        if (!cgroup)
            return pass(cgroup);
        for (std::string &words : ignored)
            plan.notices.push_back({"not-here", std::move(words)});
        plan.steps.push_back({std::move(*cgroup), std::move(reason)});
        return {};
    }
    auto scope = plan_scope(shared.facts, shared.request, shared.budget, shared.wishes,
                            option.backend == Backend::systemd_user, watch);
    if (!scope)
        return pass(scope);
    auto lost = lost_on_v1(shared.facts, shared.request, shared.wishes, watch.division.has_value());
    if (!lost)
        return pass(lost);
    if (!shared.request.exact)
        plan.notices.insert(plan.notices.end(), lost->begin(), lost->end());
    plan.steps.push_back({std::move(*scope), std::move(reason)});
    return {};
}

/// The watcher's step and all that was decided with it.
void add_watcher(const Shared &shared, const GoEnvironment &go, WatchPlan &watch, LaunchPlan &plan)
{
    plan.notices.insert(plan.notices.end(), watch.notices.begin(), watch.notices.end());
    plan.left_out = watch.left_out;
    if (!watch.watch)
        return;
    watch.watch->session = shared.session;
    watch.watch->command = shared.execute.arguments;
    if (!watch.watch->go_version.empty()) {
        watch.watch->gomemlimit = gomemlimit_in_force(shared.request, go);
        watch.watch->gomemlimit_live = gomemlimit_is_live(shared.request, go);
        watch.watch->gomemlimit_ours = gomemlimit_of_ours(shared.request, go, *watch.watch);
    }
    const Limit line = is_fuse(watch.watch->fuse) ? watch.watch->fuse_line : Limit();
    if (auto notice = memlimit_above_fuse(shared.request, go, watch.watch->cap, line))
        plan.notices.push_back(std::move(*notice));
    plan.steps.push_back({StartWatcher{*watch.watch}, watch.reason});
}

/// Errors: plan_watch's unsupported, when this backend cannot give what --require names.
Result<LaunchPlan> plan_with(const Shared &shared, const BackendChoice &choice, const BackendOption &option)
{
    const Settings &settings = shared.request.settings;
    const bool scope = option.backend != Backend::none;
    LaunchPlan plan{.backend = option.backend, .backend_reason = option.reason, .session = shared.session};
    if (scope || !shared.budget.cap_is_default)
        plan.cap = shared.budget.cap;
    plan.on_scope_failure = required(settings, "scope") ? OnFailure::fail : OnFailure::fall_back;
    plan.on_limit_failure = required(settings, "limit") ? OnFailure::fail : OnFailure::fall_back;
    auto watch = plan_watch(shared.facts, shared.request, shared.budget, shared.wishes, option);
    if (!watch)
        return pass(watch);
    auto go = scope ? Result<GoEnvironment>(shared.go) : environment_without_scope(shared, *watch);
    if (!go)
        return pass(go);
    add_watcher(shared, *go, *watch, plan);
    Execute execute = shared.execute;
    plan_dap_log(shared.request, shared.session, execute, plan);
    if (!scope)
        for (Notice &notice : without_cgroup_notices(shared.facts, shared.request, shared.budget, choice, *watch))
            plan.notices.push_back(std::move(notice));
    else if (auto added = add_cgroup(shared, option, *watch, plan); !added)
        return pass(added);
    if (scope && shared.budget.scope_limit && shared.budget.scope_limit->finite())
        plan.steps.push_back({VerifyLimit{*shared.budget.scope_limit, required(settings, "limit")},
                              "a limit counts only when the kernel shows it in force"});
    add_process_steps(shared, *watch, plan.steps);
    add_environment(shared, *go, execute, plan.steps);
    add_init_file(watch->init, execute, plan.steps);
    plan.steps.push_back({std::move(execute), watch->watch && watch->watch->wait
                                                  ? "the command is a child: its end is seen and told"
                                                  : "the process becomes the command: same pid, terminal and "
                                                    "descriptors"});
    plan.announcement = announce(shared, plan, *watch, *go);
    return plan;
}

/// Never loop, never nest: exec and nothing else.
LaunchPlan bare_plan(Execute execute, std::string reason)
{
    LaunchPlan plan;
    plan.backend_reason = reason;
    plan.steps.push_back({std::move(execute), std::move(reason)});
    return plan;
}

/// Called as systemd-run nobody has written --require: the cure is all that helps.
std::string hint_for(const Settings &settings, const BackendChoice &choice, const char *unmet)
{
    if (settings.find(Key::require)->origin.where == "systemd-run")
        return choice.gaps.empty() ? "" : choice.gaps.front().cure;
    return fmt::format("--require={} forbids going on without", unmet);
}

/// What --require names and the best backend cannot give. Split and fuse where there is a scope: plan_watch.
Result<void> check_required(const Shared &shared, const BackendChoice &choice)
{
    const Settings &settings = shared.request.settings;
    const BackendOption &best = choice.usable.front();
    const bool debuggee = shared.request.tool != Tool::none && shared.request.call.kind == CallKind::launch;
    const char *unmet = nullptr;
    if (best.backend == Backend::none)
        unmet = required(settings, "scope")               ? "scope"
                : debuggee && required(settings, "split") ? "split"
                : debuggee && required(settings, "fuse")  ? "fuse"
                                                          : nullptr;
    const bool no_scope = unmet != nullptr;
    if (!no_scope && !best.limits && shared.budget.scope_limit && required(settings, "limit"))
        unmet = "limit";
    if (unmet == nullptr)
        return {};
    std::string causes;
    for (const BackendGap &gap : choice.gaps)
        causes += fmt::format("{}{}: {}", causes.empty() ? "" : "; ", backend_name(gap.backend), gap.why);
    if (causes.empty())
        causes = best.reason;
    return fail({.kind = ErrorKind::unsupported,
                 .operation = no_scope ? "make" : "enforce",
                 .subject = no_scope ? "a scope" : "the memory limit",
                 .cause = causes,
                 .hint = hint_for(settings, choice, unmet)});
}

/// What one backend comes to, at the place a session of that backend goes to.
Result<LaunchPlan> plan_at_place(const Facts &facts, const Request &request, const PropertyWishes &wishes,
                                 const Execute &execute, const BackendChoice &choice, const BackendOption &option)
{
    const Facts here = facts_at(facts, option.backend);
    auto budget = make_budget(here, request);
    if (!budget)
        return pass(budget);
    auto go = plan_go_environment(here, request, cap_in_force(here, request, *budget));
    if (!go)
        return pass(go);
    auto unit = scope_unit(request);
    if (!unit)
        return pass(unit);
    const Shared shared{here, request, wishes, std::move(*budget), std::move(*go), session_of(*unit), execute};
    if (&option == &choice.usable.front())
        if (auto possible = check_required(shared, choice); !possible)
            return pass(possible);
    auto plan = plan_with(shared, choice, option);
    if (!plan)
        return plan;
    if (option.backend != Backend::none)
        plan->notices.insert(plan->notices.begin(), shared.budget.notices.begin(), shared.budget.notices.end());
    if (auto leaves = request.exact ? std::nullopt : leaving_notice(facts, here, request))
        plan->notices.push_back(std::move(*leaves));
    plan->notices.insert(plan->notices.end(), shared.go.notices.begin(), shared.go.notices.end());
    return plan;
}

} // namespace

Result<LaunchPlan> make_plan(const Facts &facts, const Request &original)
{
    auto execute = plan_execute(facts, original);
    if (!execute)
        return pass(execute);
    if (original.tool != Tool::none && original.call.kind == CallKind::pass_through)
        return bare_plan(std::move(*execute), "no debuggee: nothing to limit");
    if (inside_session(facts.cgroup.self, original.session))
        return bare_plan(std::move(*execute), "already inside session " + original.session);

    auto wishes = read_properties(original);
    if (!wishes)
        return pass(wishes);
    std::optional<Request> absorbed;
    if (!wishes->scope.empty()) {
        absorbed = original;
        absorb_properties(facts.memory.total_bytes.value_or(0), absorbed->settings, *wishes);
    }
    const Request &request = absorbed ? *absorbed : original;
    const BackendChoice choice = choose_backend(facts, request.settings);
    auto plan = plan_at_place(facts, request, *wishes, *execute, choice, choice.usable.front());
    if (!plan)
        return plan;
    for (Notice &notice : listen_notices(facts, request.call))
        plan->notices.push_back(std::move(notice));
    // The plans of the other backends, as far as they give what --require names. None left: the launch fails with the
    // best one.
    for (std::size_t i = 1; i < choice.usable.size() && plan->on_scope_failure == OnFailure::fall_back; ++i) {
        auto next = plan_at_place(facts, request, *wishes, *execute, choice, choice.usable[i]);
        if (next)
            plan->fallback.push_back(std::move(*next));
        else if (next.error().kind != ErrorKind::unsupported)
            return next;
    }
    if (plan->fallback.empty() && choice.usable.size() > 1)
        plan->on_scope_failure = OnFailure::fail;
    return plan;
}

} // namespace dbgscope
