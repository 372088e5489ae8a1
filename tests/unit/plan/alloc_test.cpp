// SPDX-License-Identifier: Apache-2.0
#include "plan/alloc.hpp"

#include <gtest/gtest.h>

#include "dbgscope/time_span.hpp"

namespace dbgscope {
namespace {

struct Case {
    Facts facts;
    Request request;
    WatchPlan plan;
    bool with_bpf = true;
    Case()
    {
        facts.memory.total_bytes = kGiB;
        plan.watch.emplace();
        set(Key::alloc_large_mapping, SizeSpec{SizeSpec::Kind::permyriad, 2500});
    }
    void set(Key key, Value value)
    {
        request.settings.set(key, {std::move(value),
                                   {Layer::option, key == Key::alloc_large_mapping ? "--alloc-large-mapping" : "--x"}});
    }
    AllocThresholds planned()
    {
        plan_alloc(facts, request, plan, with_bpf);
        return plan.watch ? plan.watch->alloc : AllocThresholds{};
    }
};

TEST(Alloc, IsOffUnlessAskedFor)
{
    Case one;
    one.request.settings = {};
    EXPECT_FALSE(one.planned().any());
    EXPECT_TRUE(one.plan.notices.empty());
}

TEST(Alloc, TakesEachThreshold)
{
    Case one;
    one.set(Key::alloc_reclaim_stall, std::chrono::microseconds(200'000));
    one.set(Key::alloc_kernel_memory, SizeSpec{SizeSpec::Kind::bytes, 64 * kMiB});
    one.set(Key::alloc_oom_victims, true);
    EXPECT_EQ(one.planned(), (AllocThresholds{.large_mapping_bytes = kGiB / 4,
                                              .reclaim_stall_us = 200'000,
                                              .kernel_memory_bytes = 64 * kMiB,
                                              .oom_victims = true}));
}

TEST(Alloc, InfinityIsOff)
{
    Case one;
    one.set(Key::alloc_large_mapping, SizeSpec{SizeSpec::Kind::infinity, 0});
    one.set(Key::alloc_reclaim_stall, kForever);
    EXPECT_FALSE(one.planned().any());
}

TEST(Alloc, WithoutACgroupOrAWatcherItIsSaidOnce)
{
    Case alone, unwatched;
    alone.set(Key::alloc_oom_victims, true);
    alone.plan.watch->around.emplace();
    unwatched.plan.watch.reset();
    EXPECT_FALSE(alone.planned().any());
    EXPECT_FALSE(unwatched.planned().any());
    ASSERT_EQ(alone.plan.notices.size(), 1U);
    EXPECT_EQ(alone.plan.notices[0].text, "--alloc-large-mapping has no effect: the session has no cgroup of its own");
    ASSERT_EQ(unwatched.plan.notices.size(), 1U);
    EXPECT_EQ(unwatched.plan.notices[0].text, "--alloc-large-mapping has no effect: there is no watcher");
}

TEST(Alloc, BuiltWithoutBpfOnlyWhatIsReadIsLeft)
{
    Case both, read;
    both.with_bpf = read.with_bpf = false;
    both.set(Key::alloc_kernel_memory, SizeSpec{SizeSpec::Kind::bytes, 64 * kMiB});
    both.set(Key::alloc_oom_victims, true);
    EXPECT_EQ(both.planned(), (AllocThresholds{.kernel_memory_bytes = 64 * kMiB}));
    ASSERT_EQ(both.plan.notices.size(), 1U);
    EXPECT_EQ(both.plan.notices[0].text, "--alloc-large-mapping has no effect: this dbgscope was built without BPF");
    read.request.settings = {};
    read.set(Key::alloc_kernel_memory, SizeSpec{SizeSpec::Kind::bytes, 64 * kMiB});
    EXPECT_EQ(read.planned(), (AllocThresholds{.kernel_memory_bytes = 64 * kMiB}));
    EXPECT_TRUE(read.plan.notices.empty());
}

} // namespace
} // namespace dbgscope
