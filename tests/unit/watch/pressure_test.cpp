// SPDX-License-Identifier: Apache-2.0
#include "watch/pressure.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbgscope/bytes.hpp"
#include "fake_root.hpp"
#include "sys/file.hpp"
#include "unit/launch/host.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Time = PressureStates::Time;

constexpr Time kStart{100s};

TEST(PressureStates, EachStateOnceAndItsEndOnce)
{
    PressureStates states(PressureAction::say, 4000, 2000);
    EXPECT_FALSE(states.next_look());
    const auto first = states.on_event(PressureKind::some, kStart, "");
    EXPECT_EQ(first.line, "memory pressure: something in this session waits for memory more than 40% of the time");
    EXPECT_EQ(first.effect, PressureEffect::none);
    EXPECT_TRUE(first.stalling);
    for (int i = 1; i <= 20; ++i)
        EXPECT_EQ(states.on_event(PressureKind::some, kStart + i * 2s, "never").line, "");
    EXPECT_EQ(states.next_look(), kStart + 50s);
    EXPECT_EQ(states.on_timer(kStart + 49s).line, "");
    const auto over = states.on_timer(kStart + 50s);
    EXPECT_EQ(over.line, "memory pressure is over after 42 s");
    EXPECT_TRUE(over.over);
    EXPECT_FALSE(states.next_look());
    EXPECT_EQ(states.on_timer(kStart + 99s).line, "");
}

TEST(PressureStates, BothStates)
{
    PressureStates states(PressureAction::say, 4000, 2050);
    (void)states.on_event(PressureKind::some, kStart, "");
    EXPECT_EQ(
        states.on_event(PressureKind::full, kStart + 2s, "a hint").line,
        "memory pressure: everything in this session stands still for memory more than 20.5% of the time; a hint");
    (void)states.on_event(PressureKind::some, kStart + 8s, "");
    const auto half = states.on_timer(kStart + 12s);
    EXPECT_EQ(half.line, "memory pressure eased after 2 s: not everything stands still any more");
    EXPECT_FALSE(half.over);
    EXPECT_TRUE(states.on_timer(kStart + 18s).over);
}

TEST(PressureStates, FullSaysMore)
{
    PressureStates states(PressureAction::say, 4000, 2000);
    EXPECT_NE(states.on_event(PressureKind::full, kStart, "").line, "");
    const auto some = states.on_event(PressureKind::some, kStart + 1s, "advice");
    EXPECT_EQ(some.line, "");
    EXPECT_TRUE(some.stalling);
    EXPECT_THAT(states.on_timer(kStart + 10s).line, HasSubstr("eased"));
    EXPECT_THAT(states.on_timer(kStart + 11s).line, HasSubstr("is over"));
}

TEST(PressureStates, BothEndAtOnceInOneLine)
{
    PressureStates states(PressureAction::say, 4000, 2000);
    (void)states.on_event(PressureKind::some, kStart, "");
    (void)states.on_event(PressureKind::full, kStart, "");
    EXPECT_EQ(states.on_timer(kStart + 10s).line, "memory pressure is over after 2 s");
}

TEST(PressureStates, FlappingIsNotAFlood)
{
    PressureStates states(PressureAction::say, 4000, 0);
    int lines = 0;
    // An hour of two seconds of pressure every 15 s.
    for (Time now = kStart; now < kStart + 3600s; now += 1s) {
        if ((now - kStart) % 15s == 0s && !states.on_event(PressureKind::some, now, "").line.empty())
            ++lines;
        if (states.next_look() && *states.next_look() <= now && !states.on_timer(now).line.empty())
            ++lines;
    }
    EXPECT_EQ(lines, 3); // it begins, is over, and begins
    // After five quiet minutes it is new again.
    EXPECT_NE(states.on_timer(kStart + 4000s).line, "");
    EXPECT_NE(states.on_event(PressureKind::some, kStart + 4400s, "").line, "");
    EXPECT_EQ(states.next_look(), kStart + 4410s);
}

TEST(PressureStates, SilentWhileTheFuseHolds)
{
    PressureStates states(PressureAction::weight, 4000, 2000);
    states.set_fuse_held(true, kStart);
    const auto step = states.on_event(PressureKind::full, kStart, "");
    EXPECT_EQ(step.line, "");
    EXPECT_EQ(step.effect, PressureEffect::none);
    EXPECT_FALSE(step.stalling);
    EXPECT_FALSE(states.next_look());
    states.set_fuse_held(false, kStart + 60s);
    EXPECT_NE(states.on_event(PressureKind::full, kStart + 60s, "").line, "");
    // A state that was there before waits, without a timer, and ends only afterwards.
    states.set_fuse_held(true, kStart + 61s);
    EXPECT_FALSE(states.next_look());
    EXPECT_EQ(states.on_timer(kStart + 600s).line, "");
    states.set_fuse_held(false, kStart + 600s);
    EXPECT_EQ(states.next_look(), kStart + 610s);
}

TEST(PressureStates, Weight)
{
    PressureStates states(PressureAction::weight, 4000, 2000);
    const auto first = states.on_event(PressureKind::some, kStart, "");
    EXPECT_EQ(first.effect, PressureEffect::lower_weight);
    EXPECT_THAT(first.line, HasSubstr("; the debuggee gets less of the CPU until it is over"));
    EXPECT_EQ(states.on_event(PressureKind::full, kStart + 9s, "").effect, PressureEffect::none);
    EXPECT_EQ(states.on_timer(kStart + 10s).effect, PressureEffect::none); // full is still there
    const auto over = states.on_timer(kStart + 19s);
    EXPECT_EQ(over.effect, PressureEffect::restore_weight);
    EXPECT_THAT(over.line, HasSubstr("; the debuggee has its CPU weight again"));
}

