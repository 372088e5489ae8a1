// SPDX-License-Identifier: Apache-2.0
#include "plan/place.hpp"

#include <gtest/gtest.h>

#include "plan/plan.hpp"
#include "profile/load.hpp"

namespace dbgscope {
namespace {

MemoryHierarchy chain(std::vector<std::pair<const char *, Limit>> levels)
{
    MemoryHierarchy memory;
    memory.version = 2;
    memory.mount = "/sys/fs/cgroup";
    for (const auto &[path, max] : levels) {
        CgroupLevel level;
        level.path = path;
        level.max = max;
        memory.chain.push_back(level);
        if (max < memory.effective) {
            memory.effective = max;
            memory.binding = memory.chain.size() - 1;
            memory.headroom = max.bytes();
        }
    }
    return memory;
}

/// Root on a machine with systemd, from a shell without a limit of its own.
Facts machine()
{
    Facts facts;
    facts.cgroup.layout = Layout::v2;
    facts.cgroup.memory = chain({{"/", Limit()}, {"/user.slice", Limit()}});
    facts.cgroup.unified_mount = "/sys/fs/cgroup";
    facts.cgroup.system_place = chain({{"/", Limit()}, {"/lim.slice", Limit(200 * kMiB)}});
    facts.memory.total_bytes = 16 * kGiB;
    facts.memory.available_bytes = 8 * kGiB;
    facts.systemd.booted = true;
    facts.systemd.system.socket = std::string("/run/systemd/private");
    facts.host.seccomp_notify = facts.host.pidfd = facts.host.cgroup_kill = true;
    facts.tools = {{.name = "dlv", .path = std::string("/usr/bin/dlv")}};
    return facts;
}

Request request(Tool tool, std::optional<std::uint64_t> cap = {})
{
    Request request;
    request.tool = request.call.tool = tool;
    LayerSources sources;
    sources.builtin_profile = tool == Tool::none ? "default" : "dlv";
    request.settings = load_settings(sources)->settings;
    request.arguments = {tool == Tool::none ? "true" : "exec"};
    if (cap)
        request.settings.set(Key::memory_max, {SizeSpec{SizeSpec::Kind::bytes, *cap}, {Layer::option, "--memory-max"}});
    return request;
}

std::string notice(const LaunchPlan &plan, std::string_view id)
{
    for (const Notice &notice : plan.notices)
        if (notice.id == id)
            return notice.text;
    return {};
}

TEST(PlanPlace, ADebuggersCapIsBelowTheLimitOfItsSlice)
{
    const auto plan = make_plan(machine(), request(Tool::dlv, kGiB));
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->cap, Limit(136 * kMiB)); // 64M for dlv
    const auto *start = std::get_if<StartWatcher>(&plan->steps.front().action);
    ASSERT_NE(start, nullptr);
    EXPECT_LT(start->watch.fuse_line, Limit(136 * kMiB));
    EXPECT_EQ(start->watch.scope_limit, Limit(200 * kMiB));
    EXPECT_EQ(notice(*plan, "place-limit"), "the cap is 136M instead of 1G (--memory-max): /lim.slice is limited to "
                                            "200M, for the debugger too");
    EXPECT_NE(plan->announcement.find(", 200M in all, below the 200M of /lim.slice"), std::string::npos)
        << plan->announcement;
}

TEST(PlanPlace, TheDefaultCapIsToo)
{
    const auto plan = make_plan(machine(), request(Tool::dlv));
    ASSERT_TRUE(plan);
    ASSERT_TRUE(plan->cap);
    EXPECT_LE(*plan->cap, Limit(150 * kMiB));
    EXPECT_EQ(notice(*plan, "place-limit"), "") << "nobody has asked for more";
}

TEST(PlanPlace, ACapThatFitsStays)
{
    const auto plan = make_plan(machine(), request(Tool::dlv, 100 * kMiB));
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->cap, Limit(100 * kMiB));
    EXPECT_EQ(notice(*plan, "place-limit"), "");
    EXPECT_EQ(plan->announcement.find("below"), std::string::npos) << plan->announcement;
}

TEST(PlanPlace, RunSetsWhatWasAskedAndSaysWhatIsHitFirst)
{
    const auto plan = make_plan(machine(), request(Tool::none, kGiB));
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->cap, Limit(kGiB));
    EXPECT_EQ(notice(*plan, "ancestor-limit"), "/lim.slice is limited to 200M: that limit is hit before 1G");
}

TEST(PlanPlace, AsSystemdRunNothingIsSaidOfIt)
{
    Facts facts = machine();
    facts.cgroup.memory = chain({{"/", Limit()}, {"/old.slice", Limit(100 * kMiB)}});
    Request exact = request(Tool::none, kGiB);
    exact.exact = true;
    const auto plan = make_plan(facts, exact);
    ASSERT_TRUE(plan);
    EXPECT_EQ(notice(*plan, "ancestor-limit") + notice(*plan, "leaves-limit"), "");
}

TEST(PlanPlace, TheLimitOfThePlaceItLeavesIsNotItsOwn)
{
    Facts facts = machine();
    facts.cgroup.memory = chain({{"/", Limit()}, {"/lim.slice", Limit(200 * kMiB)}});
    facts.cgroup.system_place = chain({{"/", Limit()}, {"/system.slice", Limit()}});
    const auto plan = make_plan(facts, request(Tool::none, kGiB));
    ASSERT_TRUE(plan);
    EXPECT_EQ(notice(*plan, "ancestor-limit"), "");
    EXPECT_EQ(notice(*plan, "leaves-limit"), "the session leaves /lim.slice and its limit of 200M: it runs in "
                                             "/system.slice (--slice-inherit stays)");
    facts.cgroup.system_place =
        chain({{"/", Limit()}, {"/lim.slice", Limit(200 * kMiB)}, {"/lim.slice/lim-a.slice", Limit()}});
    EXPECT_EQ(notice(*make_plan(facts, request(Tool::none, kGiB)), "leaves-limit"), "");
    facts.cgroup.system_place.reset(); // not known: nothing is claimed
    EXPECT_EQ(notice(*make_plan(facts, request(Tool::none, kGiB)), "leaves-limit"), "");
}

} // namespace
} // namespace dbgscope
