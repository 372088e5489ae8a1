// SPDX-License-Identifier: Apache-2.0
#include "watch/oom_watch.hpp"

#include <signal.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using Time = OomWatch::Time;

/// Without a kernel: counts that a test writes. Nothing of these sessions is in the log, whether it can be read or not.
class FakeOom : public ::testing::Test {
  protected:
    FakeOom()
    {
        for (const char *name : {"", "/debuggee", "/debugger"}) {
            root.file(std::string("/s") + name + "/cgroup.procs", "")
                .file(std::string("/s") + name + "/memory.max", "max");
            count(name, 0, 0);
        }
        scope = std::move(*open_directory(root.path() + "/s"));
        debuggee = std::move(*open_directory(root.path() + "/s/debuggee"));
        debugger = std::move(*open_directory(root.path() + "/s/debugger"));
    }
    void count(const std::string &name, int oom_kill, int max = 0)
    {
        root.file("/s" + name + "/memory.events", "low 0\nhigh 0\nmax " + std::to_string(max) + "\noom " +
                                                      std::to_string(oom_kill) + "\noom_kill " +
                                                      std::to_string(oom_kill) + "\n");
    }
    OomSetup setup(bool split = true) const
    {
        OomSetup made{
            .version = 2, .scope = {scope.get(), root.path() + "/s"}, .context = {.tool = "dlv", .split = split}};
        if (split) {
            made.debuggee = {debuggee.get(), root.path() + "/s/debuggee"};
            made.debugger = {debugger.get(), root.path() + "/s/debugger"};
        }
        return made;
    }
    test::FakeRoot root;
    UniqueFd scope, debuggee, debugger;
    Time now{1000s};
};

TEST_F(FakeOom, MaxEventsAreNoKills)
{
    OomWatch watch(setup());
    for (int i = 1; i < 100; ++i) {
        count("/debuggee", 0, i);
        EXPECT_FALSE(watch.on_memory_event(now += 15ms));
        EXPECT_FALSE(watch.next_look());
    }
    EXPECT_EQ(watch.counts().max, 99u);
}

TEST_F(FakeOom, UnknownVictimIsAChildAfterASecond)
{
    OomWatch watch(setup());
    watch.on_debuggee_started(::getpid());
    count("/debuggee", 3);
    EXPECT_FALSE(watch.on_memory_event(now));
    ASSERT_TRUE(watch.next_look());
    EXPECT_LE(*watch.next_look(), now + 100ms);
    EXPECT_FALSE(watch.on_timer(now += 500ms));
    const auto told = watch.on_timer(now += 600ms);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->line,
              "a process started by the debuggee was killed for memory with 2 others: it hit the debuggee's cap "
              "(memory.max of …/debuggee). Try a larger --memory-max, or --fuse-action=hold to stop it before "
              "it dies.");
    EXPECT_FALSE(watch.next_look());
}

TEST_F(FakeOom, GoneWithoutAStatusIsAGuess)
{
    OomWatch watch(setup());
    watch.on_debuggee_started(999'999'999);
    count("/debuggee", 1);
    auto told = watch.on_debuggee_gone(999'999'999, "leak", std::nullopt, now);
    if (!told) // where the kernel's log can be read, it is given a moment
        told = watch.on_timer(now += 300ms);
    ASSERT_TRUE(told);
    EXPECT_THAT(told->line, HasSubstr("debuggee probably killed for memory: leak (pid 999999999) hit its cap"));
}

TEST_F(FakeOom, AnnouncedTwiceIsOne)
{
    OomWatch watch(setup());
    watch.on_debuggee_started(999'999'999); // gdb probes before it starts the program
    watch.on_debuggee_started(999'999'999);
    EXPECT_TRUE(watch.on_debuggee_gone(999'999'999, "leak", SIGKILL, now));
    EXPECT_FALSE(watch.on_debuggee_gone(999'999'999, "leak", SIGKILL, now));
}

TEST_F(FakeOom, AnExitIsNoKill)
{
    OomWatch watch(setup());
    watch.on_debuggee_started(999'999'999);
    count("/debuggee", 1); // its child
    (void)watch.on_debuggee_gone(999'999'999, "make", 2 << 8, now);
    const auto told = watch.on_timer(now += 1100ms);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->victim, Victim::debuggee_child);
}

