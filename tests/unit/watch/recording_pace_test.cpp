// SPDX-License-Identifier: Apache-2.0
#include "watch/recording_pace.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using Ms = RecordingPace::Ms;
using Seen = RecordingPace::Seen;
constexpr std::size_t kPoint = 110, kLongPoint = 160;

TEST(RecordingPace, MemoryThatStandsStillMakesOnePoint)
{
    RecordingPace pace;
    EXPECT_EQ(pace.looked(Ms(0), 100 * kMiB), Seen::worth_a_point);
    pace.point_written(100 * kMiB);
    EXPECT_EQ(pace.looked(Ms(1000), 100 * kMiB + kMiB / 2), Seen::same);
    EXPECT_EQ(pace.looked(Ms(2000), 101 * kMiB), Seen::worth_a_point) << "a part in 128";
    EXPECT_EQ(pace.looked(Ms(3000), 98 * kMiB), Seen::worth_a_point) << "less is a move too";
}

TEST(RecordingPace, LooksAreATenthOfASecondApart)
{
    RecordingPace pace;
    EXPECT_TRUE(pace.may_look(Ms(5)));
    (void)pace.looked(Ms(5), 1);
    EXPECT_FALSE(pace.may_look(Ms(104)));
    EXPECT_TRUE(pace.may_look(Ms(105)));
}

/// A program that uses `used` of each second and grows or shrinks all the time.
std::size_t bytes_in_an_hour(double used)
{
    RecordingPace pace;
    std::size_t bytes = 0;
    std::uint64_t memory = 100 * kMiB;
    for (Ms now{0}; now < Ms(3'600'000);) {
        if (pace.may_look(now) && pace.looked(now, memory = 300 * kMiB - memory) == Seen::worth_a_point) {
            pace.wrote(now, kPoint);
            pace.point_written(memory);
            bytes += kPoint;
        }
        const auto part = std::chrono::duration_cast<std::chrono::nanoseconds>(used * now);
        auto wait = Ms(std::max<std::int64_t>(
            static_cast<std::int64_t>(static_cast<double>(pace.arm(now, part).count()) / used), 1));
        if (const auto again = pace.again_in())
            wait = std::min(wait, *again);
        now += wait;
    }
    return bytes;
}

TEST(RecordingPace, ABusyHourIsAtMostAMebibyte)
{
    for (const double used : {0.001, 0.05, 1.0, 16.0}) {
        const std::size_t bytes = bytes_in_an_hour(used);
        EXPECT_LE(bytes, kMiB + 64 * kKiB) << used;
        EXPECT_GE(bytes, 90'000U) << used;
    }
}

/// The longest time, in an hour, between memory that has moved and a point that shows it. It moves all the time, but
/// for each second minute.
Ms oldest_in_an_hour(double used)
{
    RecordingPace pace;
    std::uint64_t memory = 100 * kMiB;
    Ms oldest{0}, shown{0}, timer{0}, wall{0};
    for (Ms now{0}; now < Ms(3'600'000); now += Ms(10)) {
        const bool moves = now.count() / 60'000 % 2 == 0;
        if (moves)
            memory += kMiB;
        else
            shown = now;
        oldest = std::max(oldest, now - shown);
        if (now < std::min(timer, wall) || !pace.may_look(now))
            continue;
        const Seen seen = pace.looked(now, memory);
        const auto part = std::chrono::duration_cast<std::chrono::nanoseconds>(used * now);
        timer = now + Ms(static_cast<std::int64_t>(static_cast<double>(pace.arm(now, part).count()) / used));
        wall = now + pace.again_in().value_or(Ms(3'600'000));
        if (seen == Seen::moved)
            continue;
        shown = now;
        if (seen == Seen::worth_a_point) {
            pace.wrote(now, kLongPoint);
            pace.point_written(memory);
        }
    }
    return oldest;
}

TEST(RecordingPace, WhatItLeavesReachesUpToItsLastSecond)
{
    for (const double used : {0.005, 0.05, 1.0, 16.0})
        EXPECT_LE(oldest_in_an_hour(used), Ms(1000)) << used;
}

TEST(RecordingPace, EventsTakeFromWhatPointsMayWrite)
{
    RecordingPace pace;
    pace.wrote(Ms(0), 10 * kMiB);
    EXPECT_EQ(pace.looked(Ms(100), kMiB), Seen::moved) << "nothing is left";
    EXPECT_EQ(pace.looked(Ms(600'000), 2 * kMiB), Seen::worth_a_point) << "but not for ever";
}

TEST(RecordingPace, AProgramThatIsBusyAndStandsStillIsLookedAtOnceASecond)
{
    RecordingPace pace;
    int wakes = 0;
    for (Ms now{0}; now < Ms(60'000); ++wakes) {
        (void)pace.looked(now, kMiB);
        pace.point_written(kMiB);
        now += std::min(pace.arm(now, now), pace.again_in().value_or(Ms(100'000))); // one processor, all the time
    }
    EXPECT_LE(wakes, 80);
}

TEST(RecordingPace, ASlowOneIsGivenLittle)
{
    RecordingPace pace;
    (void)pace.looked(Ms(0), kMiB);
    pace.point_written(kMiB);
    EXPECT_EQ(pace.arm(Ms(0), Ms(7)), Ms(4)); // nothing is known of its pace
    EXPECT_EQ(pace.arm(Ms(10), Ms(17)), Ms(100)) << "it works all the time: a tenth of a second";
    EXPECT_EQ(pace.arm(Ms(1010), Ms(17)), Ms(4)) << "it stands still";
    EXPECT_EQ(pace.arm(Ms(2010), Ms(3)), Ms(4)) << "one of two has ended";
}

TEST(RecordingPace, TheWallClockGoesOnlyWhileItWorksOrMoves)
{
    RecordingPace pace;
    (void)pace.looked(Ms(0), kMiB);
    pace.point_written(kMiB);
    (void)pace.arm(Ms(0), Ms(0));
    EXPECT_EQ(pace.again_in(), Ms(500)) << "it may stop right after it has grown";
    (void)pace.looked(Ms(500), kMiB);
    (void)pace.arm(Ms(500), Ms(10));
    EXPECT_EQ(pace.again_in(), Ms(900)) << "the same, but it works, and may begin to grow";
    (void)pace.looked(Ms(1400), kMiB);
    (void)pace.arm(Ms(1400), Ms(20));
    EXPECT_EQ(pace.again_in(), Ms(900)) << "so it is as long as it works";
    (void)pace.looked(Ms(2300), kMiB);
    (void)pace.arm(Ms(2300), Ms(21));
    EXPECT_EQ(pace.again_in(), std::nullopt) << "a millisecond in a second is none";
}

} // namespace
} // namespace dbgscope
