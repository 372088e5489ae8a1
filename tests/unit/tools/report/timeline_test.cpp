// SPDX-License-Identifier: Apache-2.0
#include "tools/report/timeline.hpp"

#include <cstdlib>
#include <ctime>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using ::testing::ElementsAre;

RecordedPoint point(std::int64_t at_ms, std::uint64_t bytes, std::uint64_t stalled_us = 0)
{
    return {.at_ms = at_ms, .current_bytes = bytes, .stall_some_us = stalled_us};
}

Recorded recorded()
{
    Recorded out;
    out.header.realtime_ms = 1'000'000;
    out.header.session.id = "s1";
    out.header.session.cap = Limit(100);
    out.header.session.fuse = Limit(90);
    return out;
}

std::vector<std::string> whats(const Timeline &timeline)
{
    std::vector<std::string> words;
    for (const TimelineEvent &event : timeline.events)
        words.push_back(event.what);
    return words;
}

TEST(Timeline, TheCollectorIsSummedUpWhereOneWasSeen)
{
    Recorded in = recorded();
    in.points = {point(0, 10), point(1000, 90)};
    EXPECT_FALSE(gc_sums(timeline_of(in)));
    in.points[0].gc_heap_bytes = 8;
    in.points[0].gc_cycles = 1;
    in.points[1].gc_heap_bytes = 5;
    in.points[1].gc_cycles = 3;
    in.points[1].gc_pause_us = 700;
    in.points.push_back(point(2000, 20)); // it has gone
    const auto sums = gc_sums(timeline_of(in));
    ASSERT_TRUE(sums);
    EXPECT_EQ(sums->most_heap_bytes, 8U);
    EXPECT_EQ(sums->cycles, 3U);
    EXPECT_EQ(sums->pause_us, 700U);
}

TEST(Timeline, ASnapshotIsToldOnce)
{
    Recorded in = recorded();
    in.points = {point(0, 10), point(1000, 90)};
    in.events = {
        {.at_ms = 500, .kind = RecordedKind::snapshot, .text = "/tmp/a\x1b", .sites = {{"main.f", "m.go", 3, 5, 870}}},
        {.at_ms = 900, .kind = RecordedKind::said, .text = "snapshot: /tmp/a\\x1b"},
        {.at_ms = 950, .kind = RecordedKind::said, .text = "snapshot: /tmp/b"}};
    const Timeline timeline = timeline_of(in);
    EXPECT_THAT(whats(timeline), ElementsAre("snapshot", "said"));
    EXPECT_EQ(timeline.events[0].mark, Mark::snapshot);
    ASSERT_EQ(timeline.events[0].sites.size(), 1U);
    EXPECT_EQ(timeline.events[0].sites[0].function, "main.f");
    EXPECT_EQ(timeline.events[1].text, "snapshot: /tmp/b") << "of which the recording has nothing else";
}

TEST(Timeline, StatesBecomeSpans)
{
    Recorded in = recorded();
    const auto state = [&in](std::int64_t at_ms, SessionState now) {
        in.events.push_back({.at_ms = at_ms, .kind = RecordedKind::state, .state = now});
    };
    state(10, SessionState::throttled);
    state(20, SessionState::held);
    state(50, SessionState::stopped);
    state(80, SessionState::running);
    state(100, SessionState::ended);
    const Timeline timeline = timeline_of(in);
    EXPECT_THAT(whats(timeline), ElementsAre("throttled", "held", "stopped", "runs on", "over"));
    ASSERT_EQ(timeline.spans.size(), 3U);
    EXPECT_EQ(timeline.spans[1].from_ms, 20);
    EXPECT_EQ(timeline.spans[1].to_ms, 50);
    EXPECT_EQ(timeline.spans[2].state, SessionState::stopped);
    EXPECT_EQ(timeline.length_ms, 100);
}

TEST(Timeline, ARunThatHasNoEndIsHeldToItsLastMoment)
{
    Recorded in = recorded();
    in.events.push_back({.at_ms = 10, .kind = RecordedKind::state, .state = SessionState::held});
    in.points = {point(0, 5), point(70, 6)};
    const Timeline timeline = timeline_of(in);
    EXPECT_FALSE(timeline.ended);
    ASSERT_EQ(timeline.spans.size(), 1U);
    EXPECT_EQ(timeline.spans[0].to_ms, 70);
}

TEST(Timeline, LimitsFollowTheirChanges)
{
    Recorded in = recorded();
    in.points = {point(0, 5), point(70, 6)};
    in.events.push_back({.at_ms = 40, .kind = RecordedKind::cap, .cap = Limit(200), .fuse = Limit(190)});
    in.events.push_back({.at_ms = 60, .kind = RecordedKind::cap, .cap = Limit(50), .fuse = Limit()});
    const Timeline timeline = timeline_of(in);
    EXPECT_EQ(limits_at(timeline, 0).cap, Limit(100));
    EXPECT_EQ(limits_at(timeline, 39).cap, Limit(100));
    EXPECT_EQ(limits_at(timeline, 40).cap, Limit(200));
    EXPECT_EQ(limits_at(timeline, 1000).cap, Limit(50));
    EXPECT_EQ(timeline.events[0].mark, Mark::raised);
    EXPECT_EQ(timeline.events[1].mark, Mark::lowered);
    EXPECT_EQ(timeline.events[0].bytes, 5U);
}

