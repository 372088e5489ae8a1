// SPDX-License-Identifier: Apache-2.0
#include "tools/report/drift.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "text/json.hpp"

namespace dbgscope {
namespace {

constexpr std::int64_t kDay = 24 * 3600;

PastSession session(std::int64_t start, std::uint64_t peak_mib, const char *program = "/app")
{
    PastSession out{.program = program};
    out.record.id = "s" + std::to_string(start);
    out.record.started_unix_s = start;
    out.record.debuggee_peak_bytes = peak_mib * kMiB;
    return out;
}

/// One a day, with these peaks in MiB.
std::vector<PastSession> daily(std::initializer_list<std::uint64_t> peaks_mib)
{
    std::vector<PastSession> sessions;
    for (const std::uint64_t peak : peaks_mib)
        sessions.push_back(session(kDay * static_cast<std::int64_t>(sessions.size() + 1), peak));
    return sessions;
}

TEST(Drift, TheMedianIsTheMiddle)
{
    EXPECT_EQ(median_of({}), std::nullopt);
    EXPECT_EQ(median_of({7}), 7);
    EXPECT_EQ(median_of({9, 1, 5}), 5);
    EXPECT_EQ(median_of({4, 1, 3, 2}), 2.5);
}

TEST(Drift, HalfAgainAsMuchIsNamed)
{
    const auto programs = drift_of(daily({100, 102, 98, 101, 99, 150}), {});
    ASSERT_EQ(programs.size(), 1U);
    EXPECT_TRUE(programs[0].drifted());
    EXPECT_EQ(programs[0].session, "s518400");
    ASSERT_EQ(programs[0].figures.size(), 1U);
    const Drift &peak = programs[0].figures[0];
    EXPECT_EQ(peak.what, "peak");
    EXPECT_EQ(peak.median, 100.0 * kMiB);
    EXPECT_NEAR(peak.spread, 1.4826 * kMiB, 1);
    EXPECT_NEAR(peak.change(), 0.5, 1e-9);
    EXPECT_EQ(peak.sessions, 5U);
}

struct Case {
    std::vector<PastSession> sessions;
    bool drifted;
    const char *why;
};

TEST(Drift, OnlyWhatIsUnusualIs)
{
    for (const Case &each : {
             Case{daily({100, 100, 100, 100, 100, 114}), false, "below 15 %"},
             Case{daily({100, 100, 100, 100, 100, 116}), true, "above"},
             Case{daily({100, 100, 100, 100, 100, 84}), true, "less is a change, too"},
             Case{daily({60, 140, 100, 70, 130, 150}), false, "it is like that every day"},
             Case{daily({100, 100, 900, 100, 100, 100}), false, "one that was strange does not make the rest so"},
             Case{daily({100, 100, 900, 100, 100, 160}), true, "nor does it hide another"},
             Case{daily({10, 10, 10, 10, 10, 17}), false, "7 MiB are nothing"},
             Case{daily({0, 0, 0, 0, 0, 100}), false, "the peak was not known before"},
         })
        EXPECT_EQ(drift_of(each.sessions, {}).front().drifted(), each.drifted) << each.why;
}

TEST(Drift, FewerThanFiveSessionsTellNothing)
{
    const auto programs = drift_of(daily({100, 100, 100, 100, 500}), {});
    ASSERT_EQ(programs.size(), 1U);
    EXPECT_TRUE(programs[0].figures.empty());
    EXPECT_FALSE(programs[0].drifted());
    EXPECT_EQ(programs[0].sessions, 4U);
    EXPECT_EQ(drift_text(programs, {}),
              "0 of 1 programs drifted beyond 15 % of the 7d before; 1 has fewer than 5 sessions "
              "there, too few to tell.\n");
}

TEST(Drift, OnlyTheWeekBeforeCounts)
{
    std::vector<PastSession> sessions = daily({500, 500, 500, 500, 500});
    for (int i = 0; i < 6; ++i)
        sessions.push_back(session(100 * kDay + i, 100));
    const auto programs = drift_of(sessions, {});
    EXPECT_FALSE(programs[0].drifted());
    EXPECT_EQ(programs[0].sessions, 5U);
    EXPECT_EQ(drift_of(sessions, {.window_s = 200 * kDay})[0].sessions, 10U);
}

TEST(Drift, ProgramsAreComparedWithThemselves)
{
    std::vector<PastSession> sessions;
    for (int i = 0; i < 6; ++i) {
        sessions.push_back(session(i, 100, "/a"));
        sessions.push_back(session(i, 900, "/b"));
    }
    sessions.back().record.debuggee_peak_bytes = 100 * kMiB;
    const auto programs = drift_of(sessions, {});
    ASSERT_EQ(programs.size(), 2U);
    EXPECT_FALSE(programs[0].drifted());
    EXPECT_TRUE(programs[1].drifted());
    EXPECT_TRUE(parse_json(drift_json(programs, {})));
}

TEST(Drift, GrowthAndTheFirstHoldCountWhereTheyAreKnown)
{
    std::vector<PastSession> sessions = daily({100, 100, 100, 100, 100, 100});
    for (PastSession &each : sessions) {
        each.growth_bytes_per_s = 10.0 * kMiB;
        each.first_trip_s = 10;
    }
    EXPECT_FALSE(drift_of(sessions, {})[0].drifted());
    sessions.back().growth_bytes_per_s = 20.0 * kMiB;
    sessions.back().first_trip_s = 5;
    const auto figures = drift_of(sessions, {})[0].figures;
    ASSERT_EQ(figures.size(), 3U);
    EXPECT_FALSE(figures[0].drifted);
    EXPECT_TRUE(figures[1].drifted && figures[2].drifted);
    EXPECT_NEAR(figures[2].change(), -0.5, 1e-9);
    sessions[0].first_trip_s.reset(); // four are left
    EXPECT_EQ(drift_of(sessions, {})[0].figures.size(), 2U);
}

TEST(Drift, LaunchAndPausesCountToo)
{
    std::vector<PastSession> sessions = daily({100, 100, 100, 100, 100, 100});
    for (PastSession &each : sessions) {
        each.launch_s = 2;
        each.gc_cpu_percent = 3;
        each.gc_pause_percent = 0.2;
        each.gc_pause_p99_ms = 0.3;
    }
    sessions.back().launch_s = 4;
    sessions.back().gc_cpu_percent = 9;
    sessions.back().gc_pause_percent = 0.9; // four times as much of nearly nothing
    sessions.back().gc_pause_p99_ms = 2.5;
    const auto programs = drift_of(sessions, {});
    ASSERT_EQ(programs[0].figures.size(), 5U);
    EXPECT_TRUE(programs[0].figures[1].drifted && programs[0].figures[2].drifted && programs[0].figures[4].drifted);
    EXPECT_FALSE(programs[0].figures[3].drifted);
    const std::string text = drift_text(programs, {});
    EXPECT_NE(text.find("  launch            4.0s  was       2.0s (+-0.0s, 5 sessions)  +100 %  DRIFTED\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("  GC pauses       0.90 %  was     0.20 % (+-0.00 %, 5 sessions)  +350 %\n"), std::string::npos)
        << text;
    EXPECT_NE(text.find("  pause p99       2.50ms  was     0.30ms"), std::string::npos) << text;
}

} // namespace
} // namespace dbgscope
