// SPDX-License-Identifier: Apache-2.0
#include "watch/loop.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/fd.hpp"

namespace dbgscope {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// An eventfd for a source: ready once signalled.
struct Event {
    UniqueFd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    void signal() const { ASSERT_EQ(::eventfd_write(fd.get(), 1), 0); }
    void drain() const
    {
        eventfd_t value = 0;
        (void)::eventfd_read(fd.get(), &value);
    }
};

class LoopTest : public ::testing::Test {
  protected:
    void add(std::string_view name, const Event &event)
    {
        loop_.add({.name = name,
                   .fds = [&event](auto &polled) { wait_for(polled, event.fd.get(), POLLIN); },
                   .ready =
                       [this, name, &event](const pollfd &entry, WatchTime) {
                           EXPECT_EQ(entry.fd, event.fd.get());
                           event.drain();
                           log_.push_back(std::string(name) + " ready");
                       }});
    }
    void add_timer(std::string_view name, std::optional<WatchTime> &at)
    {
        loop_.add({.name = name,
                   .next_look = [&at] { return at; },
                   .timer =
                       [this, name, &at](WatchTime now) {
                           if (due(at, now))
                               log_.push_back(std::string(name) + " due");
                       }});
    }
    Loop loop_;
    std::vector<std::string> log_;
};

TEST_F(LoopTest, ServesWhatIsReadyInTheOrderOfTheSources)
{
    const Event first;
    const Event second;
    const Event third;
    add("first", first);
    add("second", second);
    add("third", third);
    third.signal();
    first.signal();
    ASSERT_TRUE(loop_.turn());
    EXPECT_THAT(log_, ElementsAre("first ready", "third ready"));
}

TEST_F(LoopTest, WhatIsReadyComesBeforeWhatIsDue)
{
    std::optional<WatchTime> at = std::chrono::steady_clock::now();
    add_timer("timer", at);
    const Event event;
    add("event", event);
    event.signal();
    ASSERT_TRUE(loop_.turn());
    EXPECT_THAT(log_, ElementsAre("event ready", "timer due"));
    EXPECT_FALSE(at);
}

TEST_F(LoopTest, SleepsWithoutATimerWhileNoSourceAsksForOne)
{
    std::optional<WatchTime> at;
    add_timer("timer", at);
    const Event event;
    add("event", event);
    EXPECT_EQ(loop_.patience(std::chrono::steady_clock::now()), -1);
}

TEST_F(LoopTest, SaysWhenItIdlesAndNotWhileATimeIsAwaited)
{
    int idled = 0;
    loop_.before_idling([&] { return ++idled < 0; });
    const Event event;
    add("event", event);
    event.signal();
    ASSERT_TRUE(loop_.turn());
    EXPECT_EQ(idled, 1);
    std::optional<WatchTime> at = std::chrono::steady_clock::now();
    add_timer("timer", at);
    ASSERT_TRUE(loop_.turn());
    EXPECT_EQ(idled, 1);
}

TEST_F(LoopTest, RehearsesOneSource)
{
    std::vector<std::string> called;
    for (const char *name : {"a", "b"})
        loop_.add(
            {.name = name,
             .ready = [&called, name](const pollfd &, WatchTime) { called.push_back(name + std::string("-ready")); },
             .timer = [&called, name](WatchTime) { called.push_back(name + std::string("-due")); }});
    loop_.rehearse("b", WatchTime{});
    EXPECT_EQ(called, (std::vector<std::string>{"b-ready", "b-due"}));
}

TEST_F(LoopTest, GoesRoundOnceBeforeItSleepsWhereThatIsAsked)
{
    int idled = 0;
    loop_.before_idling([&] { return ++idled > 0; });
    const Event event;
    add("event", event);
    ASSERT_TRUE(loop_.turn()); // nothing is ready: it would sleep for ever
    EXPECT_EQ(idled, 1);
    event.signal();
    ASSERT_TRUE(loop_.turn());
    EXPECT_EQ(idled, 1);
    ASSERT_TRUE(loop_.turn());
    EXPECT_EQ(idled, 2);
}

TEST_F(LoopTest, WaitsForTheEarliestLookRoundedUp)
{
    const WatchTime now{milliseconds(1000)};
    std::optional<WatchTime> late = now + milliseconds(50);
    std::optional<WatchTime> early = now + std::chrono::microseconds(7200);
    add_timer("late", late);
    add_timer("early", early);
    EXPECT_EQ(loop_.patience(now), 8); // 7 would wake too early, and again
    EXPECT_EQ(loop_.patience(now + milliseconds(20)), 0);
    early.reset();
    late = now + std::chrono::hours(2);
    EXPECT_EQ(loop_.patience(now), 60'000);
}

TEST_F(LoopTest, OnlyWhatIsDueIsServed)
{
    const auto now = std::chrono::steady_clock::now();
    std::optional<WatchTime> past = now - milliseconds(1);
    std::optional<WatchTime> future = now + std::chrono::hours(1);
    add_timer("future", future);
    add_timer("past", past);
    ASSERT_TRUE(loop_.turn());
    EXPECT_THAT(log_, ElementsAre("past due"));
    EXPECT_TRUE(future);
}

TEST_F(LoopTest, ATimerThatAnEarlierSourceCalledOffIsNotServed)
{
    std::optional<WatchTime> at = std::chrono::steady_clock::now() + milliseconds(5);
    const Event event;
    loop_.add({.name = "event",
               .fds = [&](auto &polled) { wait_for(polled, event.fd.get(), POLLIN); },
               .ready =
                   [&](const pollfd &, WatchTime) {
                       event.drain();
                       at.reset();
                   }});
    add_timer("timer", at);
    event.signal();
    ASSERT_TRUE(loop_.turn());
    ::usleep(6000);
    EXPECT_EQ(loop_.patience(std::chrono::steady_clock::now()), -1);
    EXPECT_THAT(log_, IsEmpty());
}

TEST_F(LoopTest, DescriptorsMayComeAndGoBetweenRounds)
{
    const Event event;
    bool listening = false;
    loop_.add({.name = "muted",
               .fds = [&](auto &polled) { wait_for(polled, listening ? event.fd.get() : -1, POLLIN); },
               .ready =
                   [&](const pollfd &, WatchTime) {
                       event.drain();
                       log_.emplace_back("muted ready");
                   }});
    std::optional<WatchTime> at = std::chrono::steady_clock::now() + milliseconds(2);
    add_timer("timer", at);
    event.signal();
    ASSERT_TRUE(loop_.turn());
    EXPECT_THAT(log_, ElementsAre("timer due"));
    listening = true;
    ASSERT_TRUE(loop_.turn());
    EXPECT_THAT(log_, ElementsAre("timer due", "muted ready"));
}

TEST_F(LoopTest, TwoDescriptorsOfOneSourceAreToldApart)
{
    const Event left;
    const Event right;
    std::vector<int> seen;
    loop_.add({.name = "two",
               .fds =
                   [&](auto &polled) {
                       wait_for(polled, left.fd.get(), POLLIN);
                       wait_for(polled, right.fd.get(), POLLIN);
                   },
               .ready = [&](const pollfd &entry, WatchTime) { seen.push_back(entry.fd); }});
    const Event other;
    add("other", other);
    right.signal();
    other.signal();
    ASSERT_TRUE(loop_.turn());
    EXPECT_THAT(seen, ElementsAre(right.fd.get()));
    EXPECT_THAT(log_, ElementsAre("other ready"));
}

TEST_F(LoopTest, AHangUpIsReadyToo)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    short seen = 0;
    loop_.add({.name = "pipe",
               .fds = [&](auto &polled) { wait_for(polled, reader.get(), POLLIN); },
               .ready = [&](const pollfd &entry, WatchTime) { seen = entry.revents; }});
    writer.reset();
    ASSERT_TRUE(loop_.turn());
    EXPECT_NE(seen & POLLHUP, 0);
}

} // namespace
} // namespace dbgscope
