// SPDX-License-Identifier: Apache-2.0
#include "plan/reactions.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using List = std::vector<std::string>;

struct Case {
    Settings settings;
    WatchPlan plan;
    Case() { plan.watch.emplace(); }
    Case &set(Key key, Value value)
    {
        settings.set(key, {std::move(value), {Layer::user, "config.yaml:1:1"}});
        return *this;
    }
    std::string notice(const std::string &no_weight = "")
    {
        plan_reactions(settings, no_weight, plan);
        return plan.notices.empty() ? "" : plan.notices.front().text;
    }
};

TEST(PlanReactions, WithoutThemEverythingIsAsItWas)
{
    Case none;
    EXPECT_EQ(pressure_word(none.settings), "say");
    EXPECT_EQ(fuse_word(none.settings), "hold");
    EXPECT_EQ(none.notice(), "");
    EXPECT_TRUE(none.plan.watch->on.pressure.empty());
    EXPECT_EQ(none.plan.watch->on.deadline_ms, 10'000);
    EXPECT_EQ(none.plan.watch->drift_permyriad, 1500);
}

TEST(PlanReactions, AnActionAddsAndNeverTakesAway)
{
    struct Row {
        const char *own;
        List actions;
        const char *word;
    };
    const Row pressure[] = {{"say", {"weight"}, "weight"},
                            {"weight", {"say"}, "weight"},
                            {"off", {"hold", "say"}, "hold"},
                            {"off", {"stop"}, "say"},
                            {"off", {}, "off"}};
    for (const Row &row : pressure)
        EXPECT_EQ(
            pressure_word(
                Case().set(Key::pressure_watch, std::string(row.own)).set(Key::on_pressure, row.actions).settings),
            row.word);
    const Row growth[] = {{"off", {"say"}, "warn"},
                          {"warn", {"snapshot", "hold"}, "hold"},
                          {"hold", {"say"}, "hold"},
                          {"off", {"stop"}, "off"}};
    for (const Row &row : growth)
        EXPECT_EQ(
            fuse_word(Case().set(Key::fuse_action, std::string(row.own)).set(Key::on_growth, row.actions).settings),
            row.word);
}

TEST(PlanReactions, WhatCannotHappenIsSaid)
{
    EXPECT_EQ(Case().set(Key::on_growth, List{"stop"}).notice(),
              "on.growth from config.yaml:1:1 has no effect: the debuggee has no line below a cap");
    EXPECT_EQ(Case().set(Key::on_held, List{"stop"}).notice(),
              "on.held from config.yaml:1:1 has no effect: nothing is held");
    EXPECT_EQ(Case().set(Key::on_pressure, List{"stop"}).notice(),
              "on.pressure from config.yaml:1:1 has no effect: the session's memory pressure is not known here");
    EXPECT_EQ(Case().set(Key::on_killed, List{"stop"}).notice(), "");
}

TEST(PlanReactions, LessOfTheCpuNeedsItsController)
{
    Case grows;
    grows.plan.watch->fuse = FuseAction::warn;
    grows.set(Key::on_growth, List{"say", "weight"});
    EXPECT_EQ(grows.notice(), "");
    EXPECT_TRUE(lowers_weight(*grows.plan.watch));
    EXPECT_EQ(grows.notice("it needs cgroup v2"),
              "weight of on.growth from config.yaml:1:1 has no effect: it needs cgroup v2");
    EXPECT_EQ(grows.plan.watch->on.growth, List{"say"});
    EXPECT_FALSE(lowers_weight(*grows.plan.watch));
}

TEST(PlanReactions, NoCommandStaysForEver)
{
    Case endless;
    endless.set(Key::on_deadline, std::chrono::microseconds::max()).notice();
    EXPECT_EQ(endless.plan.watch->on.deadline_ms, 24LL * 3600 * 1000);
}

} // namespace
} // namespace dbgscope
