// SPDX-License-Identifier: Apache-2.0
#include "watch/soft_fuse.hpp"

#include <gtest/gtest.h>

#include "dbgscope/session.hpp"

namespace dbgscope {
namespace {

using State = SoftFuse::State;
using std::chrono::milliseconds;

constexpr Limit kCap(100 * kMiB);

/// What a debuggee under a cap of 100M does, a second apart.
SoftSample at(int second, std::uint64_t own_mib, bool stopped = false)
{
    return {.now = std::chrono::seconds(second),
            .own_bytes = own_mib * kMiB,
            .cap = kCap,
            .any = true,
            .traced = true,
            .stopped = stopped};
}

TEST(SoftFuse, StopsAtTheLineAndSaysSoOnce)
{
    SoftFuse fuse(FuseAction::hold, SoftStop::trap);
    EXPECT_FALSE(fuse.step(at(0, 80)).stop);
    EXPECT_EQ(fuse.room(at(0, 80)), 12 * kMiB); // to the line at 92M
    const SoftOrders orders = fuse.step(at(1, 93));
    EXPECT_TRUE(orders.stop && orders.say_held);
    EXPECT_EQ(fuse.state(), State::asked);
    EXPECT_EQ(fuse.look_in(std::chrono::seconds(1)), milliseconds(50));
    const SoftOrders shown = fuse.step(at(2, 93, true));
    EXPECT_FALSE(shown.stop || shown.say_held);
    EXPECT_EQ(fuse.state(), State::stopped);
    EXPECT_EQ(fuse.look_in(std::chrono::seconds(9)), std::nullopt); // it uses no processor time now
    EXPECT_EQ(fuse.trips(), 1U);
}

TEST(SoftFuse, RunsOnAtAPersonsWordAndStopsAgainAStepLater)
{
    SoftFuse fuse(FuseAction::hold, SoftStop::trap);
    (void)fuse.step(at(0, 93));
    (void)fuse.step(at(1, 93, true));
    EXPECT_FALSE(fuse.step(at(2, 95)).stop);
    EXPECT_EQ(fuse.state(), State::on);
    EXPECT_FALSE(fuse.step(at(3, 101)).stop); // half of the 7M left is less than a step
    EXPECT_TRUE(fuse.step(at(4, 102)).stop);
    EXPECT_EQ(fuse.trips(), 2U);
}

TEST(SoftFuse, HalfOfWhatIsLeftIsItsNextStep)
{
    SoftFuse fuse(FuseAction::hold, SoftStop::trap);
    const auto large = [](int second, std::uint64_t own_mib, bool stopped) {
        SoftSample sample = at(second, own_mib, stopped);
        sample.cap = Limit(1000 * kMiB);
        return sample;
    };
    (void)fuse.step(large(0, 960, false));
    (void)fuse.step(large(1, 960, true));
    EXPECT_FALSE(fuse.step(large(2, 960, false)).stop);
    EXPECT_EQ(fuse.room(large(2, 960, false)), 20 * kMiB);
    EXPECT_EQ(fuse.room(large(2, 970, false)), 10 * kMiB);
}

TEST(SoftFuse, AsksTwiceAndNoMoreWhereNothingStops)
{
    SoftFuse fuse(FuseAction::hold, SoftStop::trap);
    EXPECT_TRUE(fuse.step(at(0, 93)).stop);
    EXPECT_FALSE(fuse.step(at(1, 93)).stop);
    EXPECT_TRUE(fuse.step(at(2, 93)).stop);
    EXPECT_FALSE(fuse.step(at(4, 93)).stop);
    EXPECT_EQ(fuse.state(), State::on);
    EXPECT_EQ(fuse.look_in(std::chrono::seconds(9)), std::nullopt);
}

TEST(SoftFuse, IsReleasedByMoreByLessAndByAnEnd)
{
    const auto released = [](const SoftSample &sample) {
        SoftFuse fuse(FuseAction::hold, SoftStop::allocation);
        (void)fuse.step(at(0, 93));
        const SoftOrders orders = fuse.step(sample);
        EXPECT_EQ(orders.let_allocate, orders.say_released != Release::none);
        return orders.say_released;
    };
    SoftSample more = at(1, 93);
    more.cap = Limit(200 * kMiB);
    EXPECT_EQ(released(more), Release::raised);
    EXPECT_EQ(released(at(1, 80)), Release::shrunk);
    EXPECT_EQ(released(at(1, 90)), Release::none);
    SoftSample end = at(1, 0);
    end.any = false;
    EXPECT_EQ(released(end), Release::ended);
}

TEST(SoftFuse, AnAllocationWaitsUntilSomebodyHasStoppedTheProgram)
{
    SoftFuse fuse(FuseAction::hold, SoftStop::allocation);
    SoftSample asks = at(0, 40);
    asks.asked_bytes = 30 * kMiB;
    EXPECT_TRUE(fuse.step(asks).let_allocate);
    asks.asked_bytes = 64 * kMiB; // in one piece past the cap
    const SoftOrders orders = fuse.step(asks);
    EXPECT_TRUE(orders.say_held && !orders.let_allocate);
    asks.now = std::chrono::seconds(60); // however long that takes
    EXPECT_FALSE(fuse.step(asks).let_allocate);
    asks.stopped = true;
    EXPECT_TRUE(fuse.step(asks).let_allocate);
    asks.stopped = false;
    const SoftOrders again = fuse.step(asks); // the call starts again, and a person wanted it to
    EXPECT_TRUE(again.let_allocate && !again.say_held);
}

TEST(SoftFuse, TheContainersLimitCounts)
{
    SoftFuse fuse(FuseAction::hold, SoftStop::interrupt);
    SoftSample sample = at(0, 10);
    sample.around_limit = Limit(200 * kMiB);
    sample.around_bytes = 180 * kMiB;
    EXPECT_FALSE(fuse.step(sample).stop);
    EXPECT_EQ(fuse.room(sample), 10 * kMiB);
    sample.around_bytes = 190 * kMiB;
    EXPECT_TRUE(fuse.step(sample).stop);
}

TEST(SoftFuse, AWarningStopsNothingAndComesOnce)
{
    SoftFuse fuse(FuseAction::warn, SoftStop::none);
    const SoftOrders orders = fuse.step(at(0, 93));
    EXPECT_TRUE(orders.say_held && !orders.stop && orders.let_allocate);
    EXPECT_FALSE(fuse.step(at(1, 150)).say_held);
    fuse.new_debuggee();
    EXPECT_TRUE(fuse.step(at(2, 93)).say_held);
}

} // namespace
} // namespace dbgscope
