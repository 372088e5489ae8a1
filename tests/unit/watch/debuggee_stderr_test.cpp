// SPDX-License-Identifier: Apache-2.0
#include "watch/debuggee_stderr.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "../launch/host.hpp"

namespace dbgscope {
namespace {

using std::chrono::milliseconds;

constexpr DebuggeeStderr::Time kNow{};

/// Our own standard error on a file, whatever it is here; the debugger is this process.
class OnFile {
  public:
    OnFile() : before_(::dup(STDERR_FILENO))
    {
        folder_.write("stderr", "");
        const UniqueFd file(::open((folder_ / "stderr").c_str(), O_RDWR | O_CLOEXEC));
        (void)::dup2(file.get(), STDERR_FILENO);
    }
    ~OnFile() { (void)::dup2(before_.get(), STDERR_FILENO); }

  private:
    test::TemporaryDirectory folder_;
    UniqueFd before_;
};

/// A child with `fd` as its standard error.
class Program {
  public:
    explicit Program(int fd) : pid_(::fork())
    {
        while (pid_ != 0 && look_at_descriptor(pid_, STDERR_FILENO + 1).valid())
            ::usleep(1000); // until it has no others
        if (pid_ != 0)
            return;
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)::dup2(fd, STDERR_FILENO);
        (void)::close_range(STDERR_FILENO + 1, ~0U, 0);
        ::pause();
        ::_exit(0);
    }
    ~Program() { end(); }
    [[nodiscard]] pid_t pid() const { return pid_; }
    void end()
    {
        if (pid_ <= 0)
            return;
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(std::exchange(pid_, 0), nullptr, 0);
    }

