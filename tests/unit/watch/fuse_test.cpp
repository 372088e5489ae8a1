// SPDX-License-Identifier: Apache-2.0
#include "unit/watch/fuse_story.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using namespace test;

/// What dlv and gdb do, as it looks from outside. Both stop by a signal (dlv SIGTRAP to the process, gdb SIGINT from
/// the terminal or SIGSTOP to each thread), continue by PTRACE_CONT, end by SIGKILL.
const Story kStories[] = {
    {"a leak is announced once, then frozen at half of the margin",
     {{0, 121, 0, State::throttled, "held"},
      {100, 122, 0, State::throttled, ""},
      {200, 123, 0, State::throttled, ""},
      {300, 125, 0, State::frozen, "freeze"},
      {320, 125, 0, State::frozen, ""}}},
    {"frozen early because it grew fast: what is left then is no reason to thaw",
     {{0, 120, 0, State::throttled, "held"},
      {10, 121, 0, State::frozen, "freeze"},
      {30, 121, 0, State::frozen, ""},
      {50, 121, 0, State::frozen, ""},
      {70, 121, 0, State::throttled, "thaw", 136, 120}}},
    {"a stop of one thread (gdb stops each new one) is no licence to run as after a person's stop",
     {{0, 126, 0, State::frozen, "freeze held"},
      {20, 126, kPending, State::stopping, "thaw"},
      {40, 126, 0, State::frozen, "freeze"}}},
    {"past half of the margin at once; a little less is no reason to thaw",
     {{0, 125, 0, State::frozen, "freeze held"},
      {20, 124, 0, State::frozen, ""},
      {40, 123, 0, State::frozen, ""},
      {60, 122, 0, State::throttled, "thaw"}}},
    {"dlv halt: SIGTRAP while frozen, threads stop one by one",
     {{0, 126, 0, State::frozen, "freeze held"},
      {20, 126, kPending, State::stopping, "thaw"},
      {40, 126, kPending, State::stopping, ""},
      {60, 126, kStopped, State::stopped, ""},
      {560, 126, kStopped, State::stopped, ""}}},
    {"gdb Ctrl-C: SIGINT while throttled, up to two seconds until it lands",
     {{0, 121, 0, State::throttled, "held"},
      {100, 121, kPending, State::stopping, ""},
      {1900, 122, kPending, State::stopping, ""},
      {1920, 122, kStopped, State::stopped, ""}}},
    {"already stopped when it is announced", {{0, 121, kStopped, State::stopped, "held"}}},
    {"stopped by PTRACE_INTERRUPT, which needs no thaw",
     {{0, 126, 0, State::frozen, "freeze held"}, {20, 126, kStopped, State::stopped, "thaw"}}},
    {"next in dlv: short runs and stops, never frozen",
     {{0, 126, 0, State::frozen, "freeze held"},
      {20, 126, kPending, State::stopping, "thaw"},
      {40, 126, kStopped, State::stopped, ""},
      {540, 126, 0, State::stepping, ""},
      {640, 126, kStopped, State::stopped, ""},
      {1140, 126, 0, State::stepping, ""},
      {1240, 126, kStopped, State::stopped, ""}}},
    {"step in gdb, ten seconds of single steps: a look that sees it running proves nothing",
     {{0, 126, 0, State::frozen, "freeze held"},
      {20, 126, kStopped, State::stopped, "thaw"},
      {520, 126, 0, State::stepping, ""},
      {3520, 126, 0, State::stepping, ""},
      {10520, 126, kStopped, State::stopped, ""}}},
    {"print f(): a function call of three seconds that uses little",
     {{0, 125, 0, State::frozen, "freeze held"},
      {20, 125, kPending, State::stopping, "thaw"},
      {40, 125, kStopped, State::stopped, ""},
      {540, 125, 0, State::stepping, ""},
      {3540, 126, 0, State::stepping, ""},
      {3640, 126, kStopped, State::stopped, ""}}},
    {"continue with nothing left: frozen as long as it is stopped, so that it does not run at all",
     {{0, 127, 0, State::frozen, "freeze held"},
      {20, 127, kPending, State::stopping, "thaw"},
      {40, 128, kStopped, State::stopped, "freeze spent"},
      {540, 128, 0, State::frozen, ""},
      {560, 128, kPending, State::stopping, "thaw"},
      {580, 128, kStopped, State::stopped, "freeze"},
      {600, 128, kStopped, State::running, "thaw raised", 256, 243}}},
    {"continue: two seconds and half of what was left, then frozen and never said again",
     {{0, 248, 0, State::throttled, "held", 256, 240},
      {20, 248, kPending, State::stopping, "", 256, 240},
      {40, 248, kStopped, State::stopped, "", 256, 240},
      {540, 249, 0, State::stepping, "", 256, 240},
      {1540, 253, 0, State::stepping, "", 256, 240},
      {2440, 253, 0, State::stepping, "", 256, 240},
      {2640, 253, 0, State::frozen, "freeze", 256, 240},
      {2660, 253, kPending, State::stopping, "thaw", 256, 240},
      {2680, 253, kStopped, State::stopped, "", 256, 240}}},
    {"continue with a fast leak: a quarter of what was left stays, whatever the time",
     {{0, 240, 0, State::throttled, "held", 256, 240},
      {20, 240, kStopped, State::stopped, "", 256, 240},
      {520, 246, 0, State::stepping, "", 256, 240},
      {1020, 253, 0, State::frozen, "freeze", 256, 240}}},
    {"a breakpoint that continues by itself does not count as a new stop each time",
     {{0, 240, 0, State::throttled, "held", 256, 240},
      {20, 240, kStopped, State::stopped, "", 256, 240},
      {520, 246, 0, State::stepping, "", 256, 240},
      {820, 248, kStopped, State::stopped, "", 256, 240},
      {1120, 250, 0, State::stepping, "", 256, 240},
      {1420, 252, kStopped, State::stopped, "", 256, 240},
      {1720, 253, 0, State::frozen, "freeze", 256, 240}}},
    {"continue after garbage was collected",
     {{0, 121, 0, State::throttled, "held"},
      {20, 121, kStopped, State::stopped, ""},
      {520, 110, 0, State::stepping, ""},
      {620, 107, 0, State::running, "shrunk"},
      {2000, 100, 0, State::running, ""}}},
    {"detach in dlv: SIGSTOP, PTRACE_DETACH, it lives on alone",
     {{0, 126, 0, State::frozen, "freeze held"},
      {20, 126, kPending, State::stopping, "thaw"},
      {40, 126, kStopped, State::stopped, ""},
      {540, 126, kUntraced, State::lifted, "lift detached"},
      {2540, 126, kUntraced | kLifted, State::lifted, ""}}},
    {"the debugger dies: ptrace lets go while frozen",
     {{0, 126, 0, State::frozen, "freeze held"}, {20, 126, kUntraced, State::lifted, "thaw lift detached"}}},
    {"kill in gdb: SIGKILL works while frozen",
     {{0, 126, 0, State::frozen, "freeze held"},
      {20, 60, kDead, State::running, "thaw ended"},
      {500, 0, kDead, State::running, ""}}},
    {"restart in dlv: the next one arrives before the death of the first was seen",
     {{0, 126, 0, State::frozen, "freeze held"},
      {20, 1, 0, State::running, "thaw shrunk"},
      {5000, 121, 0, State::throttled, "held"}}},
    {"run in gdb twice",
     {{0, 121, kStopped, State::stopped, "held"},
      {500, 0, kDead, State::running, "ended"},
      {900, 121, 0, State::throttled, "held"}}},
    {"dbgscope set: cap and line raised while frozen",
     {{0, 126, 0, State::frozen, "freeze held"},
      {20, 126, 0, State::running, "thaw raised", 256, 243},
      {9000, 244, 0, State::throttled, "held", 256, 243}}},
    {"dbgscope set, but not by enough: the new numbers are said",
     {{0, 126, 0, State::frozen, "freeze held"},
      {20, 126, 0, State::throttled, "thaw held", 138, 130},
      {120, 126, 0, State::throttled, "", 138, 130}}},
    {"only memory.max raised by hand: room to run, still throttled",
     {{0, 126, 0, State::frozen, "freeze held"}, {20, 126, 0, State::throttled, "thaw", 256, 120}}},
    {"cap lowered while held",
     {{0, 121, 0, State::throttled, "held"}, {99, 121, 0, State::frozen, "freeze", 122, 114}}},
    {"between 90 and 95 percent it stays held, below 95 it does not trip",
     {{0, 113, 0, State::running, ""}, {100, 114, 0, State::throttled, "held"}, {200, 109, 0, State::throttled, ""}}},
    {"warn: said once, runs on into the cap, armed again below 90 percent",
     {{0, 121, 0, State::lifted, "lift held"},
      {2000, 127, kLifted, State::lifted, ""},
      {4000, 107, kLifted, State::running, "arm"},
      {6000, 121, 0, State::lifted, "lift held"}},
     FuseAction::warn},
    {"warn: a new line is a new promise",
     {{0, 121, 0, State::lifted, "lift held"}, {2000, 244, 0, State::lifted, "lift held", 256, 243}},
     FuseAction::warn},
    {"warn: ended, nothing to look at",
     {{0, 121, 0, State::lifted, "lift held"}, {2000, 0, kDead | kLifted, State::lifted, ""}},
     FuseAction::warn},
    {"off", {{0, 127, 0, State::running, ""}}, FuseAction::off},
    {"nobody traces it: not held, but let through", {{0, 121, kUntraced, State::lifted, "lift"}}},
    {"memory that outlived its processes", {{0, 121, kDead, State::running, ""}}},
    {"pressure: frozen while it lasts",
     {{0, 50, kPressure, State::running, "freeze"},
      {20, 50, kPressure, State::running, ""},
      {40, 50, 0, State::running, "thaw"}}},
    {"pressure: a stop thaws it until the next time",
     {{0, 50, kPressure, State::running, "freeze"},
      {20, 50, kPressure | kPending, State::running, "thaw"},
      {40, 50, kPressure | kStopped, State::running, ""},
      {60, 50, kPressure, State::running, ""},
      {80, 50, 0, State::running, ""},
      {99, 50, kPressure, State::running, "freeze"}}},
    {"pressure needs no fuse", {{0, 127, kPressure, State::running, "freeze"}}, FuseAction::off},
    {"pressure ends while the fuse holds as well",
     {{0, 126, kPressure, State::frozen, "freeze held"},
      {20, 126, 0, State::frozen, ""},
      {40, 126, kPending, State::stopping, "thaw"}}},
};