TEST_F(FakeOom, DebuggerOrHelper)
{
    for (const auto &[status, victim] :
         {std::pair<std::optional<int>, Victim>{std::nullopt, Victim::debugger_or_helper},
          {SIGKILL, Victim::debugger},
          {1 << 8, Victim::helper}}) {
        count("/debugger", 0);
        OomWatch watch(setup());
        count("/debugger", 1);
        const auto told = watch.on_debugger_gone(status, now);
        ASSERT_TRUE(told);
        EXPECT_EQ(told->victim, victim);
    }
}

TEST_F(FakeOom, BothPartsAtTheEnd)
{
    OomWatch watch(setup());
    count("/debugger", 1);
    count("/debuggee", 1);
    const auto told = watch.on_debugger_gone(1 << 8, now);
    ASSERT_TRUE(told);
    EXPECT_THAT(told->line, HasSubstr("a process started by the debuggee was killed for memory: it hit"));
    EXPECT_THAT(told->line, HasSubstr("a helper of dlv was killed for memory: it hit the debugger's limit"));
}

TEST_F(FakeOom, NoSplit)
{
    OomWatch watch(setup(false));
    count("", 1);
    EXPECT_FALSE(watch.on_memory_event(now));
    const auto told = watch.on_timer(now += 1100ms);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->victim, Victim::session);
    EXPECT_EQ(told->cause, Cause::cap);
}

TEST_F(FakeOom, DebuggerEndedByAnotherProcess)
{
    OomWatch watch(setup());
    const auto told = watch.on_debugger_gone(SIGKILL, now);
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->say);
    EXPECT_EQ(told->line,
              "dlv ended by SIGKILL without a memory event: another process killed it, it was not the memory "
              "limit");
    OomWatch other(setup());
    EXPECT_FALSE(other.on_debugger_gone(0, now));
    OomWatch unknown(setup());
    EXPECT_FALSE(unknown.on_debugger_gone(std::nullopt, now));
}

/// The container's counter is one for all: before the debuggee's memory is free the kernel takes the debugger, too.
TEST_F(FakeOom, WithoutACgroupTheDebuggersOwnKillIsCountedWithTheDebuggees)
{
    OomSetup made = setup(false);
    made.debugger_pid = 999'999'998;
    made.context.around = "the container";
    const auto last_words = [&](int kills, std::chrono::milliseconds later) {
        count("", 0);
        OomWatch watch(made);
        watch.on_debuggee_started(999'999'999);
        count("", kills, kills);
        auto told = watch.on_debuggee_gone(999'999'999, "leak", SIGKILL, now);
        if (!told) // where the kernel's log can be read, it is given a moment
            told = watch.on_timer(now += 300ms);
        EXPECT_THAT(told->line,
                    HasSubstr("debuggee killed for memory: leak (pid 999999999), because the container hit"));
        return watch.on_debugger_gone(SIGKILL, now += later)->line;
    };
    EXPECT_THAT(last_words(2, 5ms), HasSubstr("dlv itself was probably killed for memory: pid 999999998, because the "
                                              "container hit its limit"));
    EXPECT_THAT(last_words(2, 5s), HasSubstr("dlv pid 999999998 ended by SIGKILL without a memory event"));
    EXPECT_THAT(last_words(1, 5ms), HasSubstr("ended by SIGKILL without a memory event"));
}

TEST_F(FakeOom, AThousandKillsOfWorkersAreAFewLines)
{
    OomWatch watch(setup());
    int lines = 0;
    std::string last;
    const auto take = [&](const std::optional<Verdict> &told) {
        if (!told)
            return;
        ++lines;
        last = told->line;
    };
    for (int i = 1; i <= 1000; ++i) { // an hour
        count("/debuggee", i);
        take(watch.on_memory_event(now));
        const Time next = now + 3600ms;
        while (watch.next_look() && *watch.next_look() < next) {
            now = *watch.next_look();
            take(watch.on_timer(now));
        }
        now = next;
    }
    EXPECT_GE(lines, 5);
    EXPECT_LE(lines, 14);
    EXPECT_THAT(last,
                MatchesRegex("[0-9]+ more processes were killed for memory in the last 640 s, like the one before"));
    take(watch.on_debugger_gone(0, now)); // the rest
    EXPECT_LE(lines, 15);
}

} // namespace
} // namespace dbgscope
