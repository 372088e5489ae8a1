// SPDX-License-Identifier: Apache-2.0
#include "watch/gc_watch.hpp"

#include <unistd.h>

#include <limits>

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace dbgscope {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// As a Go program's runtime has it, in this very process.
struct Runtime {
    std::uint64_t heap = 41, goal = 60, last_goal = 50, limit = kNoLimit, pauses = 7'000'000;
    double share = 0.0125;
    std::uint32_t cycles = 12, behind = ~0U; ///< `behind`: what must not be taken for a part of it
    [[nodiscard]] std::optional<GcState> read(std::string_view without = "") const
    {
        std::string text;
        const auto add = [&](std::string_view name, const auto &value) {
            if (name != without)
                text += fmt::format(" {}={:x}:{}", name, reinterpret_cast<std::uintptr_t>(&value), sizeof value);
        };
        add("heap", heap);
        add("goal", goal);
        add("last_goal", last_goal);
        add("limit", limit);
        add("cycles", cycles);
        add("pauses", pauses);
        add("share", share);
        return read_gc(::getpid(), GcPlaces::parse(text));
    }
};

TEST(GcWatch, ReadsWhatTheRuntimeHas)
{
    const auto state = Runtime{}.read();
    ASSERT_TRUE(state);
    EXPECT_EQ(state->heap_bytes, 41U);
    EXPECT_EQ(state->goal_bytes, 60U);
    EXPECT_EQ(state->cycles, 12U);
    EXPECT_EQ(state->pause_ns, 7'000'000U);
    EXPECT_EQ(state->cpu_ppm, 12'500U);
}

TEST(GcWatch, AShareIsOne)
{
    for (const double share : {-0.5, 1.5, 0.0, std::numeric_limits<double>::quiet_NaN()})
        EXPECT_EQ(Runtime{.share = share}.read()->cpu_ppm, 0U) << share;
    EXPECT_EQ(Runtime{}.read("share")->cpu_ppm, 0U);
}

TEST(GcWatch, TheGoalIsWhatTheMemoryLimitLeavesOfIt)
{
    EXPECT_EQ(Runtime{.limit = 100}.read()->goal_bytes, 50U);
    EXPECT_EQ((Runtime{.last_goal = 0, .limit = 100}).read()->goal_bytes, 60U) << "before the first cycle";
    EXPECT_EQ(Runtime{.goal = kNoLimit}.read()->goal_bytes, 0U) << "GOGC=off";
    EXPECT_EQ(Runtime{}.read("goal")->goal_bytes, 50U) << "Go 1.18 has the last one only";
}

TEST(GcWatch, WhatIsNotUnderstoodIsLeftOut)
{
    EXPECT_FALSE(GcPlaces::parse("").any());
    EXPECT_FALSE(GcPlaces::parse("heap heap= =1:8 heap=x:8 heap=10 heap=10:0 heap=10:9 heap=10:8x goat=10:8").any());
    EXPECT_TRUE(GcPlaces::parse("new=1:8  heap=c000012:8").any());
    EXPECT_FALSE(read_gc(::getpid(), GcPlaces::parse("heap=10:8"))) << "nothing is mapped there";
    EXPECT_FALSE(read_gc(::getpid(), {}));
}

} // namespace
} // namespace dbgscope
