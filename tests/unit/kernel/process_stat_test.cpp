// SPDX-License-Identifier: Apache-2.0
#include "kernel/process_stat.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "task_status.hpp"

namespace dbgscope {
namespace {

using test::bit;
using test::status_text;

constexpr const char *kStat = "4711 (a) b) S 1 4712 4713 0 -1 4194304 144 0 0 0 0 0 0 0 20 0 1 0 123456 2658304 170\n";

std::optional<std::uint64_t> start_ticks(std::string_view text)
{
    const auto stat = parse_process_stat(text);
    return stat ? std::optional(stat->start_ticks) : std::nullopt;
}

TEST(ProcessStat, IsParsed)
{
    const auto stat = parse_process_stat(kStat);
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->name, "a) b");
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->parent, 1);
    EXPECT_EQ(stat->group, 4712);
    EXPECT_EQ(stat->session, 4713);
    EXPECT_EQ(stat->flags, 4194304U);
    EXPECT_EQ(stat->minor_faults, 144U);
    EXPECT_EQ(stat->exit_code, 0); // the line ends before
    EXPECT_FALSE(stat->ended() || stat->exiting());
}

TEST(ProcessStat, KnowsWhoIsEnding)
{
    const std::string rest =
        " 144 0 0 0 0 0 0 0 20 0 1 0 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 9\n";
    const auto zombie = parse_process_stat("7 (x) Z 1 7 7 0 -1 4" + rest);
    ASSERT_TRUE(zombie);
    EXPECT_TRUE(zombie->ended() && zombie->exiting());
    EXPECT_EQ(zombie->exit_code, 9);
    const auto exiting = parse_process_stat("7 (x) R 1 7 7 0 -1 4" + rest);
    ASSERT_TRUE(exiting);
    EXPECT_TRUE(!exiting->ended() && exiting->exiting());
}

TEST(ProcessStat, OfThisMachine)
{
    const auto own = read_process_stat(::getpid());
    ASSERT_TRUE(own);
    EXPECT_EQ(own->parent, ::getppid());
    EXPECT_EQ(own->group, ::getpgrp());
    EXPECT_EQ(own->session, ::getsid(0));
    EXPECT_EQ(thread_group(::getpid()), ::getpid());
    EXPECT_EQ(signals_of_thread(::getpid()), 0U);
    EXPECT_EQ(read_process_stat(4194304).error().error_number, ENOENT); // above the highest pid
    EXPECT_EQ(thread_group(4194304), 0);
}

TEST(ProcessStat, TornTextIsAnErrorOfItsOwn)
{
    const test::TemporaryDirectory proc;
    proc.write("7/task/8/stat", kStat);
    EXPECT_EQ(read_thread_stat(7, 8, proc.path())->minor_faults, 144U);
    EXPECT_FALSE(read_thread_stat(7, 9, proc.path()));
    proc.write("5/stat", "torn");
    EXPECT_EQ(read_process_stat(5, proc.path()).error().error_number, EINVAL);
}

TEST(StartTicks, ComeAfterTheLastParenthesis)
{
    EXPECT_EQ(start_ticks(kStat), 123456U);
    EXPECT_EQ(start_ticks("1 (x (y) 7 8) S 1 1 1 0 -1 4 1 0 0 0 0 0 0 0 20 0 1 0 9 1 1"), 9U);
}

TEST(StartTicks, OfMalformedTextAreUnknown)
{
    for (const char *text : {"", "4711 (sh", "4711 (sh) S", "4711 (sh) S 1 4711 4711 0 -1 4 144 0 0 0 0 0 0 0 20 0 1 0",
                             "1 (sh) S 1 4711 4711 0 -1 4 144 0 0 0 0 0 0 0 20 0 1 0 12x 5",
                             "1 (sh) S 1 4711 4711 0 -1 4 many 0 0 0 0 0 0 0 20 0 1 0 12 5"})
        EXPECT_EQ(start_ticks(text), std::nullopt) << text;
}

TEST(TaskStatus, IsParsed)
{
    const auto task = parse_task_status(status_text(
        {.state = "t (tracing stop)", .own = bit(SIGSTOP), .shared = bit(SIGTRAP), .tracer = 99, .threads = 16}));
    ASSERT_TRUE(task);
    EXPECT_TRUE(task->stopped());
    EXPECT_EQ(task->tracer, 99);
    EXPECT_EQ(task->threads, 16);
    EXPECT_EQ(task->pending, bit(SIGSTOP) | bit(SIGTRAP));
}

TEST(TaskStatus, OfThisProcessIsParsed)
{
    const auto task = parse_task_status(test::slurp("/proc/self/status"));
    ASSERT_TRUE(task);
    EXPECT_EQ(task->state, 'R');
    EXPECT_GE(task->threads, 1);
    EXPECT_FALSE(task->stop_pending());
}

TEST(TaskStatus, IsNothingWhenMalformed)
{
    const std::string whole = status_text({});
    for (const char *line : {"\nState:", "\nTracerPid:", "\nThreads:", "\nSigPnd:", "\nShdPnd:", "\nSigBlk:"}) {
        std::string text = whole;
        text.replace(text.find(line), 2, "\nX");
        EXPECT_FALSE(parse_task_status(text)) << line;
    }
    for (const char *text : {"", "State:", "State:\t\n", "\n\n\n"})
        EXPECT_FALSE(parse_task_status(text)) << text;
    std::string text = whole;
    text.replace(text.find("0000000000000000"), 16, "000000000000000g");
    EXPECT_FALSE(parse_task_status(text));
}

TEST(StopPending, IsOneOfTheSignalsThatAskForAStop)
{
    for (const int signal : {SIGTRAP, SIGSTOP, SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGTERM})
        EXPECT_TRUE(TaskStatus{.pending = bit(signal)}.stop_pending()) << signal;
    // SIGURG is how Go preempts its goroutines; SIGKILL gets through by itself.
    for (const int signal : {SIGKILL, SIGURG, SIGCHLD, SIGPROF, SIGALRM, SIGSEGV, SIGUSR1, SIGCONT})
        EXPECT_FALSE(TaskStatus{.pending = bit(signal)}.stop_pending()) << signal;
}

} // namespace
} // namespace dbgscope
