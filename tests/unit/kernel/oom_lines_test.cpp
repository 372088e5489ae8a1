// SPDX-License-Identifier: Apache-2.0
#include "kernel/oom_lines.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

constexpr const char *kSummary =
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
    "oom_memcg=/a.slice/x.scope,task_memcg=/a.slice/x.scope/debuggee,task=leak,pid=1234,uid=0";
constexpr const char *kKilled =
    "Memory cgroup out of memory: Killed process 1234 (leak) total-vm:122292kB, "
    "anon-rss:120576kB, file-rss:584kB, shmem-rss:8kB, UID:0 pgtables:264kB oom_score_adj:0";

std::vector<OomKill> taken(std::initializer_list<std::string_view> lines)
{
    std::vector<OomKill> kills;
    for (const auto line : lines)
        take_oom_line(line, kills);
    return kills;
}

TEST(KmsgText, RecordOfTheKernel)
{
    EXPECT_EQ(kmsg_text("3,5630,12966526368,-;Memory cgroup out of memory: …\n SUBSYSTEM=x\n"),
              "Memory cgroup out of memory: …");
    EXPECT_EQ(kmsg_text("6,1,2,-,caller=T7;a;b"), "a;b");
    EXPECT_EQ(kmsg_text(R"(6,1,2,-;a\x20\x5cb\x1b[0m\xZZ\x4)"), "a \\b\x1b[0m\\xZZ\\x4");
}

TEST(KmsgText, NothingElse)
{
    for (const char *record : {"", ";", "no semicolon", "x,1,2,-;a", "-6,1,2,-;a", "6;a"})
        EXPECT_EQ(kmsg_text(record), std::nullopt) << record;
}

TEST(KmsgText, AProcessCannotPretend)
{
    // What is written into /dev/kmsg has facility 1 (user): 11 = 1 << 3 | 3.
    EXPECT_EQ(kmsg_text(std::string("11,1,2,-;") + kKilled), std::nullopt);
}

TEST(OomLine, SummaryThenSize)
{
    const auto kills = taken({kSummary, kKilled});
    ASSERT_EQ(kills.size(), 1u);
    EXPECT_EQ(kills[0].pid, 1234);
    EXPECT_EQ(kills[0].name, "leak");
    EXPECT_EQ(kills[0].limit_cgroup, "/a.slice/x.scope");
    EXPECT_EQ(kills[0].victim_cgroup, "/a.slice/x.scope/debuggee");
    EXPECT_FALSE(kills[0].machine_wide);
    EXPECT_TRUE(kills[0].sized);
    EXPECT_EQ(kills[0].bytes, (120576u + 8u) * 1024);
}

TEST(OomLine, SummaryAlone)
{
    const auto kills = taken({kSummary});
    ASSERT_EQ(kills.size(), 1u);
    EXPECT_FALSE(kills[0].sized);
}

TEST(OomLine, SizeAlone)
{
    // The kernel leaves the summary out after ten in five seconds.
    const auto kills = taken({kKilled});
    ASSERT_EQ(kills.size(), 1u);
    EXPECT_EQ(kills[0].victim_cgroup, "");
    EXPECT_TRUE(kills[0].sized);
}

TEST(OomLine, MachineWide)
{
    const auto kills = taken({"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
                              "task_memcg=/a,task=x,pid=7,uid=1000",
                              "Out of memory: Killed process 8 (y) total-vm:1kB, anon-rss:2kB, file-rss:3kB, "
                              "shmem-rss:4kB, UID:0 pgtables:1kB oom_score_adj:0"});
    ASSERT_EQ(kills.size(), 2u);
    EXPECT_TRUE(kills[0].machine_wide);
    EXPECT_EQ(kills[0].limit_cgroup, "");
    EXPECT_TRUE(kills[1].machine_wide);
}

TEST(OomLine, HostileNames)
{
    const auto kills = taken(
        {"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,b=c,"
         "task=,pid=1,uid=2,pid=99,uid=0",
         "Memory cgroup out of memory: Killed process 99 (x) total-vm:9) total-vm:4kB, anon-rss:8kB, file-rss:0kB, "
         "shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0"});
    ASSERT_EQ(kills.size(), 1u);
    EXPECT_EQ(kills[0].pid, 99);
    EXPECT_EQ(kills[0].victim_cgroup, "/a,b=c");
    EXPECT_EQ(kills[0].name, "x) total-vm:9");
    EXPECT_EQ(kills[0].bytes, 8u * 1024);
}

