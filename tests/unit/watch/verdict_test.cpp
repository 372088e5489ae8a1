// SPDX-License-Identifier: Apache-2.0
#include "watch/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// debuggee (128M) and debugger (512M) in a scope of 1G in debug.slice in the root.
Evidence machine(int version = 2)
{
    Evidence evidence;
    evidence.version = version;
    const std::string scope = "/sys/fs/cgroup/debug.slice/run-p1.scope";
    evidence.levels = {{.level = Level::debuggee, .path = scope + "/debuggee", .max = Limit(128 * kMiB)},
                       {.level = Level::debugger, .path = scope + "/debugger", .max = Limit(512 * kMiB)},
                       {.level = Level::scope, .path = scope, .max = Limit(kGiB)},
                       {.path = "/sys/fs/cgroup/debug.slice", .max = Limit(64 * kMiB)},
                       {.path = "/sys/fs/cgroup"}};
    return evidence;
}

enum At : std::size_t { debuggee, debugger, scope, slice, root };

/// A kill whose victim lived in `victim`, because of the limit at `limit`.
Evidence after_kill(const Evidence &before, std::size_t victim, std::optional<std::size_t> limit)
{
    Evidence after = before;
    for (LevelEvidence &level : after.levels)
        level.local.max += 40; // near a limit it always moves
    after.levels[victim].local.oom_kill += 1;
    after.levels[victim].oom_kill_below += 1;
    after.machine_oom_kill += 1;
    if (limit) {
        after.levels[*limit].local.oom += 1;
        after.levels[*limit].oom_below += 1;
    }
    return after;
}

const VerdictContext kDlv{.tool = "dlv", .split = true};
const Death kLeak{.victim = Victim::debuggee, .pid = 4712, .name = "leak", .size_bytes = 127 * kMiB};

TEST(Judge, OwnCap)
{
    const Evidence before = machine();
    const Verdict verdict = judge(before, after_kill(before, debuggee, debuggee), kLeak, kDlv);
    EXPECT_EQ(verdict.cause, Cause::cap);
    EXPECT_TRUE(verdict.say);
    EXPECT_EQ(
        verdict.line,
        "debuggee killed for memory: leak (pid 4712, 127M) hit its cap of 128M (memory.max of …/debuggee). dlv will "
        "say \"Process 4712 has exited with status -9\". Try --memory-max=256M, or --fuse-action=hold to stop it "
        "before it dies.");
}

TEST(Judge, AdviceIsOnlyWhatHelps)
{
    const Evidence before = machine();
    const Evidence after = after_kill(before, debuggee, debuggee);
    VerdictContext context = kDlv;
    context.fuse = FuseAction::hold;
    context.go = true;
    EXPECT_THAT(judge(before, after, kLeak, context).line, HasSubstr("Try --memory-max=256M."));
    context.gomemlimit = Limit(112 * kMiB);
    EXPECT_THAT(judge(before, after, kLeak, context).line, Not(HasSubstr("GOMEMLIMIT")));
    context.gomemlimit = Limit();
    EXPECT_THAT(judge(before, after, kLeak, context).line,
                HasSubstr("Try --memory-max=256M, or GOMEMLIMIT=115MiB below the cap."));
}

TEST(Judge, WhatEachDebuggerSays)
{
    const Evidence before = machine();
    const Evidence after = after_kill(before, debuggee, debuggee);
    const auto line = [&](const char *tool) {
        VerdictContext context = kDlv;
        context.tool = tool;
        return judge(before, after, kLeak, context).line;
    };
    EXPECT_THAT(line("gdb"), HasSubstr("gdb will say \"Program terminated with signal SIGKILL, Killed.\""));
    EXPECT_THAT(line("gdbserver"), HasSubstr("gdbserver will say \"Child terminated with signal = 0x9 (SIGKILL)\""));
    EXPECT_THAT(line("lldb-server"), Not(HasSubstr("will say")));
}

TEST(Judge, ChildOfTheDebuggee)
{
    const Evidence before = machine();
    Death death = kLeak;
    death.victim = Victim::debuggee_child;
    death.others = 2;
    const auto verdict = judge(before, after_kill(before, debuggee, debuggee), death, kDlv);
    EXPECT_THAT(verdict.line,
                HasSubstr("a process started by the debuggee was killed for memory with 2 others: leak (pid "
                          "4712, 127M) hit the debuggee's cap of 128M"));
    EXPECT_THAT(verdict.line, Not(HasSubstr("will say")));
}