TEST(PressureStates, HoldIsForFullAndEndsByItself)
{
    PressureStates states(PressureAction::hold, 4000, 2000);
    EXPECT_EQ(states.on_event(PressureKind::some, kStart, "").effect, PressureEffect::none);
    EXPECT_EQ(states.on_event(PressureKind::full, kStart, "").effect, PressureEffect::hold);
    states.set_fuse_held(true, kStart); // the loop takes our own hold for the fuse's
    ASSERT_TRUE(states.next_look());
    EXPECT_EQ(states.on_timer(kStart + 10s).effect, PressureEffect::release);
    PressureStates only_some(PressureAction::hold, 4000, 0);
    EXPECT_EQ(only_some.on_event(PressureKind::some, kStart, "").effect, PressureEffect::hold);
}

TEST(SwapAdvice, OnlyWhenTrue)
{
    const SwapUse use{.total_bytes = 2 * kGiB,
                      .used_bytes = kGiB,
                      .swappiness = 60,
                      .session_bytes = 300 * kMiB,
                      .swapped_in_pages = 9};
    EXPECT_EQ(swap_advice(use), "300M of this session is in swap (1G of 2G in use, vm.swappiness is 60): \"sysctl "
                                "vm.swappiness=10\" or --memory-swap-max=0 keeps it out");
    const auto without = [&use](auto change) {
        SwapUse other = use;
        change(other);
        return swap_advice(other);
    };
    EXPECT_EQ(without([](SwapUse &of) { of.total_bytes = 0; }), "");
    EXPECT_EQ(without([](SwapUse &of) { of.session_bytes = 0; }), "");
    EXPECT_EQ(without([](SwapUse &of) { of.swapped_in_pages = 0; }), "");
    EXPECT_EQ(without([](SwapUse &of) { of.swappiness = 10; }), "");
}

TEST(PressureWatch, WritesTheTriggers)
{
    test::FakeRoot root;
    root.file("/memory.pressure", "");
    auto directory = open_directory(root.path());
    ASSERT_TRUE(directory);
    const PressureWatch both(directory->get(), 4000, 2000, PressureAction::say);
    EXPECT_EQ(both.fds().size(), 2u);
    EXPECT_EQ(both.fds()[0].events, POLLPRI);
    EXPECT_FALSE(both.why_not());
    EXPECT_EQ(test::slurp(root.path() + "/memory.pressure"), std::string("full 400000 2000000\0", 20));
    const PressureWatch some(directory->get(), 20000, 0, PressureAction::say);
    EXPECT_EQ(some.fds().size(), 1u);
    EXPECT_EQ(test::slurp(root.path() + "/memory.pressure"), std::string("some 2000000 2000000\0", 21));
}

TEST(PressureWatch, WithoutPressure)
{
    const PressureWatch none(-1, 4000, 2000, PressureAction::say);
    EXPECT_TRUE(none.fds().empty());
    ASSERT_TRUE(none.why_not());
    EXPECT_EQ(none.why_not()->error_number, ENOENT);
    test::FakeRoot root; // psi=0: no such file
    auto directory = open_directory(root.path());
    PressureWatch watch(directory->get(), 4000, 2000, PressureAction::say);
    EXPECT_TRUE(watch.fds().empty());
    EXPECT_EQ(watch.why_not()->error_number, ENOENT);
    EXPECT_EQ(watch.on_ready(99, POLLPRI, kStart).line, "");
}

TEST(PressureWatch, ForgetsAGoneCgroup)
{
    test::FakeRoot root;
    root.file("/memory.pressure", "");
    auto directory = open_directory(root.path());
    PressureWatch watch(directory->get(), 4000, 2000, PressureAction::say);
    const int some = watch.fds()[0].fd;
    const int full = watch.fds()[1].fd;
    EXPECT_EQ(watch.on_ready(some, POLLPRI | POLLERR, kStart).line, "");
    ASSERT_EQ(watch.fds().size(), 1u);
    EXPECT_EQ(watch.fds()[0].fd, full);
    EXPECT_THAT(watch.on_ready(full, POLLPRI, kStart).line, HasSubstr("everything"));
    EXPECT_EQ(::fcntl(some, F_GETFD), -1);
}

TEST(PressureWatch, RealCgroup)
{
    DBGSCOPE_NEEDS_ROOT();
    const auto facts = test::own_cgroup();
    if (facts.unified_dir.empty() || ::access((facts.unified_dir + "/memory.pressure").c_str(), W_OK) != 0)
        GTEST_SKIP() << "needs a cgroup v2 hierarchy with memory.pressure";
    const test::HostCgroup cgroup(facts.unified_dir);
    ASSERT_TRUE(cgroup.made());
    auto directory = open_directory(cgroup.path());
    PressureWatch watch(directory->get(), 4000, 2000, PressureAction::say);
    ASSERT_EQ(watch.fds().size(), 2u) << to_line(*watch.why_not());
    pollfd polled{.fd = watch.fds()[0].fd, .events = watch.fds()[0].events, .revents = 0};
    EXPECT_EQ(::poll(&polled, 1, 0), 0); // nothing happens
    ASSERT_EQ(::rmdir(cgroup.path().c_str()), 0);
    ASSERT_EQ(::poll(&polled, 1, 2000), 1);
    (void)watch.on_ready(polled.fd, polled.revents, kStart);
    EXPECT_EQ(watch.fds().size(), 1u);
}

} // namespace
} // namespace dbgscope
