// SPDX-License-Identifier: Apache-2.0
#include "watch/recording_pace.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using Ms = RecordingPace::Ms;
using Seen = RecordingPace::Seen;
constexpr std::size_t kPoint = 110;

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
        const auto wait = static_cast<std::int64_t>(static_cast<double>(pace.arm(now).count()) / used);
        now += Ms(std::max<std::int64_t>(wait, 1));
        pace.ran_out();
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
        now += pace.arm(now); // one processor, all the time
        pace.ran_out();
    }
    EXPECT_LE(wakes, 80);
}

TEST(RecordingPace, ASlowOneIsGivenLittle)
{
    RecordingPace pace;
    (void)pace.looked(Ms(0), kMiB);
    EXPECT_EQ(pace.arm(Ms(0)), Ms(4)); // nothing is known of its pace
    pace.ran_out();
    EXPECT_EQ(pace.arm(Ms(4)), Ms(100)) << "it works all the time: a tenth of a second";
    EXPECT_EQ(pace.arm(Ms(2004)), Ms(5)) << "it has not used that in two seconds";
}

} // namespace
} // namespace dbgscope
