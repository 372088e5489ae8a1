// SPDX-License-Identifier: Apache-2.0
#include "watch/cpu_clock.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using std::chrono::milliseconds;

/// A child that works, or sleeps, for at most ten seconds.
class Child {
  public:
    explicit Child(bool works)
    {
        pid_ = ::fork();
        if (pid_ != 0)
            return;
        (void)::alarm(10);
        while (works)
            (void)::getppid();
        for (;;)
            (void)::pause();
    }
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;
    ~Child()
    {
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_;
};

bool ready_within(const CpuClock &clock, int patience_ms)
{
    pollfd waited{.fd = clock.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&waited, 1, patience_ms) == 1;
}

TEST(CpuClock, GoesWhileAProcessWorks)
{
    const Child child(true);
    CpuClock clock;
    EXPECT_EQ(clock.fd(), -1);
    clock.follow({child.pid()});
    ASSERT_NE(clock.fd(), -1);
    for (int round = 0; round < 3; ++round) {
        clock.arm(milliseconds(20));
        EXPECT_TRUE(ready_within(clock, 8000)) << round;
        clock.drain();
        EXPECT_FALSE(ready_within(clock, 100)) << "once";
    }
}

TEST(CpuClock, StandsStillWithWhatSleepsOrIsStopped)
{
    const Child sleeper(false), stopped(true);
    ASSERT_EQ(::kill(stopped.pid(), SIGSTOP), 0);
    ASSERT_EQ(::waitpid(stopped.pid(), nullptr, WUNTRACED), stopped.pid());
    CpuClock clock;
    clock.follow({sleeper.pid(), stopped.pid()});
    clock.arm(milliseconds(20));
    EXPECT_FALSE(ready_within(clock, 500));
    ASSERT_EQ(::kill(stopped.pid(), SIGCONT), 0);
    EXPECT_TRUE(ready_within(clock, 8000)) << "it runs again, and nobody has armed anything";
}

TEST(CpuClock, WhoHasGoneIsForgotten)
{
    CpuClock clock;
    pid_t gone = 0;
    {
        const Child child(false);
        gone = child.pid();
        clock.follow({gone});
        ASSERT_NE(clock.fd(), -1);
    }
    clock.arm(milliseconds(4));
    EXPECT_FALSE(ready_within(clock, 100));
    clock.follow({});
    EXPECT_EQ(clock.fd(), -1);
    clock.follow({gone});
    EXPECT_EQ(clock.fd(), -1);
}

} // namespace
} // namespace dbgscope
