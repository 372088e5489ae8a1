// SPDX-License-Identifier: Apache-2.0
#include "watch/fuse_keeper.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using test::HostCgroup;
using test::own_cgroup;
using test::slurp;
using testing::ElementsAre;
using testing::HasSubstr;
using Clock = FuseKeeper::Clock;

constexpr Limit kLine{56 * kMiB}, kCap{64 * kMiB};

/// A leaking child that this process traces, in a cgroup v1 of its own, and a keeper that is run as the loop runs it.
class HeldOnV1 : public testing::Test {
  protected:
    void SetUp() override
    {
        DBGSCOPE_NEEDS_V1_ROOT();
        made_.emplace(own_cgroup().memory.chain.back().dir);
        ASSERT_TRUE(made_->made());
        directory_ = std::move(*open_directory(made_->path()));
        set_limit(kCap);
    }
    void TearDown() override
    {
        if (pid_ > 0) {
            (void)::kill(pid_, SIGKILL);
            (void)::waitpid(pid_, nullptr, 0);
        }
    }

    void set_limit(Limit limit) const // as `dbgscope set` does
    {
        const std::string text = std::to_string(limit.bytes());
        (void)write_at(directory_.get(), "memory.memsw.limit_in_bytes", text);
        ASSERT_TRUE(write_at(directory_.get(), "memory.limit_in_bytes", text));
        (void)write_at(directory_.get(), "memory.memsw.limit_in_bytes", text);
    }
    [[nodiscard]] FuseKeeper arm(FuseAction action)
    {
        auto keeper = FuseKeeper::arm({.version = 1,
                                       .directory = directory_.get(),
                                       .line = kLine,
                                       .cap = kCap,
                                       .action = action,
                                       .say = [this](std::string_view id, std::string_view line) {
                                           said_.push_back(std::string(id) + ": " + std::string(line));
                                       }});
        EXPECT_TRUE(keeper) << to_line(keeper.error());
        return std::move(*keeper);
    }
    void leak()
    {
        pid_ = ::fork();
        if (pid_ == 0) {
            (void)::prctl(PR_SET_PDEATHSIG, SIGKILL); // also when an assertion ends the test early
            if (!write_at(directory_.get(), "cgroup.procs", "0") || ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
                ::_exit(1);
            (void)::raise(SIGSTOP);
            for (;;)
                for (volatile char *block = new char[kMiB], *at = block; at < block + kMiB; at += 4096)
                    *at = 1;
        }
        ASSERT_TRUE(stopped());
        (void)::ptrace(PTRACE_CONT, pid_, nullptr, 0);
    }
    [[nodiscard]] bool stopped() const
    {
        int status = 0;
        return ::waitpid(pid_, &status, 0) == pid_ && WIFSTOPPED(status);
    }
    /// Polls until `done`; false after ten seconds.
    static bool run(FuseKeeper &keeper, const std::function<bool()> &done)
    {
        for (const auto deadline = Clock::now() + 10s; !done() && Clock::now() < deadline;) {
            const auto until = std::min(keeper.next_look().value_or(deadline), deadline) - Clock::now();
            pollfd polled{.fd = keeper.event_fd(), .events = POLLIN, .revents = 0};
            const auto ms = std::chrono::ceil<std::chrono::milliseconds>(until).count();
            if (::poll(&polled, 1, static_cast<int>(std::max<long>(ms, 0))) == 1)
                keeper.on_event();
            keeper.on_timer();
        }
        return done();
    }
    static bool reaches(FuseKeeper &keeper, SessionState state)
    {
        return run(keeper, [&] { return keeper.state() == state; });
    }

    std::optional<HostCgroup> made_;
    UniqueFd directory_;
    pid_t pid_ = -1;
    std::vector<std::string> said_;
};

TEST_F(HeldOnV1, HaltContinueSetAndKill)
{
    FuseKeeper keeper = arm(FuseAction::hold);
    EXPECT_EQ(keeper.next_look(), std::nullopt);
    keeper.new_debuggee();
    EXPECT_EQ(keeper.next_look(), std::nullopt) << "asleep while nothing happens";
    leak();
    ASSERT_TRUE(reaches(keeper, SessionState::held));
    EXPECT_THAT(said_, ElementsAre(HasSubstr("fuse-held: debuggee held: 5")));
    pollfd event{.fd = keeper.event_fd(), .events = POLLIN, .revents = 0};
    for (int late = 0; late < 5 && ::poll(&event, 1, 0) != 0; ++late) // a second one of the same moment
        keeper.on_event();
    EXPECT_EQ(::poll(&event, 1, 0), 0) << "poll would never sleep again";

    const auto asked = Clock::now();
    (void)::kill(pid_, SIGTRAP); // as dlv
    ASSERT_TRUE(reaches(keeper, SessionState::stopped));
    EXPECT_LT(Clock::now() - asked, 10s);
    ASSERT_TRUE(stopped());

    (void)::ptrace(PTRACE_CONT, pid_, nullptr, 0); // it gets on with what is lent, then it is held again
    ASSERT_TRUE(reaches(keeper, SessionState::throttled));
    ASSERT_TRUE(reaches(keeper, SessionState::held));
    (void)::kill(pid_, SIGINT); // as gdb
    ASSERT_TRUE(reaches(keeper, SessionState::stopped));
    ASSERT_TRUE(stopped());
    EXPECT_EQ(said_.size(), 1U) << said_.back();
    EXPECT_EQ(keeper.trips(), 1U);

    set_limit(Limit(128 * kMiB));
    ASSERT_TRUE(reaches(keeper, SessionState::running));
    EXPECT_THAT(said_.back(), HasSubstr("fuse-released: debuggee no longer held: its cap is now 128M"));
    EXPECT_EQ(keeper.cap(), Limit(128 * kMiB));
    EXPECT_EQ(keeper.next_look(), std::nullopt);
    (void)::ptrace(PTRACE_CONT, pid_, nullptr, 0);
    ASSERT_TRUE(reaches(keeper, SessionState::held));
    EXPECT_EQ(keeper.trips(), 2U);

    (void)::kill(pid_, SIGKILL);
    ASSERT_TRUE(reaches(keeper, SessionState::running));
    EXPECT_THAT(said_.back(), HasSubstr("it has ended"));
    EXPECT_EQ(said_.size(), 4U);
}

TEST_F(HeldOnV1, DisarmLetsItRunIntoTheCap)
{
    FuseKeeper keeper = arm(FuseAction::hold);
    leak();
    ASSERT_TRUE(reaches(keeper, SessionState::held));
    keeper.disarm();
    EXPECT_EQ(keeper.state(), SessionState::running);
    EXPECT_EQ(keeper.next_look(), std::nullopt);
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    EXPECT_THAT(slurp(made_->path() + "/memory.oom_control"), HasSubstr("oom_kill_disable 0\nunder_oom 0\noom_kill 1"));
    EXPECT_EQ(said_.size(), 1U);
    pid_ = -1;
}

TEST_F(HeldOnV1, WarnSaysItAndLetsItRunIntoTheCap)
{
    FuseKeeper keeper = arm(FuseAction::warn);
    leak();
    ASSERT_TRUE(run(keeper, [&] { return !said_.empty(); }));
    EXPECT_THAT(said_, ElementsAre(HasSubstr("fuse-warned: debuggee near its cap")));
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    keeper.new_debuggee(); // dlv restart
    EXPECT_EQ(slurp(made_->path() + "/memory.limit_in_bytes"), std::to_string(kLine.bytes()) + '\n');
    leak();
    keeper.new_debuggee();
    ASSERT_TRUE(run(keeper, [&] { return said_.size() == 2; }));
    EXPECT_EQ(keeper.trips(), 2U);
}

TEST_F(HeldOnV1, WhoIsDetachedFromIsLeftAlone)
{
    FuseKeeper keeper = arm(FuseAction::hold);
    leak();
    ASSERT_TRUE(reaches(keeper, SessionState::held));
    (void)::kill(pid_, SIGTRAP);
    ASSERT_TRUE(reaches(keeper, SessionState::stopped));
    ASSERT_TRUE(stopped());
    (void)::ptrace(PTRACE_DETACH, pid_, nullptr, 0);
    ASSERT_TRUE(reaches(keeper, SessionState::running));
    EXPECT_THAT(said_.back(), HasSubstr("its debugger has detached"));
    EXPECT_EQ(keeper.next_look(), std::nullopt);
}

TEST(FuseKeeper, SaysWhyItCannotArm)
{
    const test::TemporaryDirectory empty;
    const auto directory = open_directory(empty.path());
    ASSERT_TRUE(directory);
    const FuseConfig config{.version = 2, .directory = directory->get(), .line = kLine, .cap = kCap};
    const auto keeper = FuseKeeper::arm(config);
    ASSERT_FALSE(keeper);
    EXPECT_EQ(to_line(keeper.error()), "cannot open memory.high: No such file or directory");
}

TEST(FuseKeeper, WithoutALineFreezesForPressureOnly)
{
    const test::TemporaryDirectory files;
    for (const char *name : {"memory.high", "memory.max"})
        files.write(name, "max\n");
    for (const char *name : {"cgroup.freeze", "memory.stat"})
        files.write(name, "");
    files.write("memory.current", "1000\n");
    const pid_t child = ::fork(); // traced, and doing nothing
    if (child == 0) {
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL); // also when an assertion ends the test early
        (void)::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        for (;;)
            (void)::pause();
    }
    for (int i = 0;
         i < 500 && slurp("/proc/" + std::to_string(child) + "/status").find("TracerPid:\t0\n") != std::string::npos;
         ++i)
        (void)::usleep(10'000);
    files.write("cgroup.procs", std::to_string(child) + '\n');
    const auto directory = open_directory(files.path());
    auto keeper = FuseKeeper::arm({.version = 2, .directory = directory->get(), .action = FuseAction::hold});
    ASSERT_TRUE(keeper);
    EXPECT_EQ(slurp(files / "memory.high"), "max\n") << "nothing is armed";
    keeper->hold_for_pressure(true);
    EXPECT_EQ(slurp(files / "cgroup.freeze"), "1");
    EXPECT_EQ(keeper->state(), SessionState::held);
    EXPECT_NE(keeper->next_look(), std::nullopt);
    keeper->hold_for_pressure(false);
    EXPECT_EQ(slurp(files / "cgroup.freeze"), "0");
    EXPECT_EQ(keeper->next_look(), std::nullopt);
    keeper->hold_for_pressure(true);
    std::filesystem::remove(files / "cgroup.freeze"); // a directory cannot be written: EISDIR
    std::filesystem::create_directory(files / "cgroup.freeze");
    keeper->hold_for_pressure(false);
    ASSERT_NE(keeper->next_look(), std::nullopt) << "a thaw that failed is tried again";
    std::filesystem::remove(files / "cgroup.freeze");
    files.write("cgroup.freeze", "");
    (void)::usleep(150'000);
    keeper->on_timer();
    EXPECT_EQ(slurp(files / "cgroup.freeze"), "0");
    EXPECT_EQ(keeper->next_look(), std::nullopt);
    keeper->hold_for_pressure(true);
    EXPECT_EQ(slurp(files / "cgroup.freeze"), "1");
    keeper->disarm();
    EXPECT_EQ(slurp(files / "cgroup.freeze"), "0");
    (void)::kill(child, SIGKILL);
    (void)::waitpid(child, nullptr, 0);
}

} // namespace
} // namespace dbgscope