TEST(Judge, Build)
{
    const Evidence before = machine();
    VerdictContext context = kDlv;
    context.builds = true;
    const Death death{.victim = Victim::helper, .pid = 9, .name = "compile", .size_bytes = 300 * kMiB};
    const auto verdict = judge(before, after_kill(before, debugger, debugger), death, context);
    EXPECT_EQ(verdict.cause, Cause::debugger);
    EXPECT_EQ(verdict.line, "the build was killed for memory: compile (pid 9, 300M) hit the debugger's limit of 512M "
                            "(memory.max of …/debugger). go will say \"compile: signal: killed\". Try "
                            "--debugger-memory-max=1G, or GOFLAGS=-p=1 to build one package at a time.");
}

TEST(Judge, Scope)
{
    Evidence before = machine();
    before.levels[debuggee].peak_bytes = 61 * kMiB;
    const auto verdict = judge(before, after_kill(before, debuggee, scope), kLeak, kDlv);
    EXPECT_EQ(verdict.cause, Cause::scope);
    EXPECT_THAT(verdict.line, HasSubstr("leak (pid 4712, 127M), because the session hit its total of 1G (memory.max of "
                                        "run-p1.scope); its own peak was 61M of a cap of 128M."));
    EXPECT_THAT(verdict.line, HasSubstr("Try --total-memory-max=2G, or a smaller --memory-max."));
}

TEST(Judge, Slice)
{
    const Evidence before = machine();
    const auto verdict =
        judge(before, after_kill(before, debugger, slice), {.victim = Victim::debugger, .pid = 3, .name = "dlv"}, kDlv);
    EXPECT_EQ(verdict.cause, Cause::ancestor);
    EXPECT_EQ(verdict.line,
              "dlv itself was killed for memory: dlv (pid 3), because debug.slice hit its limit of 64M "
              "(memory.max). Try \"dbgscope set debug.slice memory.max=128M\", or a --memory-max below what "
              "is left there.");
}

TEST(Judge, MachineOrUnseen)
{
    Evidence before = machine();
    EXPECT_THAT(judge(before, after_kill(before, debuggee, std::nullopt), kLeak, kDlv).line,
                HasSubstr("because the whole machine ran out of memory"));
    before.to_the_root = false;
    const auto verdict = judge(before, after_kill(before, debuggee, std::nullopt), kLeak, kDlv);
    EXPECT_EQ(verdict.cause, Cause::unseen);
    EXPECT_THAT(verdict.line,
                HasSubstr("because a limit above /sys/fs/cgroup was hit, which cannot be seen from here, or "
                          "the whole machine ran out of memory"));
    // A container's own limit is that of a directory without a name.
    EXPECT_THAT(judge(before, after_kill(before, debuggee, root), kLeak, kDlv).line,
                HasSubstr("because the outermost cgroup visible here, /sys/fs/cgroup, hit its limit"));
}

TEST(Judge, AMachineIsFullOfSomebodyElse)
{
    const Evidence before = machine();
    Death death = kLeak;
    death.log = OomKill{.pid = 4712,
                        .machine_wide = true,
                        .largest_name = "chrome",
                        .largest_bytes = 12 * kGiB,
                        .limit_cgroup = {},
                        .victim_cgroup = {}};
    const Verdict verdict = judge(before, after_kill(before, debuggee, std::nullopt), death, kDlv);
    EXPECT_EQ(verdict.cause, Cause::machine);
    EXPECT_EQ(verdict.line,
              "debuggee killed for memory: leak (pid 4712, 127M), because the whole machine ran out of memory; the "
              "largest was chrome, 12G. dlv will say \"Process 4712 has exited with status -9\".");
    death.log->largest_name.clear();
    EXPECT_THAT(judge(before, after_kill(before, debuggee, std::nullopt), death, kDlv).line,
                Not(HasSubstr("--memory-max")));
}

TEST(Judge, NodesThatAreFullAreNotTheWholeMachine)
{
    const Evidence before = machine();
    Death death = kLeak;
    death.log = OomKill{.pid = 4712,
                        .machine_wide = true,
                        .nodes_only = true,
                        .largest_name = "chrome",
                        .largest_bytes = 12 * kGiB,
                        .limit_cgroup = {},
                        .victim_cgroup = {}};
    EXPECT_EQ(
        judge(before, after_kill(before, debuggee, std::nullopt), death, kDlv).line,
        "debuggee killed for memory: leak (pid 4712, 127M), because the NUMA nodes that its cpuset or memory policy "
        "lets it use were full. dlv will say \"Process 4712 has exited with status -9\".");
}

