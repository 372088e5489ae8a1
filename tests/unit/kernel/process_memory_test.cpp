// SPDX-License-Identifier: Apache-2.0
#include "kernel/process_memory.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "kernel/members.hpp"

namespace dbgscope {
namespace {

TEST(OwnMemory, IsWhatNoFileHoldsSwappedOrNot)
{
    EXPECT_EQ(
        parse_own_memory("Name:\tx\nRssAnon:\t  1024 kB\nRssFile:\t 9999 kB\nRssShmem:\t     8 kB\nVmSwap:\t 2 kB\n"),
        1034U * 1024);
    EXPECT_EQ(parse_own_memory("Name:\tx\nRssAnon:\t       4 kB\n"), 4096U); // a kernel without swap
    EXPECT_EQ(parse_own_memory("Name:\tx\nState:\tZ (zombie)\n"), std::nullopt);
    EXPECT_EQ(parse_own_memory("RssAnon:\t kB\n"), std::nullopt);
    EXPECT_EQ(parse_own_memory("RssAnon:\t4 MB\n"), std::nullopt);
    EXPECT_GT(own_memory_of(::getpid()).value_or(0), 4096U);
    EXPECT_EQ(own_memory_of(-1), std::nullopt);
    EXPECT_EQ(parse_mapped_data("VmPeak:\t 9 kB\nVmData:\t  2048 kB\n"), 2048U * 1024);
    EXPECT_EQ(parse_mapped_data("Name:\tx\nState:\tZ (zombie)\n"), std::nullopt);
    EXPECT_GT(mapped_data_of(::getpid()).value_or(0), 4096U);
    EXPECT_EQ(mapped_data_of(-1), std::nullopt);
}

TEST(ResidentMemory, LeavesOutWhatIsInSwap)
{
    EXPECT_EQ(parse_resident_memory("Name:\tx\nRssAnon:\t 1024 kB\nRssShmem:\t  8 kB\nVmSwap:\t 2 kB\n"), 1032U * 1024);
    EXPECT_EQ(parse_resident_memory("Name:\tRssAnon:\nState:\tZ (zombie)\n"), std::nullopt);
    EXPECT_GT(resident_memory_of(::getpid()).value_or(0), 4096U);
    EXPECT_EQ(resident_memory_of(-1), std::nullopt);
    EXPECT_GT(resident_pages_of(::getpid()), 100U);
    EXPECT_EQ(resident_pages_of(-1), 0U);
}

TEST(HugePages, AreForbiddenByAProcessToItself)
{
    EXPECT_FALSE(parse_may_have_huge_pages("Name:\tx\nTHP_enabled:\t0\n"));
    EXPECT_TRUE(parse_may_have_huge_pages("Name:\tx\nTHP_enabled:\t1\n"));
    EXPECT_TRUE(parse_may_have_huge_pages("Name:\tTHP_enabled:\t0\n")) << "before Linux 5.0";
    EXPECT_TRUE(may_have_huge_pages(-1));
    const int before = ::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0); // NOLINT(*-vararg)
    ASSERT_EQ(::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);      // NOLINT(*-vararg)
    EXPECT_FALSE(may_have_huge_pages(::getpid()));
    EXPECT_EQ(::prctl(PR_SET_THP_DISABLE, before, 0, 0, 0), 0); // NOLINT(*-vararg)
}

/// A process that was started with `assignment` and sleeps.
pid_t sleeper(const char *assignment)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::execle("/bin/sleep", "sleep", "60", nullptr, // NOLINT(*-vararg)
                 std::to_array<const char *>({"A=1", assignment, nullptr}).data());
        ::_exit(127);
    }
    for (int i = 0; i < 1000 && !was_started_with(pid, assignment); ++i)
        ::usleep(10'000);
    return pid;
}

TEST(Members, AreKnownByWhatTheyInherited)
{
    const std::string id = "members-test-" + std::to_string(::getpid());
    const std::string mark = session_mark(id);
    EXPECT_EQ(mark, "DBGSCOPE_SESSION=" + id);
    const pid_t one = sleeper(mark.c_str());
    const pid_t other = sleeper((mark + "0").c_str()); // another session, whose name begins alike
    EXPECT_EQ(pids_started_with(mark), std::vector<pid_t>{one});
    EXPECT_FALSE(kill_started_with(
                     mark, [one](pid_t pid) { return pid != one; }, std::chrono::milliseconds(0)) &&
                 was_started_with(one, mark));
    int status = 0;
    EXPECT_EQ(::waitpid(one, &status, 0), one);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    EXPECT_TRUE(kill_started_with(mark, [](pid_t) { return false; }, std::chrono::seconds(10)));
    EXPECT_EQ(::waitpid(other, &status, WNOHANG), 0) << "it lives";
    (void)::kill(other, SIGKILL);
    (void)::waitpid(other, &status, 0);
}

} // namespace
} // namespace dbgscope
