// SPDX-License-Identifier: Apache-2.0
#include "plan/watch.hpp"

#include <gtest/gtest.h>

#include "dbgscope/session.hpp"
#include "debugger/go_environment.hpp"
#include "plan/plan.hpp"
#include "profile/load.hpp"

namespace dbgscope {
namespace {

/// A user's machine with cgroup v2, systemd and everything a watcher can use.
Facts machine()
{
    Facts facts;
    facts.cgroup.layout = Layout::v2;
    facts.cgroup.memory.version = 2;
    facts.cgroup.memory.mount = facts.cgroup.unified_mount = "/sys/fs/cgroup";
    facts.cgroup.memory.chain.emplace_back();
    facts.memory.total_bytes = 16 * kGiB;
    facts.memory.available_bytes = 8 * kGiB;
    facts.systemd.booted = true;
    facts.systemd.system.socket = std::string("/run/systemd/private");
    facts.systemd.user.socket = std::string("/run/user/1000/systemd/private");
    facts.systemd.user.controllers = std::vector<std::string>{"cpu", "memory", "pids"};
    facts.host.uid = 1000;
    facts.host.seccomp_notify = facts.host.pidfd = facts.host.cgroup_kill = true;
    facts.tools = {{.name = "dlv", .path = std::string("/usr/bin/dlv")}};
    return facts;
}

Request debugger(Tool tool = Tool::dlv)
{
    Request request;
    request.tool = tool;
    request.call.tool = tool;
    LayerSources sources;
    sources.builtin_profile = "dlv";
    request.settings = load_settings(sources)->settings;
    request.arguments = {"exec", "./prog"};
    if (tool == Tool::none) {
        request.arguments = {"true"};
        request.settings.clear(Key::name_prefix);
    }
    return request;
}

Request with(Request request, Key key, Value value, Layer layer = Layer::option)
{
    request.settings.set(key, {std::move(value), {layer, "--here"}});
    return request;
}

Value bytes(std::uint64_t size)
{
    return SizeSpec{SizeSpec::Kind::bytes, size};
}

const Watch *watch_of(const LaunchPlan &plan)
{
    const auto *start = plan.steps.empty() ? nullptr : std::get_if<StartWatcher>(&plan.steps.front().action);
    return start == nullptr ? nullptr : &start->watch;
}

template <class T> std::ptrdiff_t position(const LaunchPlan &plan)
{
    for (std::size_t i = 0; i < plan.steps.size(); ++i)
        if (std::holds_alternative<T>(plan.steps[i].action))
            return static_cast<std::ptrdiff_t>(i);
    return -1;
}

std::string left_out(const LaunchPlan &plan, std::string_view id)
{
    for (const Notice &notice : plan.left_out)
        if (notice.id == id)
            return notice.text;
    return {};
}

TEST(PlanWatch, TheFuseLineLiesBetweenGomemlimitAndCap)
{
    for (std::uint64_t cap = 64 * kMiB; cap <= 64 * kGiB; cap += cap < kGiB ? 4096 * 37 : 977 * kMiB + 4096) {
        const std::uint64_t line = fuse_line_for(Limit(cap)).bytes();
        ASSERT_LT(*gomemlimit_for(Limit(cap), false), line) << cap;
        ASSERT_LT(line, cap);
    }
}

TEST(PlanWatch, EveryLimitOfAPlanKeepsThatOrder)
{
    for (const std::uint64_t mib : {8, 63, 64, 65, 100, 256, 1000, 100000}) {
        const auto plan = make_plan(machine(), with(debugger(), Key::memory_max, bytes(mib * kMiB)));
        ASSERT_TRUE(plan);
        const Watch *watch = watch_of(*plan);
        ASSERT_NE(watch, nullptr);
        EXPECT_TRUE(watch->split);
        EXPECT_EQ(watch->fuse, mib >= 64 ? FuseAction::hold : FuseAction::look);
        EXPECT_LT(watch->fuse_line, watch->cap);
        EXPECT_EQ(watch->cap, Limit(mib * kMiB));
        EXPECT_GT(watch->scope_limit, watch->cap);
    }
}

TEST(PlanWatch, TheWatcherStartsFirstAndTheFilterComesBeforeTheCredentials)
{
    Request request = with(with(debugger(), Key::uid, std::string("nobody")), Key::nice, std::int64_t{5});
    Facts facts = machine();
    facts.host.uid = 0;
    facts.host.cap_sys_resource = facts.host.cap_sys_admin = true;
    const auto plan = make_plan(facts, request);
    ASSERT_TRUE(plan);
    EXPECT_EQ(position<StartWatcher>(*plan), 0);
    EXPECT_LT(position<VerifyLimit>(*plan), position<InstallFilter>(*plan));
    EXPECT_LT(position<SetNice>(*plan), position<InstallFilter>(*plan));
    EXPECT_LT(position<InstallFilter>(*plan), position<SetOomScore>(*plan));
    EXPECT_LT(position<SetOomScore>(*plan), position<SetCredentials>(*plan));
    const auto &score =
        std::get<SetOomScore>(plan->steps[static_cast<std::size_t>(position<SetOomScore>(*plan))].action);
    EXPECT_EQ(score.value, -900);
    EXPECT_TRUE(score.only_with_split);
}

TEST(PlanWatch, ADebuggeesScoreIsItsShareOfTheMachine)
{
    Facts facts = machine();
    facts.memory.total_bytes = 16 * kGiB;
    facts.memory.available_bytes = 16 * kGiB;
    const auto score = [&facts](const Request &request) {
        return watch_of(*make_plan(facts, request))->debuggee_oom_score_adj;
    };
    const auto capped = [](std::uint64_t mib) {
        return with(debugger(), Key::memory_max, SizeSpec{SizeSpec::Kind::bytes, mib * kMiB});
    };
    EXPECT_EQ(score(capped(1024)), 62);
    EXPECT_EQ(score(capped(10240)), 500); // no more than the setting
    EXPECT_EQ(score(capped(10)), 1);      // and before the debugger, which could not be lowered
    facts.host.oom_score_adj = 200;
    EXPECT_EQ(score(capped(1024)), 201);
    EXPECT_EQ(score(with(capped(1024), Key::debuggee_oom_score_adjust, std::int64_t{700})), 700);
    facts.host.oom_score_adj = 1000;
    EXPECT_EQ(score(capped(1024)), 1000);
    facts.host.oom_score_adj = 0;
    EXPECT_EQ(score(with(debugger(), Key::memory_max, SizeSpec{SizeSpec::Kind::infinity, 0})), 500);
}

TEST(PlanWatch, ADebuggersScoreIsLoweredOnlyWhereThatIsAllowed)
{
    Facts facts = machine();
    facts.host.oom_score_adj = 100;
    const auto plan = make_plan(facts, debugger());
    ASSERT_TRUE(plan);
    EXPECT_EQ(position<SetOomScore>(*plan), -1);
    EXPECT_EQ(left_out(*plan, "oom-score"),
              "oom_score_adj -900 of the debugger: lowering it from 100 needs CAP_SYS_RESOURCE");
    EXPECT_TRUE(plan->notices.empty());
    EXPECT_EQ(watch_of(*plan)->debuggee_oom_score_adj, 299); // of a cap of 4915M
    // Without split the debuggee would inherit it, and the machine would lose its editor instead.
    facts.host.cap_sys_resource = true;
    facts.host.seccomp_notify = {Why::absent, "old"};
    EXPECT_EQ(position<SetOomScore>(*make_plan(facts, debugger())), -1);
}

/// "Delegate=no", "DelegateControllers=memory cpu": what a scope is given of that, in its order.
std::vector<std::string> delegated(const Facts &facts, const Request &request)
{
    std::vector<std::string> out;
    const auto plan = make_plan(facts, request);
    for (const Step &step : plan->steps)
        if (const auto *scope = std::get_if<CreateScope>(&step.action))
            for (const ScopeProperty &property : scope->properties) {
                if (const bool *whether = std::get_if<bool>(&property.value); whether && property.name == "Delegate")
                    out.emplace_back(*whether ? "Delegate=yes" : "Delegate=no");
                if (property.name != "DelegateControllers")
                    continue;
                std::string words;
                for (const std::string &word : std::get<std::vector<std::string>>(property.value))
                    words += (words.empty() ? "" : " ") + word;
                out.push_back(property.name + '=' + words);
            }
    return out;
}

TEST(PlanWatch, WhatIsHandedOnIsDelegatedAndNothingElse)
{
    using Words = std::vector<std::string>;
    const Facts facts = machine();
    EXPECT_EQ(delegated(facts, debugger()), Words{"DelegateControllers=memory cpu"});
    EXPECT_EQ(delegated(facts, with(debugger(), Key::split, std::string("off"))), Words{"DelegateControllers="});
    Facts v1 = facts;
    v1.cgroup.memory.version = 1;
    v1.host.uid = 0;
    EXPECT_EQ(delegated(v1, debugger()), Words{"DelegateControllers=memory"});
    const auto wish = [](const char *text) {
        return with(debugger(), Key::property, std::vector<std::string>{std::string("Delegate=") + text});
    };
    EXPECT_EQ(delegated(facts, wish("no")), Words{"Delegate=no"});
    EXPECT_EQ(delegated(facts, wish("yes")), Words{"Delegate=yes"});
    EXPECT_EQ(delegated(facts, wish("io")), (Words{"DelegateControllers=memory cpu", "DelegateControllers=io"}))
        << "a manager adds them up";
}

struct Obstacle {
    const char *name;
    void (*change)(Facts &facts, Request &request);
    const char *reason;
};

TEST(PlanWatch, WithoutSplitThePlanSaysWhy)
{
    const Obstacle obstacles[] = {
        {"off", [](Facts &, Request &r) { r = with(r, Key::split, std::string("off")); }, "off by --here"},
        {"kernel", [](Facts &f, Request &) { f.host.seccomp_notify = {Why::absent, "kernel 5.4 is old"}; },
         "kernel 5.4 is old"},
        {"old dump", [](Facts &f, Request &) { f.host.seccomp_notify = {}; }, "seccomp notification: not looked at"},
        {"setuid", [](Facts &f, Request &) { f.tools.front().gains_privilege = true; },
         "/usr/bin/dlv is setuid, setgid or has file capabilities, which no_new_privs would take away"},
        {"property", [](Facts &, Request &r) { r = with(r, Key::property, std::vector<std::string>{"Delegate=no"}); },
         "-p Delegate=no keeps the cgroup systemd's own"},
        {"system manager", [](Facts &, Request &r) { r = with(r, Key::backend, std::string("systemd-system")); },
         "the cgroup of a scope of the system manager belongs to root"},
        {"v1 user manager",
         [](Facts &f, Request &r) {
             f.cgroup.memory.version = 1;
             r = with(r, Key::backend, std::string("systemd-user"));
         },
         "systemd-user enforces no memory limit here"}};
    for (const Obstacle &obstacle : obstacles) {
        Facts facts = machine();
        Request request = debugger();
        obstacle.change(facts, request);
        const auto plan = make_plan(facts, request);
        ASSERT_TRUE(plan) << obstacle.name;
        ASSERT_NE(watch_of(*plan), nullptr) << obstacle.name;
        EXPECT_FALSE(watch_of(*plan)->split) << obstacle.name;
        EXPECT_EQ(watch_of(*plan)->fuse, FuseAction::off) << obstacle.name;
        EXPECT_EQ(position<InstallFilter>(*plan), -1) << obstacle.name;
        EXPECT_NE(left_out(*plan, "split").find(obstacle.reason), std::string::npos)
            << obstacle.name << ": " << left_out(*plan, "split");
        for (const char *what : {"split", "fuse"}) {
            const auto refused = make_plan(facts, with(request, Key::require, std::vector<std::string>{what}));
            ASSERT_FALSE(refused) << obstacle.name;
            EXPECT_EQ(refused.error().kind, ErrorKind::unsupported) << to_line(refused.error());
            EXPECT_NE(to_line(refused.error()).find(obstacle.reason), std::string::npos) << to_line(refused.error());
        }
    }
}

TEST(PlanWatch, WhatIsRequiredIsRequiredOfTheFallbacksToo)
{
    const auto required = [](const char *what) {
        return with(debugger(), Key::require, std::vector<std::string>{what}, Layer::user);
    };
    const auto plan = make_plan(machine(), required("split"));
    ASSERT_TRUE(plan) << to_line(plan.error());
    EXPECT_TRUE(plan->fallback.empty()); // `none` has no split
    EXPECT_EQ(plan->on_scope_failure, OnFailure::fail);
    EXPECT_TRUE(watch_of(*plan)->split_required);
    EXPECT_FALSE(make_plan(machine(), debugger())->fallback.empty());
    // A file means the commands that have a debuggee; the command line means this one.
    EXPECT_TRUE(
        make_plan(machine(), with(debugger(Tool::none), Key::require, std::vector<std::string>{"split"}, Layer::user)));
    EXPECT_FALSE(make_plan(machine(), with(debugger(Tool::none), Key::require, std::vector<std::string>{"split"})));
}

TEST(PlanWatch, AttachedProcessesAreLeftAlone)
{
    Request request = with(debugger(), Key::memory_max, bytes(kGiB), Layer::user);
    request.call.kind = CallKind::attach;
    const auto plan = make_plan(machine(), request);
    ASSERT_TRUE(plan);
    const Watch *watch = watch_of(*plan);
    ASSERT_NE(watch, nullptr);
    EXPECT_FALSE(watch->split || watch->cap.finite() || watch->fuse_line.finite());
    EXPECT_EQ(position<InstallFilter>(*plan), -1);
    EXPECT_EQ(position<SetOomScore>(*plan), -1);
    EXPECT_TRUE(plan->left_out.empty() && plan->notices.empty());
}

TEST(PlanWatch, ACommandIsWatchedOnlyWhenAsked)
{
    EXPECT_EQ(watch_of(*make_plan(machine(), debugger(Tool::none))), nullptr);
    EXPECT_TRUE(make_plan(machine(), debugger(Tool::none))->left_out.empty());
    for (const Key key : {Key::watch, Key::wait}) {
        const auto plan = make_plan(machine(), with(debugger(Tool::none), key, true));
        ASSERT_TRUE(plan);
        ASSERT_NE(watch_of(*plan), nullptr);
        EXPECT_FALSE(watch_of(*plan)->split);
        EXPECT_EQ(watch_of(*plan)->wait, key == Key::wait);
        EXPECT_EQ(watch_of(*plan)->tool, "run");
        EXPECT_TRUE(plan->left_out.empty());
    }
}

TEST(PlanWatch, WaitAndNoWatchContradictEachOther)
{
    const auto both = make_plan(machine(), with(with(debugger(), Key::wait, true), Key::watch, false));
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().kind, ErrorKind::usage);
    // The nearer layer wins: a file that wants no watcher does not forbid --wait.
    const auto nearer = make_plan(machine(), with(with(debugger(), Key::wait, true), Key::watch, false, Layer::user));
    ASSERT_TRUE(nearer);
    EXPECT_TRUE(watch_of(*nearer)->wait);
}

TEST(PlanWatch, NobodyHoldsAProgramThatNobodyLooksAt)
{
    Facts facts = machine();
    const Request waiting = with(debugger(), Key::wait, true);
    EXPECT_EQ(watch_of(*make_plan(facts, waiting))->fuse, FuseAction::look);
    EXPECT_EQ(watch_of(*make_plan(facts, with(waiting, Key::fuse_action, std::string("hold"))))->fuse,
              FuseAction::hold);
    EXPECT_EQ(watch_of(*make_plan(facts, with(waiting, Key::require, std::vector<std::string>{"fuse"})))->fuse,
              FuseAction::hold);
    facts.host.terminal = true;
    EXPECT_EQ(watch_of(*make_plan(facts, waiting))->fuse, FuseAction::hold);
}

TEST(PlanWatch, PressureIsWatchedWhereTheKernelTellsIt)
{
    Facts facts = machine();
    EXPECT_EQ(watch_of(*make_plan(facts, debugger()))->pressure, PressureAction::say);
    EXPECT_EQ(watch_of(*make_plan(facts, debugger()))->pressure_some_permyriad, 4000);
    const Request weight = with(debugger(), Key::pressure_watch, std::string("weight"));
    const auto weighed = make_plan(facts, weight);
    EXPECT_EQ(watch_of(*weighed)->pressure, PressureAction::weight);
    const auto &scope =
        std::get<CreateScope>(weighed->steps[static_cast<std::size_t>(position<CreateScope>(*weighed))].action);
    EXPECT_EQ(scope.division->enable, (std::vector<std::string>{"memory", "cpu"}));

    facts.systemd.user.controllers = std::vector<std::string>{"memory", "pids"};
    const auto said = make_plan(facts, weight);
    EXPECT_EQ(watch_of(*said)->pressure, PressureAction::say);
    ASSERT_EQ(said->notices.size(), 1u);
    EXPECT_EQ(said->notices[0].text,
              "--here weight only says it when memory is short: the cpu controller is not available");

    facts.memory.pressure = {Why::absent, "psi=0"};
    const auto blind = make_plan(facts, debugger());
    EXPECT_EQ(watch_of(*blind)->pressure, PressureAction::off);
    EXPECT_EQ(watch_of(*blind)->pressure_some_permyriad, 0);
    EXPECT_EQ(left_out(*blind, "pressure-watch"), "the watch on the session's memory pressure: psi=0");
    EXPECT_TRUE(blind->notices.empty());
}

TEST(PlanWatch, VersionOneLimitsTheDebuggeeBeforeItsSwap)
{
    Facts facts = machine();
    facts.systemd = {};
    facts.cgroup.memory.version = 1;
    facts.cgroup.layout = Layout::v1;
    facts.cgroup.delegation.can_create = true;
    const auto plan = make_plan(
        facts, with(with(debugger(), Key::memory_max, bytes(512 * kMiB)), Key::debugger_memory_max, bytes(256 * kMiB)));
    ASSERT_TRUE(plan);
    const auto &cgroup =
        std::get<CreateCgroup>(plan->steps[static_cast<std::size_t>(position<CreateCgroup>(*plan))].action);
    ASSERT_TRUE(cgroup.division);
    EXPECT_TRUE(cgroup.division->enable.empty());
    ASSERT_EQ(cgroup.division->debuggee.size(), 2u);
    EXPECT_EQ(cgroup.division->debuggee[0].file, "memory.limit_in_bytes");
    EXPECT_EQ(cgroup.division->debuggee[0].value, "536870912");
    EXPECT_EQ(cgroup.division->debuggee[1].file, "memory.memsw.limit_in_bytes");
    EXPECT_TRUE(cgroup.division->debuggee[1].optional);
    EXPECT_EQ(cgroup.division->debugger.front().value, "268435456");
}

TEST(PlanWatch, AssumptionsReachTheWatcher)
{
    Facts facts = machine();
    facts.host.pidfd = {Why::assumed, "--assume no-pidfd"};
    facts.host.cgroup_kill = {Why::absent, "old"};
    const auto plan = make_plan(facts, debugger());
    EXPECT_FALSE(watch_of(*plan)->use_pidfd || watch_of(*plan)->use_cgroup_kill);
    facts.host.pidfd = facts.host.cgroup_kill = {};
    const auto unknown = make_plan(facts, debugger());
    EXPECT_TRUE(watch_of(*unknown)->use_pidfd && watch_of(*unknown)->use_cgroup_kill);
}

TEST(PlanWatch, TheDesktopIsToldUnlessNothingIs)
{
    const auto notify = [](Request request) { return watch_of(*make_plan(machine(), std::move(request)))->notify; };
    const auto word = [](const char *text) { return with(debugger(), Key::notify, std::string(text)); };
    EXPECT_EQ(notify(debugger()), DesktopNotice::automatic);
    EXPECT_EQ(notify(word("auto")), DesktopNotice::automatic);
    EXPECT_EQ(notify(word("on")), DesktopNotice::on);
    EXPECT_EQ(notify(word("off")), DesktopNotice::off);
    EXPECT_EQ(notify(with(word("on"), Key::quiet, true)), DesktopNotice::off);
}

} // namespace
} // namespace dbgscope
