// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "watch/fuse.hpp"

// When the room to the cap lasts for milliseconds.
namespace dbgscope {
namespace {

using Ms = std::chrono::milliseconds;
using State = FuseState;

/// A debuggee with a cap of 128 MiB and the line 8 MiB below.
FuseSample sample_at(unsigned ms, std::uint64_t used_mib)
{
    FuseSample sample{
        .now = Ms(ms), .current_bytes = used_mib * kMiB, .line = Limit(120 * kMiB), .cap = Limit(128 * kMiB)};
    sample.unreclaimable_bytes = used_mib * kMiB;
    sample.limit = sample.cap;
    return sample;
}

TEST(FuseInAHurry, FreezesManyThreadsSooner)
{
    const auto state_with = [](std::uint64_t threads) {
        Fuse fuse(2, FuseAction::hold);
        FuseSample sample = sample_at(0, 121);
        sample.threads = threads;
        (void)fuse.step(sample);
        return fuse.state();
    };
    EXPECT_EQ(state_with(24), State::throttled);
    EXPECT_EQ(state_with(32), State::frozen);
    EXPECT_EQ(state_with(10'000), State::frozen);
}

TEST(FuseInAHurry, KnowsDangerBeforeTheProcessesWereLookedAt)
{
    FuseSample sample = sample_at(0, 100);
    Fuse fuse(2, FuseAction::hold);
    EXPECT_FALSE(fuse.in_danger(sample));
    sample.unreclaimable_bytes = 121 * kMiB;
    EXPECT_TRUE(fuse.in_danger(sample)) << "the line is passed";
    EXPECT_FALSE(Fuse(1, FuseAction::hold).in_danger(sample)) << "the kernel holds by itself";
    EXPECT_FALSE(Fuse(2, FuseAction::warn).in_danger(sample));
    (void)fuse.step(sample);
    EXPECT_FALSE(fuse.in_danger(sample)) << "throttled, with most of the margin left";
    sample.unreclaimable_bytes = 126 * kMiB;
    EXPECT_TRUE(fuse.in_danger(sample));
    sample.now += Ms(10);
    (void)fuse.step(sample);
    EXPECT_FALSE(fuse.in_danger(sample)) << "frozen already";
}

TEST(FuseInAHurry, FreezesBeforeAFastLeakHasPassedTheMargin)
{
    const auto after = [](unsigned ms) {
        Fuse fuse(2, FuseAction::hold);
        (void)fuse.step(sample_at(0, 120));
        (void)fuse.step(sample_at(ms, 122));
        return fuse.state();
    };
    EXPECT_EQ(after(10), State::frozen); // 200 MiB/s: 6 MiB more by the next time
    EXPECT_EQ(after(100), State::throttled);
}

/// Debuggers stop each new thread before its start; each thaw for that costs what a person's stop will need.
TEST(FuseInAHurry, KeepsHalfOfTheMarginFromThreadsThatStart)
{
    Fuse fuse(2, FuseAction::hold);
    FuseSample sample = sample_at(0, 122);
    sample.threads = 64;
    (void)fuse.step(sample);
    sample = sample_at(20, 122);
    sample.threads = 64;
    sample.stop_pending = sample.starting = true;
    EXPECT_TRUE(fuse.step(sample).thaw) << "there is room enough";
    EXPECT_TRUE(fuse.in_danger(sample)) << "it is frozen again before the next look at 64 threads";
    sample = sample_at(30, 125);
    sample.threads = 64;
    EXPECT_TRUE(fuse.step(sample).freeze);
    sample = sample_at(50, 125);
    sample.threads = 64;
    sample.stop_pending = sample.starting = true;
    EXPECT_FALSE(fuse.step(sample).thaw);
    EXPECT_EQ(fuse.state(), State::frozen);
    sample.now += Ms(20);
    sample.starting = false;
    EXPECT_TRUE(fuse.step(sample).thaw) << "somebody asks for a stop";
}

} // namespace
} // namespace dbgscope