TEST(Fuse, TellsTheseStories)
{
    for (const Story &story : kStories) {
        Fuse fuse(2, story.action, story.looked_at);
        tell(fuse, story);
    }
}

/// The kernel holds at the limit by itself; orders are what to lend.
const Story kStoriesV1[] = {
    {"waiting is held; page cache at the limit is not",
     {{0, 119, 0, State::running, ""},
      {100, 120, kWaiting, State::frozen, "held"},
      {120, 120, kWaiting, State::frozen, ""}}},
    {"halt: a little is lent until it lands",
     {{0, 120, kWaiting, State::frozen, "held"},
      {20, 120, kWaiting | kPending, State::stopping, "lend 64K"},
      {40, 120, kPending, State::stopping, ""},
      {60, 120, kWaiting | kPending, State::stopping, "lend 64K"},
      {80, 120, kStopped, State::stopped, ""}}},
    {"next, function call, continue: lends until half is used and two seconds have passed",
     {{0, 120, kWaiting, State::frozen, "held"},
      {20, 120, kStopped, State::stopped, ""},
      {520, 120, kWaiting, State::stepping, "lend 2M"},
      {540, 122, kWaiting, State::stepping, "lend 1.5M", 128, 120, 122},
      {2560, 125, kWaiting, State::frozen, "", 128, 120, 125},
      {2580, 125, kWaiting | kPending, State::stopping, "lend 64K", 128, 120, 125}}},
    {"continue: a quarter of what was left stays",
     {{0, 120, kWaiting, State::frozen, "held"},
      {20, 120, kStopped, State::stopped, ""},
      {520, 127, kWaiting, State::frozen, "", 128, 120, 127}}},
    {"one of its threads has freed memory",
     {{0, 120, kWaiting, State::frozen, "held"}, {20, 119, 0, State::throttled, ""}}},
    {"not shrunk while one process still waits, whatever the others gave back",
     {{0, 120, kWaiting, State::frozen, "held"}, {20, 107, kWaiting, State::frozen, ""}}},
    {"shrunk: what was lent is taken back, when it can be",
     {{0, 120, kWaiting, State::frozen, "held"},
      {20, 107, 0, State::running, "take back shrunk", 128, 120, 124},
      {9000, 107, 0, State::running, "take back", 128, 120, 124},
      {9100, 107, 0, State::running, ""}}},
    {"kill and restart",
     {{0, 120, kWaiting, State::frozen, "held"},
      {20, 0, kDead, State::running, "ended"},
      {900, 120, kWaiting, State::frozen, "held"}}},
    {"detach", {{0, 120, kWaiting, State::frozen, "held"}, {20, 120, kUntraced, State::lifted, "lift detached"}}},
    {"dbgscope set writes the new cap as the limit; the line follows",
     {{0, 120, kWaiting, State::frozen, "held"}, {20, 120, 0, State::running, "take back raised", 256, 243, 256}}},
    {"raised, and those who wait have not got up yet",
     {{0, 120, kWaiting, State::frozen, "held"},
      {20, 120, kWaiting, State::running, "take back raised", 256, 243, 256}}},
    {"raised, but not by enough",
     {{0, 120, kWaiting, State::frozen, "held"}, {20, 120, kWaiting, State::frozen, "held", 130, 123, 123}}},
    {"warn", {{0, 120, kWaiting, State::lifted, "lift held"}}, FuseAction::warn},
    {"pressure cannot freeze", {{0, 50, kPressure, State::running, ""}}},
};

