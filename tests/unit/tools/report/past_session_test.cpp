// SPDX-License-Identifier: Apache-2.0
#include "tools/report/past_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using ::testing::HasSubstr;

std::string program(std::vector<std::string> command, const char *tool = "dlv")
{
    SessionRecord record;
    record.tool = tool;
    record.command = std::move(command);
    record.directory = "/home/dev/app";
    return program_of(record);
}

TEST(PastSession, OneProgramHasOneName)
{
    EXPECT_EQ(program({"dlv", "exec", "./leak"}), "/home/dev/app/leak");
    EXPECT_EQ(program({"/usr/bin/dlv", "exec", "--headless", "--listen=:0", "../app/./leak", "--", "-x"}),
              "/home/dev/app/leak");
    EXPECT_EQ(program({"dlv", "exec", "/home/dev/app/leak"}), "/home/dev/app/leak");
    EXPECT_EQ(program({"dlv", "debug", "./cmd/server", "--", "x"}), "/home/dev/app/cmd/server");
    EXPECT_EQ(program({"dlv", "debug"}), "/home/dev/app");
    EXPECT_EQ(program({"dlv", "dap", "--listen=127.0.0.1:0"}), "dlv dap in /home/dev/app");
    EXPECT_EQ(program({"gdb", "./a.out"}, "gdb"), "/home/dev/app/a.out");
    EXPECT_EQ(program({"make", "-j8"}, "run"), "make");
    EXPECT_EQ(program({"./make"}, "run"), "/home/dev/app/make");
    EXPECT_EQ(program({}), "dlv");
}

TEST(PastSession, GrowthIsUpToTheHighestPoint)
{
    Recorded recorded;
    recorded.events = {{.at_ms = 1000, .kind = RecordedKind::debuggee},
                       {.at_ms = 4000, .kind = RecordedKind::state, .state = SessionState::throttled}};
    recorded.points = {{.at_ms = 0, .current_bytes = 900}, // before it started
                       {.at_ms = 1000, .current_bytes = 100},
                       {.at_ms = 3000, .current_bytes = 700},
                       {.at_ms = 9000, .current_bytes = 300}};
    PastSession session;
    add_from_recording(session, recorded);
    EXPECT_DOUBLE_EQ(*session.growth_bytes_per_s, 300);
    EXPECT_DOUBLE_EQ(*session.first_trip_s, 3);
    PastSession nothing;
    add_from_recording(nothing, Recorded{});
    EXPECT_FALSE(nothing.growth_bytes_per_s || nothing.first_trip_s || nothing.launch_s || nothing.gc_pause_percent ||
                 nothing.gc_pause_p99_ms);
}

TEST(PastSession, PausesAreOfTheTimeAfterTheLaunch)
{
    Recorded recorded;
    recorded.events = {{.at_ms = 2000, .kind = RecordedKind::debuggee}};
    recorded.points = {{.at_ms = 0},
                       {.at_ms = 3000, .gc_cycles = 50, .gc_pause_us = 10'000},
                       {.at_ms = 4000, .gc_cycles = 99, .gc_pause_us = 59'000},
                       {.at_ms = 5000, .gc_cycles = 99, .gc_pause_us = 59'000},
                       {.at_ms = 6000, .gc_cycles = 100, .gc_pause_us = 99'000, .gc_cpu_ppm = 45'000},
                       {.at_ms = 12'000, .gc_cycles = 2, .gc_pause_us = 1'000, .gc_cpu_ppm = 250'000}}; // started again
    PastSession session;
    add_from_recording(session, recorded);
    EXPECT_DOUBLE_EQ(*session.launch_s, 2);
    EXPECT_DOUBLE_EQ(*session.gc_cpu_percent, 4.5); // not of the one that has hardly begun
    EXPECT_DOUBLE_EQ(*session.gc_pause_percent, 1);
    EXPECT_DOUBLE_EQ(*session.gc_pause_p99_ms, 1); // one of 102 was 40 ms long
    recorded.points[4] = {.at_ms = 6000, .gc_cycles = 102, .gc_pause_us = 179'000};
    add_from_recording(session, recorded);
    EXPECT_DOUBLE_EQ(*session.gc_pause_p99_ms, 40);
    recorded.points = {{.at_ms = 2000}, {.at_ms = 9000, .gc_cycles = 5, .gc_pause_us = 7'000}};
    PastSession few;
    add_from_recording(few, recorded);
    EXPECT_DOUBLE_EQ(*few.gc_pause_percent, 0.1);
    EXPECT_FALSE(few.gc_pause_p99_ms || few.gc_cpu_percent);
}

TEST(PastSession, NamesCannotLeaveTheirPlace)
{
    PastSession session{.program = "/a\"b\\c\n\x1b[2J\xff"};
    session.record.id = "evil\n\x1b";
    session.record.verdicts = {"a\nb\x1b"};
    session.record.counts.oom_kill = 2;
    const std::string text = history_text({session});
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
    const std::string metrics = history_openmetrics({session, session});
    EXPECT_THAT(metrics,
                HasSubstr("dbgscope_history_memory_kills{program=\"/a\\\"b\\\\c\\\\x0a\\\\x1b[2J\\\\xff\"} 4\n"));
    EXPECT_TRUE(metrics.ends_with("# EOF\n"));
}

} // namespace
} // namespace dbgscope