TEST(Judge, InnermostOfSeveral)
{
    const Evidence before = machine();
    Evidence after = after_kill(before, debuggee, slice);
    after.levels[debuggee].local.oom += 1;
    EXPECT_EQ(judge(before, after, kLeak, kDlv).cause, Cause::cap);
}

TEST(Judge, OldEventsDoNotCount)
{
    Evidence before = machine();
    before.levels[debuggee].local.oom = 5;
    EXPECT_EQ(judge(before, after_kill(before, debuggee, slice), kLeak, kDlv).cause, Cause::ancestor);
}

TEST(Judge, CgroupOfTheProgramsOwn)
{
    const Evidence before = machine();
    Evidence after = before;
    after.levels[debuggee].oom_below += 1;
    after.levels[debuggee].oom_kill_below += 1;
    EXPECT_EQ(judge(before, after, kLeak, kDlv).cause, Cause::inner);
    after.levels[debuggee].oom_below = 0; // the victim in a child, the limit nobody's
    EXPECT_EQ(judge(before, after, kLeak, kDlv).cause, Cause::machine);
}

TEST(Judge, SystemdOomd)
{
    const Evidence before = machine();
    Evidence after = before;
    after.oomd_marks = 1;
    const auto verdict = judge(before, after, kLeak, kDlv);
    EXPECT_EQ(verdict.cause, Cause::oomd);
    EXPECT_THAT(verdict.line, HasSubstr("leak (pid 4712, 127M), by systemd-oomd because"));
}

TEST(Judge, NotMemory)
{
    const Evidence before = machine();
    Evidence after = before;
    after.levels[debuggee].local.max += 100;
    after.levels[debuggee].local.oom_group_kill += 0;
    after.machine_oom_kill += 1; // somebody else's
    const auto verdict = judge(before, after, {.victim = Victim::debuggee, .pid = 7, .name = "leak"}, kDlv);
    EXPECT_EQ(verdict.cause, Cause::not_memory);
    EXPECT_FALSE(verdict.say);
    EXPECT_FALSE(verdict.memory());
    EXPECT_EQ(verdict.line,
              "debuggee leak (pid 7) ended by SIGKILL without a memory event: the debugger itself or another "
              "process killed it, it was not the memory limit");
    EXPECT_TRUE(judge(before, after, {.victim = Victim::debugger, .pid = 7}, kDlv).say);
}

/// As `ctr run` starts containers: the limit is there, and cannot be seen.
TEST(Judge, NoCgroupIsMounted)
{
    const Evidence before{.machine_oom_kill = 3};
    Evidence after = before;
    const Death command{.victim = Victim::debugger, .pid = 10, .name = "leak"};
    const VerdictContext run{.tool = "run", .around = "the container"};
    EXPECT_THAT(judge(before, after, command, run).line, HasSubstr("ended by SIGKILL without a memory event"));
    after.machine_oom_kill += 1;
    const Verdict verdict = judge(before, after, command, run);
    EXPECT_EQ(verdict.cause, Cause::unseen);
    EXPECT_TRUE(verdict.memory() && verdict.say);
    EXPECT_EQ(
        verdict.line,
        "the command itself was probably killed for memory: leak (pid 10), because a limit was hit that cannot be "
        "seen from here, as no cgroup is mounted, or the whole machine ran out of memory. Try --snapshot=DIR "
        "with a --memory-max below what it may have.");
    EXPECT_THAT(judge(before, after, kLeak, {.tool = "dlv", .around = "the container"}).line,
                HasSubstr("debuggee probably killed for memory: leak (pid 4712, 127M), because a limit was hit that"));
}

TEST(Judge, NoSplit)
{
    Evidence before = machine();
    before.levels.erase(before.levels.begin(), before.levels.begin() + 2);
    Evidence after = before;
    after.levels[0].local.oom = after.levels[0].local.oom_kill = 1;
    VerdictContext context = kDlv;
    context.split = false;
    const auto verdict = judge(before, after, {.victim = Victim::session}, context);
    EXPECT_EQ(verdict.cause, Cause::cap);
    EXPECT_EQ(verdict.line,
              "a process of this session was killed for memory: it hit the session's limit of 1G (memory.max "
              "of run-p1.scope). Try --memory-max=2G.");
    context.around = "the container";
    EXPECT_THAT(
        judge(before, after, {.victim = Victim::session}, context).line,
        HasSubstr("a process in the container was killed for memory, because the container hit its limit of 1G"));
}

