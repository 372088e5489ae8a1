// SPDX-License-Identifier: Apache-2.0
#include "sys/spawn.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include <gtest/gtest.h>

#include "sys/fd.hpp"

namespace dbgscope {
namespace {

/// What a shell's script prints in a process of its own.
std::string said_by(const std::string &script, bool own_group = false)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return "no pipe";
    const UniqueFd from(ends[0]);
    UniqueFd to(ends[1]);
    pid_t child = 0;
    const int code = spawn({.path = "/bin/sh",
                            .words = {"sh", "-c", script},
                            .environment = {"MARK=seen"},
                            .output = to.get(),
                            .own_group = own_group},
                           child);
    to.reset();
    std::string text;
    std::array<char, 512> block{};
    for (ssize_t got = 0; code == 0 && (got = ::read(from.get(), block.data(), block.size())) > 0;)
        text.append(block.data(), static_cast<std::size_t>(got));
    EXPECT_EQ(code == 0 ? ::waitpid(child, nullptr, 0) : -1, child);
    return text;
}

TEST(Spawn, GivesTheEnvironmentAndNothingElse)
{
    EXPECT_EQ(said_by("echo $MARK $HOME"), "seen\n");
    EXPECT_EQ(said_by("cat; readlink /proc/$$/fd/0 /proc/$$/fd/2"), "/dev/null\n/dev/null\n");
}

TEST(Spawn, NoSignalIsIgnoredOrBlockedWhateverWeDo)
{
    sigset_t blocked{}, before{};
    (void)::sigemptyset(&blocked);
    (void)::sigaddset(&blocked, SIGUSR1);
    ASSERT_EQ(::sigprocmask(SIG_BLOCK, &blocked, &before), 0);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN); // NOLINT: the macro's cast
    const std::string masks = said_by("grep -E '^Sig(Blk|Ign)' /proc/$$/status | cut -f2");
    (void)::signal(SIGXFSZ, handler);
    (void)::sigprocmask(SIG_SETMASK, &before, nullptr);
    // The C library keeps 32 and 33 to itself.
    ASSERT_EQ(masks.size(), 34U) << masks;
    EXPECT_EQ(masks.substr(0, 17), "0000000000000000\n");
    EXPECT_EQ(std::stoull(masks.substr(17), nullptr, 16) & 0x7fffffffU, 0U) << masks;
}

TEST(Spawn, AGroupOfItsOwnWhereAsked)
{
    constexpr const char *kScript = "set -- $(cat /proc/$$/stat); [ $1 = $5 ] && echo own || echo shared";
    EXPECT_EQ(said_by(kScript, true), "own\n");
    EXPECT_EQ(said_by(kScript), "shared\n");
}

TEST(Spawn, SaysWhyNothingWasStarted)
{
    pid_t child = 0;
    EXPECT_EQ(spawn({.path = "/nowhere/x", .words = {"x"}, .environment = {}}, child), ENOENT);
}

} // namespace
} // namespace dbgscope
