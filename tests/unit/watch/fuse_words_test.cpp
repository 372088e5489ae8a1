// SPDX-License-Identifier: Apache-2.0
#include "watch/fuse_words.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

HeldFacts leak()
{
    return {.unreclaimable_bytes = 121 * kMiB,
            .cap = Limit(128 * kMiB),
            .parts = {.largest = "anon", .largest_bytes = 118 * kMiB},
            .growth = Growth{.bytes_per_second = 40 * kMiB}};
}

TEST(HeldLine, SaysHowMuchHowFastAndWhatToDo)
{
    EXPECT_EQ(
        held_line(leak()),
        "debuggee held: 121M of its 128M cap cannot be reclaimed (anon 118M, +40M/s). Pause it in the debugger to "
        "look, or give it more: dbgscope more");
}

TEST(HeldLine, SaysOnlyWhatIsKnown)
{
    HeldFacts facts = leak();
    facts.parts = {};
    facts.growth = std::nullopt;
    EXPECT_EQ(held_line(facts), "debuggee held: 121M of its 128M cap cannot be reclaimed. Pause it in the debugger to "
                                "look, or give it more: dbgscope more");
    facts.growth = Growth{.bytes_per_second = 100};
    facts.pressure_avg10 = 0.4;
    EXPECT_EQ(held_line(facts).find('('), std::string::npos) << "nothing worth saying";
}

TEST(HeldLine, SaysPressureAndTheAverage)
{
    HeldFacts facts = leak();
    facts.parts = {.largest = "page tables", .largest_bytes = 60 * kMiB + 600 * kKiB};
    facts.growth = Growth{.bytes_per_second = 300 * kKiB, .since_start = true};
    facts.pressure_avg10 = 60.6;
    EXPECT_NE(held_line(facts).find("(page tables 60.5M, +300K/s since it started, memory pressure 61%)"),
              std::string::npos)
        << held_line(facts);
}

TEST(HeldLine, WarnsThatItRunsOn)
{
    HeldFacts facts = leak();
    facts.action = FuseAction::warn;
    EXPECT_EQ(held_line(facts),
              "debuggee near its cap: 121M of its 128M cap cannot be reclaimed (anon 118M, +40M/s). It runs on and is "
              "killed at the cap: pause it in the debugger to look, or give it more: dbgscope more");
}

TEST(HeldLine, SaysThatASnapshotIsTaken)
{
    HeldFacts facts = leak();
    facts.action = FuseAction::snapshot;
    EXPECT_EQ(held_line(facts),
              "debuggee near its cap: 121M of its 128M cap cannot be reclaimed (anon 118M, +40M/s). A "
              "snapshot is taken, then it runs on up to its cap");
}

TEST(SpentLine, SaysWhatIsStillPossible)
{
    HeldFacts facts = leak();
    facts.unreclaimable_bytes = 127 * kMiB;
    EXPECT_EQ(
        spent_line(facts),
        "debuggee stays frozen, 127M of its 128M cap are used up: it can be looked at in the debugger, but not step "
        "or run on without being killed. Give it more first: dbgscope more");
}

TEST(ReleasedLine, SaysWhy)
{
    const Limit cap(128 * kMiB);
    EXPECT_EQ(released_line(Release::shrunk, 60 * kMiB, cap),
              "debuggee no longer held: 60M of its 128M cap are in use");
    EXPECT_EQ(released_line(Release::raised, 121 * kMiB, Limit(256 * kMiB)),
              "debuggee no longer held: its cap is now 256M");
    EXPECT_EQ(released_line(Release::raised, 121 * kMiB, Limit()), "debuggee no longer held: its cap is now infinity");
    EXPECT_EQ(released_line(Release::ended, 0, cap), "debuggee no longer held: it has ended");
    EXPECT_EQ(released_line(Release::detached, 0, cap),
              "debuggee no longer held: its debugger has detached, it runs on up to its cap of 128M");
}

TEST(SuggestedCap, IsTwiceAsMuchInWholeMebibytesAndReadsBack)
{
    for (const auto &[cap, text] : {std::pair<std::uint64_t, const char *>{128 * kMiB, "256M"},
                                    {512 * kMiB, "1G"},
                                    {700 * kMiB, "1400M"},
                                    {100 * kMiB + 4096, "201M"}}) {
        const auto size = parse_size(suggested_cap(Limit(cap)));
        ASSERT_TRUE(size) << suggested_cap(Limit(cap));
        EXPECT_EQ(suggested_cap(Limit(cap)), text);
        EXPECT_GE(size->value, 2 * cap);
        EXPECT_LT(size->value, 2 * cap + 2 * kMiB);
    }
    EXPECT_EQ(suggested_cap(Limit()), "infinity");
    EXPECT_EQ(suggested_cap(Limit(Limit().bytes() - 1)), "infinity");
}

} // namespace
} // namespace dbgscope
