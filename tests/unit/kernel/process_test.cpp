// SPDX-License-Identifier: Apache-2.0
#include "kernel/process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

/// A child that sleeps; killed and reaped at the end.
class Sleeper {
  public:
    Sleeper() : pid_(::fork())
    {
        if (pid_ == 0)
            for (;;)
                ::pause();
    }
    Sleeper(const Sleeper &) = delete;
    Sleeper &operator=(const Sleeper &) = delete;
    ~Sleeper()
    {
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] int pid() const { return pid_; }

  private:
    pid_t pid_;
};

TEST(Processes, KnowThemselves)
{
    const auto own = process_id(::getpid());
    ASSERT_TRUE(own);
    EXPECT_TRUE(is_alive(*own));
    EXPECT_FALSE(is_alive({own->pid, own->start_ticks + 1}));
    EXPECT_FALSE(is_alive({0, 0}));
    EXPECT_FALSE(is_alive({-1, 5}));
    EXPECT_EQ(process_id(1 << 23), std::nullopt);
    EXPECT_EQ(process_name(1 << 23), "?");
    EXPECT_NE(process_name(::getpid()), "?");
}

class WithAndWithoutPidfd : public testing::TestWithParam<bool> {};

TEST_P(WithAndWithoutPidfd, ASignalIsSentAndTheEndIsSeen)
{
    const Sleeper sleeper;
    const ProcessHandle handle(*process_id(sleeper.pid()), GetParam());
    EXPECT_TRUE(handle.alive());
    EXPECT_FALSE(handle.wait_end(30ms));
    EXPECT_EQ(handle.send(SIGTERM), 0);
    EXPECT_TRUE(handle.wait_end(5s)); // nobody has reaped it yet
    EXPECT_FALSE(handle.alive());
    EXPECT_EQ(handle.send(SIGTERM), ESRCH);
}

TEST_P(WithAndWithoutPidfd, ALaterProcessOfThatNumberIsLeftAlone)
{
    const Sleeper sleeper;
    const ProcessId now = *process_id(sleeper.pid());
    const ProcessHandle handle({now.pid, now.start_ticks - 1}, GetParam());
    EXPECT_FALSE(handle.alive());
    EXPECT_EQ(handle.send(SIGKILL), ESRCH);
    EXPECT_TRUE(handle.wait_end(0ms));
    EXPECT_TRUE(is_alive(now));
}

INSTANTIATE_TEST_SUITE_P(Processes, WithAndWithoutPidfd, testing::Bool());

} // namespace
} // namespace dbgscope
