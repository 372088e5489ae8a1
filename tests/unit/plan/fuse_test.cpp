// SPDX-License-Identifier: Apache-2.0
#include "plan/fuse.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

/// A debuggee under a cap of 100M with a heap profile; what is asked for comes with each test.
struct Case {
    Settings settings;
    WatchPlan plan;
    Case()
    {
        plan.watch.emplace();
        plan.watch->split = true;
        plan.watch->cap = Limit(100 * kMiB);
        plan.watch->heap_profile_rate = 128 * kKiB;
    }
    Case &set(Key key, const char *word)
    {
        settings.set(key, {std::string(word), {Layer::option, "--here"}});
        return *this;
    }
    const Watch &fused()
    {
        plan_fuse(settings, plan.watch->cap, *plan.watch);
        plan_look(settings, plan);
        return *plan.watch;
    }
    const Watch &unfused()
    {
        plan_look(settings, plan);
        return *plan.watch;
    }
};

TEST(PlanFuse, AHoldKeepsASnapshotUnlessItIsOff)
{
    EXPECT_EQ(Case().fused().fuse, FuseAction::hold);
    EXPECT_TRUE(Case().fused().snapshot);
    EXPECT_EQ(Case().fused().snapshot_directory, "");
    EXPECT_FALSE(Case().set(Key::snapshot, "off").fused().snapshot);
    EXPECT_EQ(Case().set(Key::snapshot, "here").fused().snapshot_directory, "here");
    EXPECT_EQ(Case().set(Key::fuse_action, "snapshot").fused().fuse, FuseAction::snapshot);
    EXPECT_EQ(Case().set(Key::fuse_action, "warn").fused().fuse, FuseAction::warn);
}

TEST(PlanFuse, WithoutAFuseTheHeapIsLookedAtOnTheWay)
{
    const Watch watch = Case().unfused();
    EXPECT_EQ(watch.fuse, FuseAction::look);
    EXPECT_EQ(watch.fuse_line, Limit(80 * kMiB));
    EXPECT_FALSE(watch.snapshot);
    EXPECT_TRUE(Case().set(Key::snapshot, "here").unfused().snapshot) << "somebody has named a place";
    Case blind;
    blind.plan.watch->heap_profile_rate = 0;
    EXPECT_EQ(blind.unfused().fuse, FuseAction::off);
    Case uncapped;
    uncapped.plan.watch->cap = Limit();
    EXPECT_EQ(uncapped.unfused().fuse, FuseAction::off);
}

TEST(PlanFuse, ASnapshotThatCannotBeIsSaid)
{
    Case blind;
    blind.plan.watch->heap_profile_rate = 0;
    EXPECT_FALSE(blind.set(Key::snapshot, "here").unfused().snapshot);
    ASSERT_EQ(blind.plan.notices.size(), 1U);
    EXPECT_EQ(blind.plan.notices.front().text, "--here has no effect: there is no fuse that could trip");
}

} // namespace
} // namespace dbgscope
