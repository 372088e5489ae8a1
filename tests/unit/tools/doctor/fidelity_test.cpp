// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/fidelity.hpp"

#include <gmock/gmock.h>

#include <csignal>

#include "doctor_input.hpp"

namespace dbgscope::test {
namespace {

using testing::HasSubstr;

constexpr Fidelity kQuiet{.timer = {700, 58, 120, 300},
                          .signal = {700, 12, 80, 200},
                          .profile_asked_ms = 10,
                          .profile_got_ms = 12,
                          .clock_read_ns = 25};

TEST(Fidelity, SummarizesByNearestRank)
{
    EXPECT_EQ(summarize({}).count, 0U);
    EXPECT_EQ(summarize({5000}).p99_us, 5);
    std::vector<std::int64_t> hundred;
    for (std::int64_t i = 100; i > 0; --i)
        hundred.push_back(i * 1000);
    const Latencies found = summarize(hundred);
    EXPECT_EQ(found.p50_us, 50);
    EXPECT_EQ(found.p99_us, 99);
    EXPECT_EQ(found.worst_us, 100);
}

TEST(Fidelity, QuietMachineIsFineAndShowsItsFigures)
{
    const auto findings = judge_fidelity(kQuiet, "tsc");
    EXPECT_EQ(worst(findings), CheckLevel::ok);
    EXPECT_THAT(findings[0].found, HasSubstr("p50 58 µs, p99 120 µs, worst 300 µs of 700"));
    EXPECT_THAT(findings[2].found, HasSubstr("every 12.0 ms of CPU time, asked for every 10.0 ms"));
    EXPECT_THAT(findings[3].found, HasSubstr("clock source tsc; one reading takes 25 ns"));
}

TEST(Fidelity, LateAndStarvedMachines)
{
    Fidelity late = kQuiet;
    late.timer.p99_us = 2500;
    EXPECT_EQ(levels(judge_fidelity(late, "tsc"))[0], CheckLevel::note);
    late.signal.p99_us = 15000;
    EXPECT_EQ(levels(judge_fidelity(late, "tsc"))[1], CheckLevel::warn);
    late.signal = {};
    EXPECT_EQ(levels(judge_fidelity(late, "tsc"))[1], CheckLevel::unknown);
    late.profile_got_ms = 40;
    EXPECT_EQ(levels(judge_fidelity(late, "tsc"))[2], CheckLevel::note);
    late.clock_read_ns = 900;
    EXPECT_EQ(levels(judge_fidelity(late, "acpi_pm"))[3], CheckLevel::note);
}

TEST(Fidelity, MeasuresHereAndLeavesNoSignalsBehind)
{
    sigset_t before{};
    sigset_t after{};
    ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
    const Fidelity measured = measure_fidelity(std::chrono::milliseconds(400));
    ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &after), 0);
    EXPECT_EQ(::sigismember(&before, SIGPROF), ::sigismember(&after, SIGPROF));
    EXPECT_GT(measured.timer.count, 5U);
    EXPECT_GT(measured.signal.count, 5U);
    EXPECT_GT(measured.timer.p50_us, 0);
    EXPECT_LE(measured.signal.p50_us, measured.signal.worst_us);
    EXPECT_GE(measured.profile_got_ms, 5);
    EXPECT_GT(measured.clock_read_ns, 1);
}

} // namespace
} // namespace dbgscope::test