TEST(Judge, V1GuessesOnlyWhereItMust)
{
    const Evidence before = machine(1);
    Evidence after = before;
    after.levels[debuggee].local = {.max = 48, .oom_kill = 1};
    EXPECT_THAT(judge(before, after, kLeak, kDlv).line, HasSubstr("leak (pid 4712, 127M) hit its cap of 128M "
                                                                  "(memory.limit_in_bytes of …/debuggee)"));
    after.levels[slice].local.max = 3;
    EXPECT_THAT(judge(before, after, kLeak, kDlv).line, HasSubstr("leak (pid 4712, 127M) probably hit its cap"));
    Death death = kLeak;
    death.log =
        OomKill{.pid = 4712, .limit_cgroup = "/c/debug.slice", .victim_cgroup = "/c/debug.slice/run-p1.scope/debuggee"};
    EXPECT_THAT(judge(before, after, death, kDlv).line, HasSubstr(", because debug.slice hit its limit of 64M"));
}

TEST(Judge, V1WithoutACountOfFailures)
{
    const Evidence before = machine(1);
    Evidence after = before;
    after.levels[debuggee].local.oom_kill = 1;
    after.levels[debuggee].peak_bytes = 61 * kMiB;
    after.levels[slice].peak_bytes = 64 * kMiB - 4096;
    EXPECT_THAT(judge(before, after, kLeak, kDlv).line,
                HasSubstr(", probably because debug.slice hit its limit of 64M"));
    Death death = kLeak;
    death.log = OomKill{.pid = 4712}; // "Memory cgroup out of memory", and only one was full
    EXPECT_THAT(judge(before, after, death, kDlv).line, HasSubstr(", because debug.slice hit its limit of 64M"));
    after.levels[debuggee].peak_bytes = 128 * kMiB;
    EXPECT_THAT(judge(before, after, death, kDlv).line, HasSubstr("probably hit its cap of 128M"));
    after.levels[debuggee].peak_bytes = after.levels[slice].peak_bytes = 0;
    EXPECT_EQ(judge(before, after, kLeak, kDlv).cause, Cause::machine);
}

TEST(Judge, LogDecides)
{
    const Evidence before = machine();
    const Evidence after = after_kill(before, debuggee, debuggee);
    Death death = kLeak;
    death.log = OomKill{.pid = 4712};
    const auto cause = [&](const char *limit, const char *victim) {
        death.log->limit_cgroup = limit;
        death.log->victim_cgroup = victim;
        return find_culprit(before, after, death, true).cause;
    };
    const char *const victim = "/outer/debug.slice/run-p1.scope/debuggee";
    EXPECT_EQ(cause("/outer/debug.slice/run-p1.scope/debuggee", victim), Cause::cap);
    EXPECT_EQ(cause("/outer/debug.slice/run-p1.scope", victim), Cause::scope);
    EXPECT_EQ(cause("/outer/debug.slice", victim), Cause::ancestor);
    EXPECT_EQ(cause("/outer/debug.slice/run-p1.scope/debuggee/x", "/outer/debug.slice/run-p1.scope/debuggee/x/y"),
              Cause::inner);
    EXPECT_EQ(cause("", ""), Cause::cap); // not logged: the counters
    EXPECT_EQ(cause("/else", "/else/where"), Cause::cap);
    death.log->machine_wide = true;
    EXPECT_EQ(cause("", victim), Cause::machine);
}

TEST(Judge, HostileNameStaysOnTheLine)
{
    const Evidence before = machine();
    Death death = kLeak;
    death.name = "a\nb\x1b[2J";
    EXPECT_THAT(judge(before, after_kill(before, debuggee, debuggee), death, kDlv).line, HasSubstr(R"(a\x0ab\x1b[2J)"));
}

TEST(Judge, GuessedVictim)
{
    const Evidence before = machine();
    Death death = kLeak;
    death.guessed = true;
    EXPECT_THAT(judge(before, after_kill(before, debuggee, debuggee), death, kDlv).line,
                HasSubstr("debuggee probably killed for memory: leak"));
}

TEST(Larger, WholeMiB)
{
    EXPECT_EQ(larger(128 * kMiB), "256M");
    EXPECT_EQ(larger(512 * kMiB), "1G");
    EXPECT_EQ(larger(1), "2M");
    EXPECT_EQ(larger(100 * kMiB + 1), "202M");
}

} // namespace
} // namespace dbgscope
