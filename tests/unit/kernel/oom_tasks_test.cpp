// SPDX-License-Identifier: Apache-2.0
#include "kernel/oom_tasks.hpp"

#include <initializer_list>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

OomTaskTable table_of(std::initializer_list<std::string_view> lines)
{
    OomTaskTable table;
    for (const auto line : lines)
        table.take(line);
    return table;
}

constexpr const char *kHeader = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";

TEST(OomTasks, TheLargestOfTheTable)
{
    const auto table =
        table_of({"Tasks state (memory values in pages):", kHeader,
                  "[    312]     0   312    12345     2048          98304        0         -1000 sshd",
                  "[  26444]     0 26444   310000       96         266240        0           500 leak",
                  "[  30011]  1000 30011  3500000  3145728       25166000        0             0 Web Content",
                  "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null)"});
    EXPECT_EQ(table.largest(), (OomTask{30011, "Web Content", 3145728}));
}

TEST(OomTasks, ColumnsGoByTheirNames) // Linux 6.8 and later
{
    const auto table = table_of(
        {"[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj "
         "name",
         "[   4711]     0  4711    30573    30144    30000      144         0   266240        0             0 hog"});
    EXPECT_EQ(table.largest(), (OomTask{4711, "hog", 30144}));
}

TEST(OomTasks, ANewTableForgetsTheOneBefore)
{
    const auto table = table_of({kHeader, "[      9]     0     9    99     99   0        0           0 old", kHeader,
                                 "[     10]     0    10    99     10   0        0           0 new"});
    EXPECT_EQ(table.largest(), (OomTask{10, "new", 10}));
}

TEST(OomTasks, OtherLinesAndBrokenRowsDoNothing)
{
    EXPECT_FALSE(table_of({"[      9]     0     9    99     99   0        0           0 no header"}).largest());
    EXPECT_FALSE(table_of({kHeader, "", "[", "[]", "[ x ] 1", "[ -4 ] 0 9 99 99 0 0 0 a", "[ 9 ] 0 9 99 many 0 0 0 a",
                           "[ 9 ] 0 9 99 99", "[ 9 ] 0 9 99 -5 0 0 0 a", "[ 99999999999 ] 0 9 99 9 0 0 0 a",
                           "[ 9 ] 0 9 99 0 0 0 0 nothing", "[ 9 ] 0 9 99 9 0 0 0 "})
                     .largest());
    EXPECT_FALSE(OomTaskTable::may_be_row("6,1,2,-;usb 1-1: new device"));
    EXPECT_TRUE(OomTaskTable::may_be_row("6,1,2,-;[   4711]     0"));
}

} // namespace
} // namespace dbgscope