TEST(Timeline, AVerdictTakesThePlaceOfTheLineThatSaysIt)
{
    Recorded in = recorded();
    in.events = {{.at_ms = 10, .kind = RecordedKind::said, .text = "out of memory"},
                 {.at_ms = 11, .kind = RecordedKind::verdict, .text = "out of memory"},
                 {.at_ms = 12, .kind = RecordedKind::said, .text = "something else"}};
    EXPECT_THAT(whats(timeline_of(in)), ElementsAre("killed", "said"));
}

TEST(Timeline, AClockThatIsSetMovesWhatFollows)
{
    Recorded in = recorded();
    in.events = {{.at_ms = 10, .kind = RecordedKind::said, .text = "a"},
                 {.at_ms = 20, .kind = RecordedKind::clock, .realtime_ms = 1'000'020 + 3'600'000},
                 {.at_ms = 30, .kind = RecordedKind::said, .text = "b"}};
    const Timeline timeline = timeline_of(in);
    EXPECT_EQ(timeline.events[0].unix_ms, 1'000'010);
    EXPECT_EQ(timeline.events[1].text, "the calendar went on by 1h 0min: a sleep of the machine, or the clock was set");
    EXPECT_EQ(timeline.events[2].unix_ms, 1'000'030 + 3'600'000);
}

TEST(Timeline, AChartColumnHoldsTheHighestOfItsTime)
{
    Recorded in = recorded();
    in.points = {point(0, 10), point(10, 60), point(20, 20), point(95, 30), point(100, 40)};
    const auto columns = chart_columns(timeline_of(in), 4);
    ASSERT_EQ(columns.size(), 4U);
    EXPECT_EQ(columns[0].highest->current_bytes, 60U);
    EXPECT_EQ(columns[1].highest->current_bytes, 20U) << "nothing new: as it was";
    EXPECT_EQ(columns[2].highest->current_bytes, 20U);
    EXPECT_EQ(columns[3].highest->current_bytes, 40U) << "the last moment too";
    EXPECT_FALSE(columns[0].stalled) << "no pressure was recorded";
}

TEST(Timeline, PressureIsTheShareOfTheTime)
{
    Recorded in = recorded();
    in.points = {point(0, 1, 0), point(1000, 1, 0), point(1500, 1, 250'000), point(4000, 1, 250'000)};
    const auto columns = chart_columns(timeline_of(in), 4);
    EXPECT_DOUBLE_EQ(*columns[1].stalled, 0.25 / 1.5) << "of the time since the point before";
    EXPECT_DOUBLE_EQ(*columns[3].stalled, 0);
}

TEST(Timeline, TheScaleIsTheCapUnlessMemoryStaysFarBelow)
{
    Recorded in = recorded();
    in.points = {point(0, 30)};
    EXPECT_EQ(top_bytes(timeline_of(in)), 100U);
    in.points = {point(0, 16)};
    EXPECT_EQ(top_bytes(timeline_of(in)), 18U);
    in.header.session.cap = Limit();
    in.points = {};
    EXPECT_EQ(top_bytes(timeline_of(in)), 1U);
}

TEST(Timeline, WhatIsWrongWithARecordingIsSaid)
{
    Recorded in = recorded();
    in.torn = in.newer = true;
    in.skipped = 3;
    in.left_out = 9;
    in.header.session.id.clear();
    EXPECT_EQ(timeline_of(in).notes.size(), 5U);
    EXPECT_EQ(timeline_of(in).notes[2], "2 of its lines are not understood");
}

TEST(Timeline, TheCalendarIsThatOfTheZone)
{
    const auto in_zone = [](const char *zone, std::int64_t unix_s) {
        (void)::setenv("TZ", zone, 1);
        ::tzset();
        std::string text = clock_text(unix_s * 1000);
        (void)::setenv("TZ", "UTC", 1);
        ::tzset();
        return text;
    };
    EXPECT_EQ(in_zone("NPT-5:45", 1'700'006'395), "2023-11-15 05:44:55");
    constexpr const char *kPacific = "PST8PDT,M3.2.0,M11.1.0";
    EXPECT_EQ(in_zone(kPacific, 1'699'174'799), "2023-11-05 01:59:59"); // then the same hour again
    EXPECT_EQ(in_zone(kPacific, 1'699'174'800), "2023-11-05 01:00:00");
    EXPECT_EQ(in_zone("nonsense", 1'700'006'395), "2023-11-14 23:59:55");
    EXPECT_EQ(in_zone("UTC", -1), "1969-12-31 23:59:59");
}

TEST(Timeline, TimesReadAsPeopleSayThem)
{
    EXPECT_EQ(since_text(0), "0s");
    EXPECT_EQ(since_text(999), "999ms");
    EXPECT_EQ(since_text(1530), "1.5s");
    EXPECT_EQ(since_text(723'000), "12min 3s");
    EXPECT_EQ(since_text(3'900'000), "1h 5min");
    EXPECT_EQ(since_text(10LL * 365 * 24 * 3600 * 1000), "3650d 0h");
}

} // namespace
} // namespace dbgscope
