// SPDX-License-Identifier: Apache-2.0
#include "cli/top_history.hpp"

#include <gtest/gtest.h>

#include "dbgscope/bytes.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

const TopHistory::Clock::time_point kStart{100s};

TEST(TopHistory, GrowthNeedsTwoPoints)
{
    TopHistory history;
    EXPECT_EQ(history.growth(), std::nullopt);
    history.add(kStart, 10 * kMiB);
    EXPECT_EQ(history.growth(), std::nullopt);
    history.add(kStart + 500ms, 11 * kMiB);
    EXPECT_EQ(history.growth(), 2 * kMiB);
    history.add(kStart + 1s, 7 * kMiB);
    EXPECT_EQ(history.growth(), -3 * static_cast<std::int64_t>(kMiB));
}

TEST(TopHistory, GrowthIsOfTheLastFiveSeconds)
{
    TopHistory history;
    for (int second = 0; second < 10; ++second)
        history.add(kStart + std::chrono::seconds(second), 5 * kMiB);
    for (int second = 10; second < 15; ++second)
        history.add(kStart + std::chrono::seconds(second), (5 + static_cast<std::uint64_t>(second) - 9) * kMiB);
    EXPECT_EQ(history.growth(), static_cast<std::int64_t>(kMiB));
    history.add(kStart + 100s, 0); // after a suspended minute
    EXPECT_EQ(history.growth(), std::nullopt);
}

TEST(TopHistory, IsBoundedAndOnePointASecond)
{
    TopHistory history;
    for (std::uint64_t second = 0; second < 1000; ++second)
        history.add(kStart + std::chrono::seconds(second), second);
    const auto bytes = history.bytes();
    ASSERT_EQ(bytes.size(), 240U);
    EXPECT_EQ(bytes.front(), 760U);
    EXPECT_EQ(bytes.back(), 999U);
    history.add(kStart + 999s + 20ms, 5); // a key was pressed
    EXPECT_EQ(history.bytes().size(), 240U);
    EXPECT_EQ(history.bytes().back(), 5U);
    EXPECT_EQ(history.bytes().front(), 760U);
}

TEST(SecondsTo, OnlyWhatGrows)
{
    EXPECT_EQ(seconds_to(100 * kMiB, 50 * kMiB, 10 * kMiB), 5U);
    EXPECT_EQ(seconds_to(100 * kMiB, 120 * kMiB, 10 * kMiB), 0U);
    EXPECT_EQ(seconds_to(100 * kMiB, 50 * kMiB, 0), std::nullopt);
    EXPECT_EQ(seconds_to(100 * kMiB, 50 * kMiB, -5 * static_cast<std::int64_t>(kMiB)), std::nullopt);
    EXPECT_EQ(seconds_to(100 * kMiB, 50 * kMiB, 16 * kKiB - 1), std::nullopt);
    EXPECT_EQ(seconds_to(kGiB * kGiB, 0, kMiB), std::nullopt); // in some weeks
}

} // namespace
} // namespace dbgscope
