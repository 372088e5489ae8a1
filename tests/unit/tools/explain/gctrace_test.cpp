// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/gctrace.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "dbgscope/bytes.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kGo119 = "gc 5 @0.208s 2%: 0.016+0.36+0.003 ms clock, 0.033+0.18/0.21/0+0.006 ms cpu, "
                                    "31->32->32 MB, 33 MB goal, 0 MB stacks, 0 MB globals, 2 P";
constexpr std::string_view kGo117 = "gc 1 @0.014s 3%: 0.016+0.36+0.003 ms clock, 0.033+0.18/0.21/0.3+0.006 ms cpu, "
                                    "4->4->3 MB, 5 MB goal, 8 P (forced)";
constexpr std::string_view kGo126 = "gc 12 @1.5s 7% (checking for goroutine leaks): 0+12+0.5 ms clock, 0+1/22/3+0 ms "
                                    "cpu, 10->12->11 MB, 20 MB goal, 1 MB stacks, 2 MB globals, 4 P";

/// A line of a program with 2 processors.
std::string line(int number, double at_s, double mark_ms, int end, int live, int goal)
{
    return fmt::format(
        "gc {} @{:.3f}s 5%: 0.01+{}+0.02 ms clock, 0.02+1/2/7+0.04 ms cpu, {}->{}->{} MB, {} MB goal, 0 MB "
        "stacks, 0 MB globals, 2 P",
        number, at_s, mark_ms, end - 1, end, live, goal);
}

TEST(GcTrace, ParsesEveryVersion)
{
    const auto go119 = parse_gc_line(kGo119);
    ASSERT_TRUE(go119);
    EXPECT_EQ(go119->number, 5U);
    EXPECT_DOUBLE_EQ(go119->at_s, 0.208);
    EXPECT_DOUBLE_EQ(go119->mark_ms, 0.36);
    EXPECT_NEAR(go119->cpu_ms, 0.033 + 0.18 + 0.21 + 0.006, 1e-9) << "without idle marking";
    EXPECT_EQ(go119->goal_mib, 33U);
    EXPECT_EQ(go119->procs, 2U);
    const auto go117 = parse_gc_line(kGo117);
    ASSERT_TRUE(go117);
    EXPECT_TRUE(go117->forced);
    EXPECT_TRUE(parse_gc_line(kGo126));
}

TEST(GcTrace, AnyTornLineIsToldFromAWholeOne)
{
    for (std::size_t cut = 0; cut < kGo119.size(); ++cut)
        EXPECT_FALSE(parse_gc_line(kGo119.substr(0, cut))) << cut;
    EXPECT_FALSE(parse_gc_line(std::string(kGo119) + "gc 6 @"));
    EXPECT_FALSE(parse_gc_line("gc -1 @nan inf"));
    GcTrace trace;
    EXPECT_TRUE(trace.take("gc 5 @0.2"));
    EXPECT_TRUE(trace.take("gc 1gc 2 @0.208s 2%: 0.016+0.36+0.003 ms clock, 0.0"));
    EXPECT_TRUE(trace.take("gc "));
    EXPECT_FALSE(trace.take("gc collector started"));
    EXPECT_FALSE(trace.take("gcc -o x x.c"));
    EXPECT_EQ(trace.torn(), 3U);
    EXPECT_TRUE(trace.programs().empty());
}

TEST(GcTrace, ProgramsOnOnePipeAreToldApart)
{
    GcTrace trace;
    for (int i = 1; i <= 20; ++i) {
        trace.take(line(i, i * 0.1, 1, 10, 5, 10));
        if (i != 7) // torn
            trace.take(line(i + 100, i * 0.1, 1, 100, 50, 100));
    }
    ASSERT_EQ(trace.programs().size(), 2U);
    EXPECT_EQ(trace.programs()[0].cycles(), 20U);
    EXPECT_EQ(trace.programs()[0].peak_mib(), 10U);
    EXPECT_EQ(trace.programs()[1].cycles(), 19U);
    EXPECT_EQ(trace.programs()[1].peak_mib(), 100U);
}

