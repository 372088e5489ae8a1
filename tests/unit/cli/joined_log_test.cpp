// SPDX-License-Identifier: Apache-2.0
#include "cli/joined_log.hpp"

#include <string>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/explain/excerpts.hpp"
#include "tools/report/report_text.hpp"

namespace dbgscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Ten seconds from 23:59:50 on (UTC), 1000 s after the machine's start.
Timeline ten_seconds()
{
    (void)::setenv("TZ", "UTC", 1);
    ::tzset();
    Recorded in;
    in.header.realtime_ms = 1'700'006'390'000; // 2023-11-14 23:59:50
    in.header.monotonic_ms = 1'000'000;
    in.header.session.id = "s1";
    in.points = {{.at_ms = 0, .current_bytes = 5}, {.at_ms = 10'000, .current_bytes = 9}};
    return timeline_of(in);
}

Timeline joined(const std::string &log)
{
    Timeline timeline = ten_seconds();
    const int fd = ::memfd_create("log", MFD_CLOEXEC);
    EXPECT_EQ(::write(fd, log.data(), log.size()), static_cast<ssize_t>(log.size()));
    (void)::lseek(fd, 0, SEEK_SET);
    auto reader = LogReader::from(UniqueFd(fd), "x.log");
    EXPECT_TRUE(reader && join_log(timeline, *reader));
    return timeline;
}

std::vector<std::string> told(const Timeline &timeline)
{
    std::vector<std::string> lines;
    for (const TimelineEvent &event : timeline.events)
        lines.push_back(fmt::format("{} {}: {}", event.at_ms, event.what, event.text));
    return lines;
}

/// Lines of strace 6.1, of a program that asks for more than it may have, and dies.
TEST(JoinedLog, OfStraceWhatEndsAProgram)
{
    const Timeline timeline = joined(
        R"([pid  4711] 23:59:51.000000 execve("/usr/bin/true", ["true"], 0x7ffd491751c0 /* 37 vars */) = 0
[pid  4711] 23:59:51.100000 execve("/usr/local/bin/true", ["true"], 0x7ffd4 /* 37 vars */) = -1 ENOENT (No such file or directory)
[pid  4711] 23:59:51.200000 openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3
23:59:52.114350 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=23767, si_uid=0} ---
23:59:52.114416 mmap(NULL, 1073741824, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = -1 ENOMEM (Cannot allocate memory)
23:59:52.200000 write(1, " = -1 ENOMEM", 12) = 12
[pid 23768] 23:59:53.000000 tgkill(23768, 23769, SIGURG) = 0
[pid 23768] 23:59:53.115978 kill(23768, SIGSEGV) = 0
[pid 23768] 23:59:53.116006 --- SIGSEGV {si_signo=SIGSEGV, si_code=SI_USER, si_pid=23768, si_uid=0} ---
[pid 23768] 23:59:53.116356 +++ killed by SIGSEGV +++
23:59:54 (+     0.000645) clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD <unfinished ...>
23:59:54.500000 (+     0.000645) <... clone resumed>) = -1 EAGAIN (Resource temporarily unavailable)
4712  23:59:55.000000 exit_group(3)     = ?
4712  23:59:55.000100 +++ exited with 3 +++
4713  23:59:55.000200 +++ exited with 0 +++
)");
    EXPECT_THAT(
        told(timeline),
        ElementsAre(R"(1000 strace: pid 4711: execve("/usr/bin/true", ["true"], 0x7ffd491751c0 /* 37 vars */) = 0)",
                    HasSubstr("2114 strace: mmap(NULL, 1073741824, "),
                    "3115 strace: pid 23768: kill(23768, SIGSEGV) = 0",
                    HasSubstr("3116 strace: pid 23768: --- SIGSEGV {"),
                    HasSubstr("3116 strace: pid 23768: +++ killed by SIGSEGV +++"),
                    HasSubstr("4500 strace: <... clone resumed>"), "5000 strace: pid 4712: exit_group(3)     = ?",
                    "5000 strace: pid 4712: +++ exited with 3 +++"));
    EXPECT_TRUE(timeline.notes.empty());
}

TEST(JoinedLog, WhatHasNoClockIsCounted)
{
    const Timeline timeline =
        joined("23592      0.000027 execve(\"/usr/bin/bash\", [\"bash\"], 0x7ffd3 /* 37 vars */) = 0\n"
               "132085 GCStart p=1000004 g=0 off=962 seq=0\n"
               "34931 UserTaskCreate p=1 g=1 off=921 taskid=1 pid=0 typeid=5 name=load\n");
    EXPECT_TRUE(timeline.events.empty());
    EXPECT_THAT(timeline.notes, ElementsAre("x.log: 3 of its events have no time that could be placed"));
}

/// Four writers of one kernel line; programs that speak of memory are no kernel.
TEST(JoinedLog, OfTheKernelWhatMatters)
{
    const Timeline timeline = joined(
        "[ 1001.000000] leak[4711]: segfault at 0 ip 000055d0 sp 00007ffc error 6 in leak[55d0+1000]\n"
        "[ 1001.500000] usb 1-1: new high-speed USB device number 2\n"
        "Nov 14 23:59:52 host kernel: INFO: task leak:4711 blocked for more than 120 seconds.\n"
        "Nov 13 23:59:52 host kernel: INFO: task old:1 blocked for more than 120 seconds.\n"
        "Nov 14 23:59:52 host server[7]: out of memory, said a server\n"
        "[Tue Nov 14 23:59:53 2023] traps: leak[4711] trap divide error ip:401000 sp:7ffc error:0 in "
        "leak[401000+1000]\n"
        "{\"__REALTIME_TIMESTAMP\":\"1700006393500000\",\"_TRANSPORT\":\"kernel\",\"MESSAGE\":\"Oops: 0002 [#1]\"}\n"
        "{\"__REALTIME_TIMESTAMP\":\"1700006393500000\",\"_TRANSPORT\":\"stdout\",\"MESSAGE\":\"Oops: 0002 [#1]\"}\n"
        "kern  :err   : [ 1004.000000] cgroup: fork rejected by pids controller in /x\n");
    EXPECT_THAT(told(timeline), ElementsAre(HasSubstr("1000 kernel: leak[4711]: segfault at 0"),
                                            HasSubstr("2000 kernel: INFO: task leak:4711 blocked"),
                                            HasSubstr("3000 kernel: traps: leak[4711] trap divide error"),
                                            "3500 kernel: Oops: 0002 [#1]",
                                            HasSubstr("4000 log: no more threads or processes were allowed")));
    EXPECT_THAT(timeline.notes, ElementsAre("x.log: one of its events lies outside of the session's time"));
}

/// What explain says of a line is not said again.
TEST(JoinedLog, NothingIsToldTwice)
{
    const Timeline timeline = joined(
        "[ 1001.0] Memory cgroup out of memory: Killed process 10685 (compile) total-vm:132340kB, anon-rss:42032kB, "
        "file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n"
        "[ 1001.1] oom_reaper: reaped process 10685 (compile), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n");
    EXPECT_THAT(told(timeline), ElementsAre(HasSubstr("1000 log: the kernel killed compile"),
                                            HasSubstr("1100 kernel: oom_reaper: reaped process 10685")));
}

/// Go 1.22's own lines, shortened: a collection with its two short stops, and what the program says itself.
TEST(JoinedLog, OfAGoTraceCollectionsStopsAndTheProgramsOwn)
{
    const Timeline timeline =
        joined(R"x(M=1 P=0 G=1 Metric Time=1001000000000 Name="/sched/gomaxprocs:threads" Value=Uint64(2)
M=1 P=0 G=1 TaskBegin Time=1001000100000 ID=1 Parent=0 Type="load"
M=1 P=0 G=1 RegionBegin Time=1001000200000 Task=1 Type="fill \"it\""
M=1 P=0 G=9 StateTransition Time=1001000300000 Resource=Goroutine(9) Reason="" GoID=9 Runnable->Running
M=1 P=0 G=9 RangeBegin Time=1001500000000 Name="GC concurrent mark phase" Scope=None
M=1 P=0 G=9 RangeBegin Time=1001600000000 Name="stop-the-world (GC sweep termination)" Scope=Goroutine(9)
M=1 P=0 G=9 RangeBegin Time=1001600100000 Name="GC incremental sweep" Scope=Proc(0)
M=1 P=0 G=9 RangeEnd Time=1001600250000 Name="stop-the-world (GC sweep termination)" Scope=Goroutine(9) Attributes=[]
M=1 P=0 G=9 RangeActive Time=1001700000000 Name="GC concurrent mark phase" Scope=None
M=1 P=0 G=9 RangeEnd Time=1002000000000 Name="GC concurrent mark phase" Scope=None Attributes=[]
M=1 P=0 G=1 Metric Time=1002100000000 Name="/sched/gomaxprocs:threads" Value=Uint64(2)
M=1 P=0 G=1 Log Time=1003000000000 Task=1 Category="phase" Message="<b>filled"
M=1 P=0 G=1 RegionEnd Time=1004000200000 Task=1 Type="fill \"it\""
M=1 P=0 G=9 RangeEnd Time=1004500000000 Name="GC concurrent mark phase" Scope=None Attributes=[]
)x");
    EXPECT_THAT(told(timeline), ElementsAre("1000 go trace: GOMAXPROCS 2",
                                            R"(1000 go trace: task "load", not over where the trace ends)",
                                            R"(1000 go trace: region "fill \"it\"", 3000.000ms)",
                                            "1500 go trace: GC concurrent mark phase, 500.000ms",
                                            "1600 go trace: stop-the-world (GC sweep termination), 0.250ms",
                                            "3000 go trace: phase: <b>filled",
                                            "4500 go trace: GC concurrent mark phase, begun before the trace"));
    EXPECT_TRUE(timeline.notes.empty());
    EXPECT_THAT(report_text(timeline, 100), HasSubstr("go trace   phase: <b>filled"));
    EXPECT_THAT(report_html(timeline), HasSubstr("phase: &lt;b&gt;filled"));
    EXPECT_THAT(report_json(timeline), HasSubstr(R"("log":"x.log")"));
    EXPECT_THAT(report_trace(timeline),
                HasSubstr(R"({"ph":"M","name":"thread_name","pid":1,"tid":4,"args":{"name":"x.log"}})"));
}

