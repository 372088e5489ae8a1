// SPDX-License-Identifier: Apache-2.0
#include "kernel/descriptors.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include <gtest/gtest.h>

#include "../launch/host.hpp"

namespace dbgscope {
namespace {

struct Pipe {
    UniqueFd out, in;
    Pipe()
    {
        std::array<int, 2> ends{-1, -1};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        out.reset(ends[0]);
        in.reset(ends[1]);
    }
};

TEST(Descriptors, TheReaderOfAPipeHasItsOtherEnd)
{
    Pipe pipe;
    const auto stream = stream_of(pipe.in.get());
    ASSERT_TRUE(stream);
    EXPECT_FALSE(stream->terminal);
    EXPECT_EQ(stream, stream_of(pipe.out.get()));
    EXPECT_NE(stream, stream_of(Pipe().in.get()));
    EXPECT_TRUE(has_other_end(::getpid(), *stream));
    pipe.out.reset();
    EXPECT_FALSE(has_other_end(::getpid(), *stream)); // the writing end is no reader
    EXPECT_FALSE(has_other_end(0, *stream));
}

TEST(Descriptors, WhatTheNextProgramGetsIsHandedDown)
{
    const Pipe pipe;
    EXPECT_FALSE(is_handed_down(::getpid(), pipe.in.get()));
    const UniqueFd kept(::dup(pipe.in.get()));
    EXPECT_TRUE(is_handed_down(::getpid(), kept.get()));
    EXPECT_FALSE(is_handed_down(0, kept.get()));
}

TEST(Descriptors, ANamedFifoIsAPipeToo)
{
    const test::TemporaryDirectory folder;
    const std::string path = folder / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    UniqueFd both(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    const auto stream = stream_of(both.get());
    ASSERT_TRUE(stream);
    EXPECT_TRUE(has_other_end(::getpid(), *stream)); // open for both: it may read
    const UniqueFd looked(::open(path.c_str(), O_PATH | O_CLOEXEC));
    EXPECT_TRUE(open_again(looked.get(), O_WRONLY | O_NONBLOCK).valid());
    both.reset();
    EXPECT_FALSE(open_again(looked.get(), O_WRONLY | O_NONBLOCK).valid()); // ENXIO: nobody reads it
}

TEST(Descriptors, WhoOpenedATerminalPairHasTheOtherEndOfEachOfThem)
{
    const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)),
        other(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(master.valid() && ::grantpt(master.get()) == 0 && ::unlockpt(master.get()) == 0);
    ASSERT_TRUE(other.valid() && ::grantpt(other.get()) == 0 && ::unlockpt(other.get()) == 0);
    const UniqueFd slave(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    const auto stream = stream_of(slave.get());
    ASSERT_TRUE(stream);
    EXPECT_TRUE(stream->terminal);
    EXPECT_FALSE(stream_of(master.get()));
    EXPECT_TRUE(has_other_end(::getpid(), *stream));
    EXPECT_FALSE(has_other_end(::getppid(), *stream));
}

TEST(Descriptors, FilesSocketsAndDevicesAreNoStreams)
{
    const test::TemporaryDirectory folder;
    folder.write("file", "");
    const UniqueFd file(::open((folder / "file").c_str(), O_RDWR | O_CLOEXEC));
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    std::array<int, 2> pair{-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    const UniqueFd one(pair[0]), two(pair[1]);
    for (const int fd : {file.get(), null.get(), one.get(), -1})
        EXPECT_FALSE(stream_of(fd)) << fd;
}

TEST(Descriptors, IsLookedAtWithoutBeingOpened)
{
    Pipe pipe;
    const UniqueFd looked = look_at_descriptor(::getpid(), pipe.in.get());
    EXPECT_EQ(stream_of(looked.get()), stream_of(pipe.in.get()));
    pipe.in.reset();
    char byte = 0;
    EXPECT_EQ(::read(pipe.out.get(), &byte, 1), 0); // end of file: what looks is no writer
    EXPECT_FALSE(look_at_descriptor(::getpid(), pipe.in.get()).valid());
    const UniqueFd again = open_again(looked.get(), O_WRONLY | O_NONBLOCK);
    EXPECT_EQ(::write(again.get(), "x", 1), 1);
    EXPECT_EQ(::read(pipe.out.get(), &byte, 1), 1);
}

} // namespace
} // namespace dbgscope