TEST(GcTrace, Indicators)
{
    GcProgram program;
    for (int i = 0; i <= 100; ++i)
        program.take(*parse_gc_line(line(i + 1, i * 0.05, 25, 80, 50, 100)));
    const auto whole = program.whole();
    ASSERT_TRUE(whole);
    EXPECT_NEAR(whole->mark_duty, 0.5, 0.01);
    EXPECT_NEAR(whole->per_s, 20, 0.01);
    EXPECT_NEAR(whole->cpu_share, 0.0306, 0.001); // 3.06 ms of 50 ms x 2 P
    EXPECT_EQ(whole->tight_goal, 0);
    EXPECT_DOUBLE_EQ(program.max_pause_ms(), 0.02);
    EXPECT_FALSE(program.spiral());
    EXPECT_TRUE(gc_verdicts(program, 128 * kMiB, false).empty());
}

TEST(GcTrace, DeathSpiralNeedsBothAndTwoSeconds)
{
    const auto run = [](int goal, double mark_ms, int cycles) {
        GcProgram program;
        for (int i = 0; i < cycles; ++i)
            program.take(*parse_gc_line(line(i + 1, i * 0.033, mark_ms, 101, 98, goal)));
        return program;
    };
    const GcProgram spiral = run(103, 28, 200);
    ASSERT_TRUE(spiral.spiral());
    EXPECT_NEAR(spiral.spiral_s(), 6.5, 0.2);
    const auto verdicts = gc_verdicts(spiral, std::nullopt, false);
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_TRUE(verdicts[0].starts_with("GC death spiral for 6.")) << verdicts[0];
    EXPECT_TRUE(run(107, 28, 200).spiral()) << "9.2 % of the live heap left";
    EXPECT_FALSE(run(109, 28, 200).spiral()) << "11.2 % left: more than a tenth";
    EXPECT_FALSE(run(180, 28, 200).spiral()) << "busy, with room";
    EXPECT_FALSE(run(103, 17, 200).spiral()) << "tight, and not busy";
    EXPECT_FALSE(run(103, 28, 55).spiral()) << "1.8 s";
}

TEST(GcTrace, TheNextCollectionWasDueAboveTheLimit)
{
    GcProgram program; // GOGC=100: each goal is twice the live heap before it
    int number = 0, live = 0;
    for (const int goal : {16, 30, 60, 120}) {
        live = goal - 2;
        ++number;
        program.take(*parse_gc_line(line(number, number * 0.1, 1, goal, live, goal)));
    }
    EXPECT_NEAR(static_cast<double>(program.next_goal_mib()), 242, 4);
    const auto verdicts = gc_verdicts(program, 150 * kMiB, true);
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_TRUE(verdicts[0].starts_with("the next collection was due above the limit")) << verdicts[0];
    EXPECT_NE(verdicts[0].find("The program was killed first"), std::string::npos);
    EXPECT_TRUE(gc_verdicts(program, 512 * kMiB, true).empty());
    EXPECT_TRUE(gc_verdicts(program, std::nullopt, true).empty());
}

TEST(GcTrace, AGoalOfGomemlimitDoesNotGrowWithTheHeap)
{
    GcProgram program;
    int number = 0;
    for (const int live : {60, 70, 80, 90}) {
        ++number;
        program.take(*parse_gc_line(line(number, number * 0.1, 1, live + 5, live, 105)));
    }
    EXPECT_LE(program.next_goal_mib(), 115U);
    EXPECT_TRUE(gc_verdicts(program, 117 * kMiB, true).empty());
    program.take(*parse_gc_line(line(5, 1, 1, 125, 120, 105)));
    program.take(*parse_gc_line(line(6, 1.1, 1, 125, 121, 105)));
    EXPECT_TRUE(program.goal_below_live());
}

TEST(GcTrace, MemoryStaysBoundedAndTheChartWhole)
{
    GcProgram program;
    for (int i = 0; i < 20000; ++i)
        program.take(*parse_gc_line(line(i + 1, i * 0.01, 1, 10 + i / 200, 8, 20 + i / 200)));
    EXPECT_LE(program.points().size(), 128U);
    EXPECT_EQ(program.points().back().end_mib, 109U);
    const std::string chart = gc_chart(program, 150 * kMiB);
    EXPECT_NE(chart.find('#'), std::string::npos);
    EXPECT_NE(chart.find("= cap 150M"), std::string::npos);
    for (std::size_t at = 0; at < chart.size();) {
        const std::size_t end = chart.find('\n', at);
        EXPECT_LE(end - at, 80U);
        at = end + 1;
    }
}

} // namespace
} // namespace dbgscope