TEST(Fuse, TellsTheseStoriesOnV1)
{
    for (const Story &story : kStoriesV1) {
        Fuse fuse(1, story.action, story.looked_at);
        tell(fuse, story);
    }
}

TEST(Fuse, CountsTripsNotWords)
{
    Fuse fuse(2, FuseAction::hold);
    tell(fuse, {"",
                {{0, 126, 0, State::frozen, "freeze held"},
                 {20, 126, 0, State::throttled, "thaw held", 138, 130},
                 {40, 126, 0, State::running, "raised", 256, 243},
                 {9000, 250, 0, State::frozen, "freeze held", 256, 243}}});
    EXPECT_EQ(fuse.trips(), 2U);
}

TEST(Fuse, ArmsAgainForANewDebuggee)
{
    for (const int version : {1, 2}) {
        Fuse fuse(version, FuseAction::warn);
        tell(fuse, {"", {{0, 121, kWaiting, State::lifted, "lift held"}}});
        fuse.new_debuggee();
        tell(fuse, {"", {{10, 121, kLifted, State::running, "arm"}}});
    }
}

TEST(Fuse, LooksSoonerTheFasterItGrows)
{
    const auto look_after = [](int ms, unsigned grown_mib) {
        Fuse fuse(2, FuseAction::hold);
        (void)fuse.step(sample_of({.at_ms = 0, .used_mib = 115, .seen = 0, .state = {}, .orders = {}}));
        return *fuse.step(sample_of({.at_ms = ms, .used_mib = 115 + grown_mib, .seen = 0, .state = {}, .orders = {}}))
                    .look_in;
    };
    EXPECT_EQ(look_after(100, 0), Ms(100));
    EXPECT_EQ(look_after(100, 4), Ms(62)); // 40 MiB/s, 5 MiB to half of the margin
    EXPECT_EQ(look_after(50, 2), Ms(87));
    EXPECT_EQ(look_after(5000, 1), Ms(10)); // how fast it is now is not known
}

