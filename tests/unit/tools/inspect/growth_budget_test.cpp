// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/growth_budget.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

/// A program that takes new memory at one speed, sampled in turns as GrowthWatch does: how much of it was sampled.
struct Course {
    double sampled = 0, all = 0, cost_ns = 0;
};
Course run(double faults_per_second, std::uint64_t period, std::chrono::milliseconds span)
{
    constexpr auto kStep = 1ms;
    GrowthBudget::Duration now{};
    GrowthBudget budget;
    GrowthBudget::Duration resume = now;
    Course course;
    for (; now < span; now += kStep) {
        const double faults = faults_per_second / 1000;
        course.all += faults;
        if (now < resume)
            continue;
        course.sampled += faults;
        const double samples = faults / static_cast<double>(period);
        course.cost_ns += faults * 100 + samples * 6500;
        if (budget.spend(static_cast<std::uint64_t>(faults), static_cast<std::uint64_t>(samples + 0.5), now))
            resume = now + budget.pause();
    }
    return course;
}

TEST(GrowthBudget, AProgramThatFillsAnOrdinaryCapIsSampledAllTheTime)
{
    const Course fast = run(470'000, 128, 70ms); // 128 MiB as fast as can be
    EXPECT_EQ(fast.sampled, fast.all);
    const Course slow = run(20'000, 128, 60s); // 80 MiB a second for a minute
    EXPECT_EQ(slow.sampled, slow.all);
}

TEST(GrowthBudget, OneThatTakesAndGivesBackWithoutAnEndIsSampledInTurnsThatCostHalfAPercent)
{
    for (const std::uint64_t period : {4U, 128U, 4096U}) {
        const Course course = run(470'000, period, 60s);
        EXPECT_LT(course.cost_ns, 60e9 * 0.006) << period;
        EXPECT_GT(course.cost_ns, 60e9 * 0.004) << period;
        EXPECT_LT(course.sampled, course.all / 5);
    }
}

TEST(GrowthBudget, APauseIsPaidForAndWorthTheWhile)
{
    GrowthBudget::Duration now{};
    GrowthBudget budget;
    EXPECT_FALSE(budget.spend(70'000, 0, now));
    EXPECT_TRUE(budget.spend(20'000, 0, now)); // 9 of 8 ms
    EXPECT_EQ(budget.pause(), 500ms)
        << "1 ms of debts and 1.5 for the next turn, of which half a percent of the time is";
    now += 500ms;
    EXPECT_FALSE(budget.spend(10'000, 0, now));
    now += 1h; // not more than at its start
    EXPECT_FALSE(budget.spend(80'000, 0, now));
    EXPECT_TRUE(budget.spend(1, 0, now));
}

} // namespace
} // namespace dbgscope
