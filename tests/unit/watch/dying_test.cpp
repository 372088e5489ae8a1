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
