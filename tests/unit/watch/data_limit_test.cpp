// SPDX-License-Identifier: Apache-2.0
#include "watch/data_limit.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "dbgscope/data_limit.hpp"
#include "kernel/process_memory.hpp"

namespace dbgscope {
namespace {

/// More than this program has mapped, of which a child has the same: with a sanitizer in it that is a great deal.
Limit above_own(std::uint64_t bytes)
{
    return Limit(mapped_data_of(::getpid()).value_or(0) + bytes);
}

/// A child that maps `bytes`, when it is told to, and answers whether it was let.
class Mapping {
  public:
    explicit Mapping(std::uint64_t bytes)
    {
        EXPECT_EQ(::pipe(to_), 0);
        EXPECT_EQ(::pipe(from_), 0);
        pid_ = ::fork();
        if (pid_ != 0)
            return;
        char byte = 0;
        while (::read(to_[0], &byte, 1) == 1) {
            byte = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
            if (::write(from_[1], &byte, 1) != 1)
                break;
        }
        ::_exit(0);
    }
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;
    ~Mapping()
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        for (const int fd : {to_[0], to_[1], from_[0], from_[1]})
            ::close(fd);
    }
    [[nodiscard]] pid_t pid() const { return pid_; }
    bool maps()
    {
        char byte = 1;
        EXPECT_EQ(::write(to_[1], &byte, 1), 1);
        EXPECT_EQ(::read(from_[0], &byte, 1), 1);
        return byte == 1;
    }
    [[nodiscard]] rlimit limit() const
    {
        rlimit now = {};
        EXPECT_EQ(::prlimit(pid_, RLIMIT_DATA, nullptr, &now), 0);
        return now;
    }

  private:
    int to_[2] = {}, from_[2] = {};
    pid_t pid_ = 0;
};

TEST(DataLimit, TheKernelRefusesWhatIsBeyondAndMoreIsAllowedLater)
{
    const Limit limit = above_own(512 * kMiB), more = above_own(600 * kMiB);
    Mapping child(200 * kMiB);
    const rlim_t hard = child.limit().rlim_max;
    EXPECT_TRUE(bound_data(child.pid(), Limit()));
    EXPECT_EQ(child.limit().rlim_cur, RLIM_INFINITY) << "no limit: nothing is touched";
    ASSERT_TRUE(bound_data(child.pid(), limit));
    EXPECT_EQ(child.limit().rlim_cur, limit.bytes());
    EXPECT_EQ(child.limit().rlim_max, hard) << "so that it can be raised";
    EXPECT_TRUE(bound_data(child.pid(), Limit(2 * limit.bytes())));
    EXPECT_EQ(child.limit().rlim_cur, limit.bytes()) << "a lower one stays";
    DataWatch watch(limit);
    EXPECT_FALSE(watch.see(child.pid()));
    EXPECT_TRUE(child.maps());
    while (child.maps())
        continue;
    watch.make_room_for(more);
    EXPECT_EQ(watch.limit(), data_limit_for(more));
    EXPECT_EQ(child.limit().rlim_cur, data_limit_for(more).bytes());
    EXPECT_TRUE(child.maps()) << "it was given more";
    watch.make_room_for(Limit(64 * kMiB));
    EXPECT_EQ(watch.limit(), data_limit_for(more)) << "never lower";
}

TEST(DataLimit, NearToItIsToldOnce)
{
    Mapping child(8 * kMiB);
    const Limit limit = above_own(512 * kMiB);
    ASSERT_TRUE(bound_data(child.pid(), limit));
    DataWatch watch(limit);
    while (child.maps())
        continue;
    const auto line = watch.see(child.pid());
    ASSERT_TRUE(line);
    EXPECT_NE(line->find("of the " + format_limit(limit) + " that --rlimit-data lets it"), std::string::npos) << *line;
    EXPECT_FALSE(watch.see(child.pid()));
    EXPECT_FALSE(bound_data(0x7ffffff0, Limit(kMiB))) << "no such process";
}

} // namespace
} // namespace dbgscope