TEST(OomLine, NothingOfGarbage)
{
    EXPECT_TRUE(taken({"", "leak invoked oom-killer: gfp_mask=0xcc0", "oom-kill:constraint=",
                       "oom-kill:constraint=,pid=", "oom-kill:constraint=x,task_memcg=/a,task=b,pid=0,uid=0",
                       "oom-kill:constraint=x,task=b,task_memcg=/a,pid=5", "Killed process 5 (x) total-vm:1kB",
                       "Memory cgroup out of memory: Killed process", "Memory cgroup out of memory: Killed process 5",
                       "Memory cgroup out of memory: Killed process -5 (x) total-vm:1kB",
                       "Memory cgroup out of memory: Killed process 5 (x", "oom_reaper: reaped process 5 (x), now"})
                    .empty());
    const auto kills = taken({"Out of memory: Killed process 5 (x) total-vm:1kB, anon-rss:99999999999999999999kB"});
    ASSERT_EQ(kills.size(), 1u);
    EXPECT_EQ(kills[0].bytes, 0u);
}

TEST(OomLine, KeepsTheLast64)
{
    std::vector<OomKill> kills;
    for (int pid = 1; pid <= 100; ++pid)
        take_oom_line("Out of memory: Killed process " + std::to_string(pid) + " (x) total-vm:1kB", kills);
    ASSERT_EQ(kills.size(), 64u);
    EXPECT_EQ(kills.front().pid, 37);
}

TEST(OomLine, IsToldFromTheRestAtOnce)
{
    EXPECT_TRUE(may_be_oom_line(kSummary));
    EXPECT_TRUE(may_be_oom_line(kKilled));
    EXPECT_FALSE(may_be_oom_line("usb 1-1: new high-speed USB device number 2 using xhci_hcd"));
}

TEST(OomLine, KernelsBefore51NameTheChosenAndTheDead)
{
    // Linux 4.19, RHEL 7 (", UID 0,") and RHEL 6: one report has three lines, and a child of the chosen process dies.
    constexpr std::string_view kLimit = "Task in /k/pod1/aa killed as a result of limit of /k/pod1";
    constexpr std::string_view kChosen =
        "Memory cgroup out of memory: Kill process 24572 (java) score 0 or sacrifice child";
    for (const std::string_view dead :
         {"Killed process 28438 (java) total-vm:9kB, anon-rss:4kB, file-rss:0kB, shmem-rss:2kB",
          "Killed process 28438 (java), UID 0, total-vm:9kB, anon-rss:4kB, file-rss:0kB, "
          "shmem-rss:2kB",
          "Killed process 28438, UID 502, (java) total-vm:9kB, anon-rss:6kB, file-rss:0kB"}) {
        const auto kills = taken({kLimit, kChosen, dead});
        ASSERT_EQ(kills.size(), 1u) << dead;
        EXPECT_EQ(kills[0].pid, 28438);
        EXPECT_EQ(kills[0].name, "java");
        EXPECT_EQ(kills[0].limit_cgroup, "/k/pod1");
        EXPECT_EQ(kills[0].victim_cgroup, "/k/pod1/aa");
        EXPECT_EQ(kills[0].bytes, 6u * 1024);
        EXPECT_TRUE(kills[0].sized && kills[0].scope_known);
        EXPECT_FALSE(kills[0].machine_wide);
    }
    const auto machine = taken({"Out of memory: Kill process 9 (x) score 905 or sacrifice child",
                                "Killed process 9 (x) total-vm:9kB, anon-rss:4kB, file-rss:0kB"});
    ASSERT_EQ(machine.size(), 1u);
    EXPECT_TRUE(machine[0].machine_wide);
    EXPECT_FALSE(taken({"Killed process 9 (x) total-vm:9kB, anon-rss:4kB"}).at(0).scope_known);
    EXPECT_EQ(taken({kLimit, kChosen, "Killed process 1 (a) total-vm:9kB, anon-rss:1kB", kLimit}).size(), 2u);
    for (const char *odd :
         {"Task in killed as a result of limit of ", ": Kill process 1 (out of memory", "Killed process 1, UID ",
          "Out of memory: Kill process 1 (x", "Killed process 5) anon-rss:"})
        (void)taken({odd});
}

TEST(OomLine, OnlySomeNodesWereFull)
{
    EXPECT_TRUE(taken({"oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=p,mems_allowed=0,global_oom,"
                       "task_memcg=/a,task=x,pid=7,uid=0"})
                    .at(0)
                    .nodes_only);
    EXPECT_FALSE(taken({kSummary}).at(0).nodes_only);
}

} // namespace
} // namespace dbgscope
