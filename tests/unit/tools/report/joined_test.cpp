// SPDX-License-Identifier: Apache-2.0
#include "tools/report/joined.hpp"

#include <cstdlib>
#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using ::testing::ElementsAre;

/// Ten seconds from 23:59:55 on (UTC), 1000 s after the machine's start.
Timeline ten_seconds()
{
    (void)::setenv("TZ", "UTC", 1);
    ::tzset();
    Recorded in;
    in.header.realtime_ms = 1'700'006'395'000; // 2023-11-14 23:59:55
    in.header.monotonic_ms = 1'000'000;
    in.header.session.id = "s1";
    in.points = {
        {.at_ms = 0, .current_bytes = 5}, {.at_ms = 6000, .current_bytes = 7}, {.at_ms = 10'000, .current_bytes = 9}};
    in.events = {{.at_ms = 4000, .kind = RecordedKind::said, .text = "own"}};
    return timeline_of(in);
}

std::vector<std::int64_t> places(const Timeline &timeline)
{
    std::vector<std::int64_t> at;
    for (const TimelineEvent &event : timeline.events)
        at.push_back(event.at_ms);
    return at;
}

TEST(Joined, EachClockFindsItsPlace)
{
    Timeline timeline = ten_seconds();
    join(timeline, {.name = "kern.log",
                    .events = {{.time = {.epoch_s = 1'700'006'397.5}, .what = "a"},
                               {.time = {.uptime_s = 1007.25}, .what = "b"},
                               {.time = {.day_s = 3}, .what = "after midnight"},
                               {.time = {.day_s = 86'396}, .what = "before"}}});
    EXPECT_THAT(places(timeline), ElementsAre(1000, 2500, 4000, 7250, 8000));
    EXPECT_EQ(timeline.events[3].what, "b");
    EXPECT_EQ(timeline.events[3].bytes, 7U);
    EXPECT_EQ(timeline.events[3].unix_ms, 1'700'006'395'000 + 7250);
    EXPECT_EQ(timeline.events[3].log, "kern.log");
    EXPECT_TRUE(timeline.events[2].log.empty()) << "the recording's own";
    EXPECT_TRUE(timeline.notes.empty());
}

/// A kernel's log of weeks: only one of its days is that of the session.
TEST(Joined, TheSameTimeOfAnotherDayIsAnotherTime)
{
    Timeline timeline = ten_seconds();
    join(timeline, {.name = "kern.log",
                    .events = {{.time = {.day_s = 86'396, .date = 1114}},
                               {.time = {.day_s = 86'397, .date = 1113}},
                               {.time = {.day_s = 2, .date = 1115}},
                               {.time = {.day_s = 2, .date = 1114}}}});
    EXPECT_THAT(places(timeline), ElementsAre(1000, 4000, 7000));
    EXPECT_THAT(timeline.notes, ElementsAre("kern.log: 2 of its events lie outside of the session's time"));
    timeline = ten_seconds();
    timeline.length_ms = 3 * 24 * 3600 * 1000;
    join(timeline, {.name = "kern.log", .events = {{.time = {.day_s = 5, .date = 1116}}}});
    EXPECT_THAT(places(timeline), ElementsAre(4000, (24 * 3600 + 10) * 1000)) << "of a session of days";
    timeline = ten_seconds();
    timeline.length_ms = 20LL * 24 * 3600 * 1000;
    join(timeline, {.name = "kern.log", .events = {{.time = {.day_s = 80'000, .date = 1130}}}});
    EXPECT_EQ(places(timeline).back(), (16LL * 24 * 3600 - 6395) * 1000) << "earlier in the day than it began";
}

/// A log without a date has the wall's clock; the recording's own is that of the calendar.
TEST(Joined, AClockOnTheWallIsThatOfTheZone)
{
    Timeline timeline = ten_seconds();
    (void)::setenv("TZ", "NPT-5:45", 1);
    ::tzset();
    constexpr double kBegan = 5 * 3600 + 44 * 60 + 55;
    join(timeline,
         {.name = "app.log",
          .events = {{.time = {.day_s = kBegan + 3}}, {.time = {.epoch_s = 1'700'006'400}}, {.time = {.day_s = 3}}}});
    (void)::setenv("TZ", "UTC", 1);
    ::tzset();
    EXPECT_THAT(places(timeline), ElementsAre(3000, 4000, 5000));
    EXPECT_EQ(timeline.notes.size(), 1U) << "three seconds past midnight was long ago there";
}

TEST(Joined, WhatIsOfAnotherTimeIsCounted)
{
    Timeline timeline = ten_seconds();
    join(timeline, {.name = "app\x1b.log",
                    .events = {{.time = {.epoch_s = 5}},
                               {.time = {.uptime_s = 1e300}},
                               {.time = {.day_s = 40'000}},
                               {.what = "no clock"},
                               {.time = {.epoch_s = 1'700'006'394.5}}},
                    .left_out = 7});
    EXPECT_THAT(places(timeline), ElementsAre(0, 4000)) << "a second beside it still counts";
    EXPECT_THAT(timeline.notes, ElementsAre("app\\x1b.log: 3 of its events lie outside of the session's time",
                                            "app\\x1b.log: one of its events has no time that could be placed",
                                            "app\\x1b.log: 7 more of its events are left out"));
    join(timeline, {.name = "empty.log"});
    EXPECT_EQ(timeline.notes.back(), "empty.log: nothing in it is known to explain");
}

} // namespace
} // namespace dbgscope
