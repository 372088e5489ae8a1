// SPDX-License-Identifier: Apache-2.0
#include "watch/dying.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sys/file.hpp"
#include "unit/launch/host.hpp"

namespace dbgscope {
namespace {

pid_t child(const char *name)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        (void)::prctl(PR_SET_NAME, name);
        ::pause();
        ::_exit(0);
    }
    for (int i = 0; i < 500 && look_at_process(pid).name != name; ++i)
        ::usleep(2000);
    return pid;
}

TEST(LookAtProcess, AliveThenZombieThenGone)
{
    const pid_t pid = child("a) Z (b"); // a name may look like the fields after it
    ProcessLook look = look_at_process(pid);
    EXPECT_TRUE(look.there);
    EXPECT_FALSE(look.dying);
    EXPECT_EQ(look.name, "a) Z (b");
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
    look = look_at_process(pid);
    EXPECT_TRUE(look.there);
    EXPECT_TRUE(look.dying);
    EXPECT_TRUE(look.killed);
    (void)::waitpid(pid, nullptr, 0);
    EXPECT_FALSE(look_at_process(pid).there);
}

/// Opened before it executes its program, as a debuggee's are.
TEST(LookAtProcess, ThroughFilesThatWereOpenedBefore)
{
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        char byte = 0;
        (void)!::read(ends[0], &byte, 1);
        (void)::execlp("sleep", "sleep", "60", nullptr);
        ::_exit(1);
    }
    const ProcessFiles files = open_process_files(pid);
    EXPECT_TRUE(look_at_process(files).there);
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    for (int i = 0; i < 500 && look_at_process(files).name != "sleep"; ++i)
        ::usleep(2000);
    EXPECT_EQ(look_at_process(files).name, "sleep");
    EXPECT_FALSE(look_at_process(files).dying);
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
    EXPECT_TRUE(look_at_process(files).killed);
    (void)::waitpid(pid, nullptr, 0);
    EXPECT_FALSE(look_at_process(files).there);
    EXPECT_FALSE(look_at_process(open_process_files(pid)).there);
    (void)::close(ends[0]);
    (void)::close(ends[1]);
}

TEST(LookAtProcess, OneThatEndsByItselfIsNotKilled)
{
    for (const int signal : {0, SIGTERM}) {
        const pid_t pid = ::fork();
        if (pid == 0 && signal != 0)
            (void)::raise(signal);
        if (pid == 0)
            ::_exit(SIGKILL); // a status, not a signal
        siginfo_t info{};
        ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
        const ProcessLook look = look_at_process(pid);
        EXPECT_TRUE(look.dying);
        EXPECT_FALSE(look.killed);
        (void)::waitpid(pid, nullptr, 0);
    }
}

TEST(LookAtProcess, KillIsPending)
{
    DBGSCOPE_NEEDS_ROOT();
    // Only v1's freezer keeps a killed process from dying.
    if (::access("/sys/fs/cgroup/freezer/cgroup.procs", W_OK) != 0)
        GTEST_SKIP() << "needs a cgroup v1 freezer hierarchy";
    const test::HostCgroup cgroup("/sys/fs/cgroup/freezer");
    ASSERT_TRUE(cgroup.made());
    auto directory = open_directory(cgroup.path());
    const pid_t pid = child("frozen");
    ASSERT_TRUE(write_at(directory->get(), "cgroup.procs", std::to_string(pid)));
    ASSERT_TRUE(write_at(directory->get(), "freezer.state", "FROZEN"));
    EXPECT_FALSE(look_at_process(pid).dying);
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    EXPECT_TRUE(look_at_process(pid).dying);
    ASSERT_TRUE(write_at(directory->get(), "freezer.state", "THAWED"));
    (void)::waitpid(pid, nullptr, 0);
}

TEST(BySigkill, OnlyWhenItIsKnown)
{
    EXPECT_TRUE(by_sigkill(SIGKILL));
    EXPECT_FALSE(by_sigkill(SIGTERM));
    EXPECT_FALSE(by_sigkill(9 << 8)); // exit status 9
    EXPECT_FALSE(by_sigkill(std::nullopt));
}

} // namespace
} // namespace dbgscope
