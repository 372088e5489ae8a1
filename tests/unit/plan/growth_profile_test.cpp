// SPDX-License-Identifier: Apache-2.0
#include "plan/growth_profile.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

struct Case {
    Facts facts;
    Request request;
    WatchPlan plan;
    Case()
    {
        facts.host.uid = 1000;
        facts.host.perf_event_paranoid = 2;
        request.tool = Tool::gdb;
        plan.watch.emplace();
        plan.watch->split = true;
        plan.watch->cap = Limit(128 * kMiB);
    }
    std::uint64_t period()
    {
        plan_growth_profile(facts, request, plan);
        return plan.watch->growth_period;
    }
    Case &when(const char *word)
    {
        request.settings.set(Key::growth_profile, {std::string(word), {Layer::option, "--growth-profile"}});
        return *this;
    }
};

TEST(GrowthProfile, ThePeriodFitsTheCap)
{
    EXPECT_EQ(growth_period(Limit(64 * kMiB)), growth_period(Limit(128 * kMiB)));
    EXPECT_GT(growth_period(Limit(16 * kGiB)), growth_period(Limit(128 * kMiB)));
    EXPECT_EQ(growth_period(Limit()), 4096U);
}

TEST(GrowthProfile, AutoIsForWhatIsNotGoWithACapAndSplit)
{
    EXPECT_EQ(Case().period(), growth_period(Limit(128 * kMiB)));
    Case dlv, go, uncapped, together;
    dlv.request.tool = Tool::dlv;
    go.facts.debuggee =
        DebuggeeFacts{.path = "p", .size_bytes = {}, .is_go = true, .go_version = {}, .default_godebug = {}};
    uncapped.plan.watch->cap = Limit();
    together.plan.watch->split = false;
    for (Case *one : {&dlv, &go, &uncapped, &together}) {
        EXPECT_EQ(one->period(), 0U);
        EXPECT_TRUE(one->plan.left_out.empty());
    }
    EXPECT_EQ(Case().when("off").period(), 0U);
}

TEST(GrowthProfile, OnNeedsNoCapAndSaysWhyItHasNoEffect)
{
    Case uncapped = Case().when("on"), together = Case().when("on"), dlv = Case().when("on");
    uncapped.plan.watch->cap = Limit();
    EXPECT_EQ(uncapped.period(), 4096U);
    together.plan.watch->split = false;
    EXPECT_EQ(together.period(), 0U);
    ASSERT_EQ(together.plan.notices.size(), 1U);
    EXPECT_EQ(together.plan.notices[0].text, "--growth-profile has no effect: it needs split");
    dlv.request.tool = Tool::dlv;
    EXPECT_EQ(dlv.period(), 0U);
    ASSERT_EQ(dlv.plan.notices.size(), 1U);
    EXPECT_NE(dlv.plan.notices[0].text.find("heap profile names who holds"), std::string::npos);
}

TEST(GrowthProfile, RightsAreALadder)
{
    struct {
        int paranoid;
        bool root, works;
    } constexpr kRows[] = {{-1, false, true}, {2, false, true}, {3, false, false}, {4, true, true}};
    for (const auto &row : kRows) {
        Case one;
        one.facts.host.perf_event_paranoid = row.paranoid;
        one.facts.host.cap_sys_admin = row.root;
        EXPECT_EQ(one.period() != 0, row.works) << row.paranoid;
        EXPECT_EQ(one.plan.left_out.size(), row.works ? 0U : 1U);
    }
    Case unknown; // tried
    unknown.facts.host.perf_event_paranoid = {Why::absent, "x"};
    EXPECT_NE(unknown.period(), 0U);
}

} // namespace
} // namespace dbgscope
