// SPDX-License-Identifier: Apache-2.0
#include "watch/speak.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

constexpr uid_t kNobody = 65534;

/// Where nothing is to be written the flag is not looked at.
bool pipes_can_refuse_to_wait(const std::array<int, 2> &ends)
{
    std::array<char, 1> byte{'.'};
    const iovec part{.iov_base = byte.data(), .iov_len = byte.size()};
    return ::pwritev2(ends[1], &part, 1, -1, RWF_NOWAIT) == 1 && ::read(ends[0], byte.data(), byte.size()) == 1;
}

/// As after su(1) in a pipeline, and after lxc-attach: it may be written to, and not opened again.
TEST(Speaker, SaysItsLinesIntoAnotherUsersPipe)
{
    std::array<int, 2> ends{-1, -1};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0); // of the reader's end alone
    if (::geteuid() != 0 || !pipes_can_refuse_to_wait(ends))
        GTEST_SKIP() << "needs root, and Linux 6.5";
    const auto say_as_nobody = [&] {
        const pid_t child = ::fork();
        if (child == 0) {
            (void)::dup2(ends[1], STDERR_FILENO);
            ::_exit(::setresuid(kNobody, kNobody, kNobody) == 0 && Speaker(false, "").say("held") ? 0 : 1);
        }
        int status = 0;
        (void)::waitpid(child, &status, 0);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    };
    EXPECT_TRUE(say_as_nobody());
    std::array<char, 64> text{};
    ASSERT_GT(::read(ends[0], text.data(), text.size() - 1), 0);
    EXPECT_STREQ(text.data(), "dbgscope: held\n");

    ASSERT_EQ(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    const std::string full(4096, 'x');
    ASSERT_EQ(::write(ends[1], full.data(), full.size()), 4096);
    EXPECT_FALSE(say_as_nobody()) << "it is full: nothing waits, nobody was told";
    (void)::close(ends[0]);
    (void)::close(ends[1]);
}

} // namespace
} // namespace dbgscope