TEST(JoinedLog, GctraceLinesWithATimeAreLaidToo)
{
    const std::string line =
        "gc 3 @1.234s 3%: 0.018+1.2+0.004 ms clock, 0.036+0.12/1.1/0+0.008 ms cpu, 4->4->2 MB, 5 MB goal, 2 P\n";
    const Timeline timeline = joined("2023-11-14T23:59:51Z " + line + line);
    EXPECT_THAT(told(timeline), ElementsAre(HasSubstr("1000 gctrace: gc 3 @1.234s 3%")));
    EXPECT_THAT(timeline.notes, ElementsAre("x.log: one of its events has no time that could be placed"));
}

/// The first and the last of each kind; the recording's own events are shown before all of them.
TEST(JoinedLog, AreBounded)
{
    std::string log;
    for (int i = 0; i < 3000; ++i)
        log += fmt::format("7 23:59:5{}.{:03} kill({}, SIGTERM) = 0\n", 1 + i / 1000, i % 1000, 10'000 + i);
    Timeline timeline = joined(log);
    EXPECT_EQ(timeline.events.size(), Excerpts::kMostOfOneKind);
    EXPECT_THAT(timeline.events.front().text, HasSubstr("kill(10000,"));
    EXPECT_THAT(timeline.events.back().text, HasSubstr("kill(12999,"));
    EXPECT_THAT(timeline.notes, ElementsAre("x.log: 2900 more of its events are left out"));
    for (int i = 0; i < 180; ++i)
        timeline.events.push_back({.at_ms = 9000, .unix_ms = 0, .what = "said", .text = fmt::format("own {}.", i)});
    const std::string text = report_text(timeline, 100);
    for (int i = 0; i < 180; ++i)
        EXPECT_THAT(text, HasSubstr(fmt::format("own {}.", i)));
    EXPECT_THAT(text, HasSubstr("… 50 more, which --json has …"));
}

} // namespace
} // namespace dbgscope