TEST(Fuse, HeldForLongIsLookedAtLessOften)
{
    for (const int version : {1, 2}) {
        Fuse fuse(version, FuseAction::hold);
        const auto look_in = [&](int ms, unsigned seen) {
            return fuse
                .step(sample_of({.at_ms = ms, .used_mib = 126, .seen = kWaiting | seen, .state = {}, .orders = {}}))
                .look_in;
        };
        (void)look_in(0, 0);
        EXPECT_EQ(look_in(20, 0), Ms(20));
        EXPECT_EQ(look_in(9000, 0), Ms(20));
        EXPECT_EQ(look_in(10'100, 0), Ms(200));
        EXPECT_LE(look_in(3'600'000, kPending), Ms(20)) << "somebody has come";
        EXPECT_EQ(look_in(3'600'020, 0), Ms(20)) << "and may come again";
    }
}

TEST(Fuse, PageCacheNeverTripsAndIsLookedAtOnceMore)
{
    Fuse fuse(2, FuseAction::hold);
    FuseSample sample{.now = Ms(0), .current_bytes = 121 * kMiB, .line = kLine, .cap = kCap};
    sample.unreclaimable_bytes = 20 * kMiB;
    EXPECT_EQ(fuse.needs_processes(sample), ProcessNeed::none);
    EXPECT_EQ(fuse.step(sample).look_in, Ms(10));
    sample.now = Ms(10);
    const FuseOrders second = fuse.step(sample);
    EXPECT_EQ(second.look_in, std::nullopt);
    EXPECT_EQ(second.event_gap, Ms(100));
    EXPECT_EQ(fuse.trips(), 0U);
}

TEST(Fuse, NeedsProcessesOnlyWhenTheyMatter)
{
    Fuse fuse(2, FuseAction::hold);
    FuseSample sample = sample_of({.at_ms = 0, .used_mib = 100, .seen = 0, .state = {}, .orders = {}});
    EXPECT_EQ(fuse.needs_processes(sample), ProcessNeed::none);
    sample.pressure_hold = true;
    EXPECT_EQ(fuse.needs_processes(sample), ProcessNeed::now);
    sample = sample_of({.at_ms = 0, .used_mib = 121, .seen = 0, .state = {}, .orders = {}});
    EXPECT_EQ(fuse.needs_processes(sample), ProcessNeed::now);
    (void)fuse.step(sample);
    EXPECT_EQ(fuse.needs_processes(sample), ProcessNeed::sometimes) << "throttled: memory first";
    sample.unreclaimable_bytes = 126 * kMiB;
    (void)fuse.step(sample);
    EXPECT_EQ(fuse.needs_processes(sample), ProcessNeed::now) << "frozen: only we can thaw it";
}

} // namespace
} // namespace dbgscope
