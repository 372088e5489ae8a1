// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "unit/watch/real_session.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using test::after_event;
using test::allocate;
using test::kCap;
using test::Process;
using test::RealOom;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Time = OomWatch::Time;

TEST_F(RealOom, AKillElsewhereIsNotOursWhereNoCgroupCanBeSeen)
{
    session->limit("/debuggee", kCap);
    OomWatch watch({.version = session->version(),
                    .scope = {},
                    .debuggee = {},
                    .debugger = {},
                    .debugger_pid = ::getpid(),
                    .context = {.tool = "run"}});
    Process other(session->scope_path + "/debuggee", "other", [] { allocate(64); });
    other.go();
    other.end();
    EXPECT_FALSE(watch.on_debugger_gone(0, std::chrono::steady_clock::now()));
}

/// The limit is the scope's, and its only process is who is watched.
TEST_F(RealOom, ACommandsDeathIsToldOnce)
{
    session->limit("", kCap);
    Process command(session->scope_path + "/debugger", "command", [] { allocate(64); });
    OomSetup made = session->setup(command.pid);
    made.context = {.tool = "run"};
    OomWatch watch(std::move(made));
    command.go();
    command.end();
    const auto told = after_event(watch);
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->memory()) << told->line;
    EXPECT_FALSE(watch.on_debugger_gone(command.wait(), std::chrono::steady_clock::now()));
}

TEST_F(RealOom, DebuggeeHitsItsCap)
{
    session->limit("/debuggee", kCap);
    OomWatch watch(session->setup());
    EXPECT_FALSE(watch.on_memory_event(Time{}));
    Process leak(session->scope_path + "/debuggee", "leak", [] { allocate(64); });
    watch.on_debuggee_started(leak.pid);
    leak.go();
    leak.end();
    const auto told = after_event(watch);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->cause, Cause::cap);
    EXPECT_EQ(told->victim, Victim::debuggee);
    EXPECT_THAT(
        told->line,
        MatchesRegex("debuggee killed for memory: leak \\(pid [0-9]+(, [0-9.]+M)?\\) (probably )?hit its cap of 24M "
                     "\\(memory.[a-z_]+ of …/debuggee\\). dlv will say \"Process [0-9]+ has exited "
                     "with status -9\". Try --memory-max=48M, or --fuse-action=hold .*"));
    EXPECT_THAT(told->line, HasSubstr("pid " + std::to_string(leak.pid)));
    // Once: neither its end nor another event says it again.
    const pid_t pid = leak.pid;
    EXPECT_FALSE(watch.on_debuggee_gone(pid, "leak", leak.wait(), std::chrono::steady_clock::now()));
    EXPECT_FALSE(after_event(watch));
    EXPECT_FALSE(watch.next_look());
    EXPECT_TRUE(watch.last_debuggee_killed_for_memory());
    EXPECT_EQ(watch.counts().oom_kill, 1u);
    EXPECT_EQ(watch.counts().oom, session->version() == 2 ? 1u : 0u);
    EXPECT_GT(watch.debuggee_peak_bytes(), kCap / 2);
}

TEST_F(RealOom, OnlyItsEndIsTold)
{
    session->limit("/debuggee", kCap); // as on v1, where no event comes
    OomWatch watch(session->setup());
    for (int round = 0; round < 5; ++round) {
        Process leak(session->scope_path + "/debuggee", "leak", [] { allocate(64); });
        const pid_t pid = leak.pid;
        watch.on_debuggee_started(pid);
        EXPECT_FALSE(watch.last_debuggee_killed_for_memory());
        leak.go();
        const auto status = leak.wait();
        auto told = watch.on_debuggee_gone(pid, "leak", status, std::chrono::steady_clock::now());
        if (!told)
            told = after_event(watch);
        ASSERT_TRUE(told) << round;
        EXPECT_EQ(told->cause, Cause::cap);
        EXPECT_THAT(told->line, HasSubstr("debuggee killed for memory: leak (pid " + std::to_string(pid)));
    }
    EXPECT_EQ(watch.counts().oom_kill, 5u);
}

