// SPDX-License-Identifier: Apache-2.0
#include <sched.h>

#include <gmock/gmock.h>

#include "unit/watch/real_session.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using test::allocate;
using test::kCap;
using test::Process;
using test::RealOom;

/// Where the kernel's log has other numbers for everybody. The body is in another process: what fails in it is counted.
int failures_in_a_pid_namespace(const std::function<void()> &body)
{
    const pid_t outside = ::fork();
    if (outside == 0) {
        if (::unshare(CLONE_NEWPID) != 0)
            ::_exit(100);
        const pid_t inside = ::fork();
        if (inside == 0) {
            body();
            ::_exit(::testing::Test::HasFailure() ? 1 : 0);
        }
        int status = 0;
        (void)::waitpid(inside, &status, 0);
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 101);
    }
    int status = 0;
    (void)::waitpid(outside, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
}

/// Killed in `directory`, and gone.
void kill_one(const std::string &directory, const char *name)
{
    Process victim(directory, name, [] { allocate(64); });
    victim.go();
    (void)victim.wait();
}

/// The log names its name, and it is seen neither to have a SIGKILL nor to exit: it may be on its way from one to the
/// other.
TEST_F(RealOom, WhoHasTheVictimsNameIsWaitedFor)
{
    session->limit("/debuggee", kCap);
    session->limit("/debugger", kCap);
    Process debuggee(session->scope_path + "/debuggee", "leak", [] { ::pause(); });
    Process debugger(session->scope_path + "/debugger", "dlv", [] { ::pause(); });
    const auto body = [&] {
        auto now = std::chrono::steady_clock::now();
        OomWatch watch(session->setup(debugger.pid));
        watch.on_debuggee_started(debuggee.pid);
        kill_one(session->scope_path + "/debuggee", "leak");
        EXPECT_FALSE(watch.on_memory_event(now));
        EXPECT_FALSE(watch.on_timer(now += 900ms));
        const auto told = watch.on_debuggee_gone(debuggee.pid, "leak", SIGKILL, now += 50ms);
        ASSERT_TRUE(told);
        EXPECT_EQ(told->victim, Victim::debuggee) << told->line;
        EXPECT_TRUE(watch.last_debuggee_killed_for_memory());
    };
    EXPECT_EQ(failures_in_a_pid_namespace(body), 0);
    const auto body_of_debugger = [&] {
        auto now = std::chrono::steady_clock::now();
        OomWatch watch(session->setup(debugger.pid));
        EXPECT_FALSE(watch.on_memory_event(now)); // its name is seen only when something was killed
        kill_one(session->scope_path + "/debugger", "dlv");
        EXPECT_FALSE(watch.on_memory_event(now));
        EXPECT_FALSE(watch.on_timer(now += 900ms));
        const auto told = watch.on_debugger_gone(SIGKILL, now += 50ms);
        ASSERT_TRUE(told);
        EXPECT_EQ(told->victim, Victim::debugger) << told->line;
    };
    EXPECT_EQ(failures_in_a_pid_namespace(body_of_debugger), 0);
}

TEST_F(RealOom, AChildThatHasTheNameIsToldAfterASecond)
{
    session->limit("/debuggee", kCap);
    Process debuggee(session->scope_path + "/debuggee", "leak", [] { ::pause(); });
    const auto body = [&] {
        auto now = std::chrono::steady_clock::now();
        OomWatch watch(session->setup());
        watch.on_debuggee_started(debuggee.pid);
        kill_one(session->scope_path + "/debuggee", "leak");
        EXPECT_FALSE(watch.on_memory_event(now));
        const auto told = watch.on_timer(now += 1100ms);
        ASSERT_TRUE(told);
        EXPECT_EQ(told->victim, Victim::debuggee_child) << told->line;
    };
    EXPECT_EQ(failures_in_a_pid_namespace(body), 0);
}

} // namespace
} // namespace dbgscope