  private:
    pid_t pid_;
};

class DebuggeeStderrTest : public testing::Test {
  protected:
    void SetUp() override
    {
        std::array<int, 2> ends{-1, -1};
        ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        out_.reset(ends[0]);
        program_.emplace(ends[1]);
        (void)::close(ends[1]);
    }
    /// What has come; "(end)" once the last writer has closed.
    std::string read()
    {
        std::array<char, 8192> text{}; // NOLINT: filled by read
        const ssize_t got = ::read(out_.get(), text.data(), text.size());
        return got == 0 ? "(end)" : std::string(text.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
    }
    std::vector<pid_t> pids() { return {program_->pid()}; }

    OnFile on_file_;
    UniqueFd out_;
    std::optional<Program> program_;
};

TEST_F(DebuggeeStderrTest, OneLineReachesTheReaderOnce)
{
    const Program second(open_again(look_at_descriptor(program_->pid(), 2).get(), O_WRONLY).get());
    DebuggeeStderr echo(::getpid());
    EXPECT_FALSE(echo.say("too early"));
    echo.expect_death({program_->pid(), second.pid()}, kNow);
    EXPECT_TRUE(echo.say("held: \x1b[1m a\nb"));
    EXPECT_EQ(read(), "dbgscope: held: \\x1b[1m a\\x0ab\n");
    EXPECT_EQ(read(), "");
}

TEST_F(DebuggeeStderrTest, TheVerdictComesAfterTheDeathAndTheEndOfFileAtOnce)
{
    DebuggeeStderr echo(::getpid());
    echo.expect_death(pids(), kNow);
    program_->end();
    EXPECT_EQ(read(), ""); // no end yet
    echo.all_ended(true, kNow);
    EXPECT_EQ(echo.next_look(), kNow + milliseconds(250));
    EXPECT_TRUE(echo.say("killed"));
    EXPECT_EQ(read(), "dbgscope: killed\n");
    echo.on_timer(kNow + milliseconds(249));
    EXPECT_EQ(read(), "");
    echo.on_timer(kNow + milliseconds(250));
    EXPECT_EQ(read(), "(end)");
}

TEST_F(DebuggeeStderrTest, WhereNothingIsStillBeingFoundOutTheEndIsNotDelayed)
{
    DebuggeeStderr echo(::getpid());
    echo.expect_death(pids(), kNow);
    program_->end();
    echo.all_ended(false, kNow);
    EXPECT_EQ(read(), "(end)");
    EXPECT_FALSE(echo.next_look());
}

TEST_F(DebuggeeStderrTest, IsOpenForTwoSecondsAndWithoutATimerWhileHeld)
{
    DebuggeeStderr echo(::getpid());
    EXPECT_FALSE(echo.next_look());
    echo.expect_death(pids(), kNow);
    EXPECT_EQ(echo.next_look(), kNow + milliseconds(2000));
    echo.set_held(true);
    EXPECT_FALSE(echo.next_look());
    echo.on_timer(kNow + milliseconds(9000));
    EXPECT_TRUE(echo.say("spent"));
    echo.set_held(false);
    echo.on_timer(kNow + milliseconds(9000));
    EXPECT_FALSE(echo.say("nobody is there any more"));
    EXPECT_EQ(read(), "dbgscope: spent\n");
    program_->end();
    EXPECT_EQ(read(), "(end)");
}

TEST_F(DebuggeeStderrTest, AnotherProcessesPipeIsLeftAlone)
{
    const Program somebody(STDERR_FILENO);
    DebuggeeStderr echo(somebody.pid());
    echo.expect_death(pids(), kNow);
    EXPECT_FALSE(echo.say("who reads this?"));
    EXPECT_EQ(read(), "");
}

TEST_F(DebuggeeStderrTest, AFullPipeMakesNobodyWait)
{
    DebuggeeStderr echo(::getpid());
    echo.expect_death(pids(), kNow);
    while (echo.say(std::string(4000, 'x'))) {
    }
    (void)read();
    (void)read();
    EXPECT_TRUE(echo.say("again"));
}

TEST_F(DebuggeeStderrTest, TheStreamOfOurOwnMessagesIsNotWrittenToTwice)
{
    const UniqueFd in = open_again(look_at_descriptor(program_->pid(), 2).get(), O_WRONLY);
    (void)::dup2(in.get(), STDERR_FILENO);
    DebuggeeStderr echo(::getpid());
    echo.expect_death(pids(), kNow);
    EXPECT_FALSE(echo.say("twice"));
}

/// VS Code's Go extension hands down a fourth socket; the one that dlv itself listens on may have the same number.
TEST_F(DebuggeeStderrTest, AFourthSocketIsTheEditorsOnlyWhenHandedDown)
{
    std::array<int, 2> ends{-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const UniqueFd ours(ends[0]), theirs(ends[1]);
    constexpr int kFourth = STDERR_FILENO + 1;
    const UniqueFd before(::fcntl(kFourth, F_DUPFD_CLOEXEC, 0));
    (void)::dup2(theirs.get(), STDERR_FILENO);
    for (const bool handed_down : {false, true}) {
        if (theirs.get() != kFourth)
            (void)::dup3(theirs.get(), kFourth, O_CLOEXEC);
        (void)::fcntl(kFourth, F_SETFD, handed_down ? 0 : FD_CLOEXEC);
        DebuggeeStderr echo(::getpid());
        echo.expect_death(pids(), kNow);
        EXPECT_EQ(echo.say("held"), !handed_down);
    }
    if (before.valid())
        (void)::dup3(before.get(), kFourth, O_CLOEXEC);
    else if (theirs.get() != kFourth)
        (void)::close(kFourth);
}

TEST_F(DebuggeeStderrTest, NorIsAFileOrATerminalsOwner)
{
    const Program with_file(STDERR_FILENO);
    DebuggeeStderr echo(::getpid());
    echo.expect_death({with_file.pid()}, kNow);
    EXPECT_FALSE(echo.say("into a file"));
    DebuggeeStderr off(0);
    off.expect_death(pids(), kNow);
    EXPECT_FALSE(off.say("off"));
    EXPECT_FALSE(off.next_look());
    const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(::grantpt(master.get()) == 0 && ::unlockpt(master.get()) == 0);
    const UniqueFd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    (void)::dup2(terminal.get(), STDERR_FILENO);
    DebuggeeStderr on_terminal(::getpid()); // a person reads there what we say
    on_terminal.expect_death(pids(), kNow);
    EXPECT_FALSE(on_terminal.say("twice"));
}

} // namespace
} // namespace dbgscope