TEST_F(RealOom, ChildOfTheDebuggee)
{
    session->limit("/debuggee", kCap);
    OomWatch watch(session->setup());
    Process parent(session->scope_path + "/debuggee", "server", [] {
        if (const pid_t child = ::fork(); child == 0) {
            (void)::prctl(PR_SET_NAME, "worker");
            allocate(64);
            ::_exit(0);
        } else {
            (void)::waitpid(child, nullptr, 0);
            ::pause();
        }
    });
    watch.on_debuggee_started(parent.pid);
    parent.go();
    std::optional<Verdict> told;
    for (int i = 0; i < 100 && !told; ++i) {
        std::this_thread::sleep_for(50ms);
        told = after_event(watch);
    }
    ASSERT_TRUE(told);
    EXPECT_EQ(told->victim, Victim::debuggee_child);
    EXPECT_THAT(told->line, HasSubstr("a process started by the debuggee was killed for memory: "));
    EXPECT_THAT(told->line, HasSubstr("hit the debuggee's cap of 24M"));
    EXPECT_THAT(told->line, Not(HasSubstr("will say")));
    EXPECT_FALSE(watch.last_debuggee_killed_for_memory());
}

TEST_F(RealOom, Build)
{
    session->limit("/debugger", kCap);
    Process debugger(session->scope_path + "/debugger", "dlv", [] { ::pause(); });
    OomWatch watch(session->setup(debugger.pid));
    Process compile(session->scope_path + "/debugger", "compile", [] { allocate(64); });
    compile.go();
    compile.end();
    const auto told = after_event(watch);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->cause, Cause::debugger);
    EXPECT_EQ(told->victim, Victim::helper);
    EXPECT_THAT(told->line, HasSubstr("the build was killed for memory: "));
    EXPECT_THAT(told->line, HasSubstr("hit the debugger's limit of 24M"));
}

TEST_F(RealOom, DebuggerItself)
{
    session->limit("/debugger", kCap);
    Process debugger(session->scope_path + "/debugger", "dlv", [] { allocate(64); });
    OomWatch watch(session->setup(debugger.pid));
    debugger.go();
    debugger.end();
    const auto told = watch.on_debugger_gone(std::nullopt, std::chrono::steady_clock::now());
    ASSERT_TRUE(told);
    EXPECT_EQ(told->victim, Victim::debugger);
    EXPECT_EQ(told->cause, Cause::debugger);
    EXPECT_THAT(told->line, HasSubstr("dlv itself was killed for memory: "));
}

TEST_F(RealOom, ScopeAndSlice)
{
    session->limit("/debuggee", kCap * 4);
    for (const bool slice : {false, true}) {
        session->limit("", slice ? kCap * 4 : kCap + kMiB);
        if (slice)
            session->limit("..", kCap);
        OomWatch watch(session->setup());
        Process leak(session->scope_path + "/debuggee", "leak", [] { allocate(64); });
        watch.on_debuggee_started(leak.pid);
        leak.go();
        leak.end();
        const auto told = after_event(watch);
        ASSERT_TRUE(told);
        EXPECT_EQ(told->cause, slice ? Cause::ancestor : Cause::scope) << told->line;
        EXPECT_THAT(told->line,
                    HasSubstr(slice ? "ScopeAndSlice hit its limit of 24M" : "the session hit its total of 25M"));
        EXPECT_THAT(told->line, HasSubstr("of a cap of 96M"));
    }
}

TEST_F(RealOom, SigkillWithoutMemory)
{
    session->limit("/debuggee", kCap);
    OomWatch watch(session->setup());
    Process idle(session->scope_path + "/debuggee", "idle", [] { ::pause(); });
    const pid_t pid = idle.pid;
    watch.on_debuggee_started(pid);
    (void)::kill(pid, SIGKILL);
    const auto told = watch.on_debuggee_gone(pid, "idle", idle.wait(), std::chrono::steady_clock::now());
    ASSERT_TRUE(told);
    EXPECT_EQ(told->cause, Cause::not_memory);
    EXPECT_FALSE(told->say);
    EXPECT_FALSE(watch.last_debuggee_killed_for_memory());
    EXPECT_FALSE(watch.next_look());
}

TEST_F(RealOom, RemovedCgroupKeepsItsCounts)
{
    session->limit("/debuggee", kCap);
    OomWatch watch(session->setup());
    Process leak(session->scope_path + "/debuggee", "leak", [] { allocate(64); });
    leak.go();
    (void)leak.wait();
    EXPECT_EQ(watch.counts().oom_kill, 1u);
    const auto peak = watch.debuggee_peak_bytes();
    for (const char *name : {"/debuggee", "/debugger", ""})
        ASSERT_EQ(::rmdir((session->scope_path + name).c_str()), 0);
    EXPECT_EQ(watch.counts().oom_kill, 1u);
    EXPECT_EQ(watch.debuggee_peak_bytes(), peak);
    (void)watch.on_debugger_gone(std::nullopt, Time{});
}

} // namespace
} // namespace dbgscope
