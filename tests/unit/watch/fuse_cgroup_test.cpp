// SPDX-License-Identifier: Apache-2.0
#include "watch/fuse_cgroup.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using test::HostCgroup;
using test::own_cgroup;
using test::slurp;
using test::TemporaryDirectory;

constexpr Limit kLine{56 * kMiB}, kCap{64 * kMiB};

TEST(MemoryParts, OfV2)
{
    // Linux 6.1
    const MemoryParts parts =
        parse_memory_parts(2, "anon 126353408\nfile 8192\nkernel 1404928\nkernel_stack 49152\npagetables 466944\n"
                              "sec_pagetables 0\npercpu 0\nsock 0\nvmalloc 0\nshmem 4096\nfile_mapped 0\n"
                              "inactive_anon 126328832\nactive_anon 20480\ninactive_file 4096\nactive_file 8192\n"
                              "unevictable 0\nslab_reclaimable 309960\nslab_unreclaimable 387976\nslab 697936\n");
    EXPECT_STREQ(parts.largest, "anon");
    EXPECT_EQ(parts.largest_bytes, 126353408U);
    EXPECT_EQ(parts.reclaimable_bytes, 4096U + 8192 + 309960);
    EXPECT_STREQ(parse_memory_parts(2, "anon 5\nfile 900\npagetables 7\nshmem 6\n").largest, "page tables");
}

TEST(MemoryParts, OfV1CountChildren)
{
    const MemoryParts parts = parse_memory_parts(
        1, "cache 900\nrss 4096\nactive_file 11\ninactive_file 12\nhierarchical_memory_limit 67108864\n"
           "total_cache 8192\ntotal_rss 1744896\ntotal_shmem 2097152\ntotal_inactive_file 417792\n"
           "total_active_file 1417216\ntotal_unevictable 0\n");
    EXPECT_STREQ(parts.largest, "shmem");
    EXPECT_EQ(parts.largest_bytes, 2097152U);
    EXPECT_EQ(parts.reclaimable_bytes, 417792U + 1417216);
}

TEST(MemoryParts, OfGarbageAreUnknown)
{
    for (const char *text :
         {"", "\n", "anon\n", "anon x\n", "anon -1\n", "xanon 5\n", "anon 99999999999999999999999\n"})
        EXPECT_EQ(parse_memory_parts(2, text).largest, nullptr) << text;
}

TEST(UnderOom, IsParsed)
{
    EXPECT_EQ(parse_under_oom("oom_kill_disable 1\nunder_oom 0\noom_kill 0\n"), false);
    EXPECT_EQ(parse_under_oom("oom_kill_disable 1\nunder_oom 1\noom_kill 0\n"), true);
    for (const char *text : {"", "oom_kill_disable 1\n", "under_oom\n", "under_oom x\n", "xunder_oom 1\n"})
        EXPECT_EQ(parse_under_oom(text), std::nullopt) << text;
}

/// The control files of v2 as plain files; each write leaves what the kernel would have read.
class PlainV2 {
  public:
    PlainV2()
    {
        tree_.write("memory.current", "104857600\n");
        tree_.write("memory.max", "67108864\n");
        tree_.write("memory.high", "");
        tree_.write("cgroup.freeze", "");
        tree_.write("memory.stat", "anon 100\ninactive_file 600\n");
        tree_.write("memory.pressure", "some avg10=61.25 avg60=0.00 avg300=0.00 total=1\n"
                                       "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
        directory_ = std::move(*open_directory(tree_.path()));
    }
    [[nodiscard]] int fd() const { return directory_.get(); }
    void write(const std::string &name, const std::string &text) const { tree_.write(name, text); }
    [[nodiscard]] std::string text(const std::string &name) const { return slurp(tree_ / name); }
    void remove(const std::string &name) const { std::filesystem::remove(tree_ / name); }

  private:
    TemporaryDirectory tree_;
    UniqueFd directory_;
};

TEST(FuseV2, ArmsFreezesThawsAndLifts)
{
    const PlainV2 files;
    FuseCgroup cgroup(2, files.fd(), kLine, kCap);
    ASSERT_TRUE(cgroup.prepare());
    EXPECT_EQ(cgroup.event_fd(), -1);
    ASSERT_TRUE(cgroup.arm());
    EXPECT_EQ(files.text("memory.high"), std::to_string(kLine.bytes()));
    ASSERT_TRUE(cgroup.freeze());
    EXPECT_EQ(files.text("cgroup.freeze"), "1");
    ASSERT_TRUE(cgroup.thaw());
    EXPECT_EQ(files.text("cgroup.freeze"), "0");
    files.write("memory.high", "");
    ASSERT_TRUE(cgroup.lift());
    EXPECT_EQ(files.text("memory.high"), "max");
}

TEST(FuseV2, ReadsWhatOthersHaveWritten)
{
    const PlainV2 files;
    FuseCgroup cgroup(2, files.fd(), kLine, kCap);
    ASSERT_TRUE(cgroup.arm());
    auto reading = cgroup.read(false);
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading->line, kLine);
    EXPECT_EQ(reading->unreclaimable_bytes(), 104857000U);
    EXPECT_FALSE(reading->waiting);
    files.write("memory.max", "134217728\n");
    files.write("memory.high", "125829120\n");
    reading = cgroup.read(false);
    EXPECT_EQ(reading->line, Limit(120 * kMiB));
    EXPECT_EQ(reading->cap, Limit(128 * kMiB));
    EXPECT_EQ(cgroup.pressure_avg10(), 61.25);
}

TEST(FuseV2, RemembersItsLineWhileLifted)
{
    const PlainV2 files;
    FuseCgroup cgroup(2, files.fd(), kLine, kCap);
    ASSERT_TRUE(cgroup.arm());
    files.write("memory.high", "");
    ASSERT_TRUE(cgroup.lift());
    auto reading = cgroup.read(false);
    ASSERT_TRUE(reading);
    EXPECT_FALSE(reading->line_in_force);
    EXPECT_EQ(reading->line, kLine);
    files.write("memory.high", "60000000\n");
    reading = cgroup.read(false);
    EXPECT_TRUE(reading->line_in_force);
    EXPECT_EQ(reading->line, Limit(60'000'000));
    files.write("memory.high", "max\n"); // armed, and somebody has taken the line away
    EXPECT_EQ(cgroup.read(false)->line, Limit());
}

TEST(FuseV2, AtRestReadsMemoryStatOnlyAfterAChange)
{
    const PlainV2 files;
    FuseCgroup cgroup(2, files.fd(), kLine, kCap);
    ASSERT_TRUE(cgroup.arm());
    ASSERT_TRUE(cgroup.read(false));
    files.remove("memory.stat");
    EXPECT_EQ(cgroup.read(true)->parts.reclaimable_bytes, 600U);
    files.write("memory.current", "104857601\n");
    EXPECT_EQ(cgroup.read(true).error().error_number, ENOENT);
}

TEST(FuseV2, AMissingOrMalformedFileIsAnError)
{
    for (const char *name : {"memory.current", "memory.max", "memory.high", "memory.stat"}) {
        const PlainV2 files;
        FuseCgroup cgroup(2, files.fd(), kLine, kCap);
        ASSERT_TRUE(cgroup.arm());
        files.remove(name);
        const auto reading = cgroup.read(false);
        ASSERT_FALSE(reading) << name;
        EXPECT_EQ(reading.error().subject, name);
        files.write(name, "-5\n");
        EXPECT_EQ(cgroup.read(false).has_value(), std::string(name) == "memory.stat") << name;
    }
    const PlainV2 files;
    files.remove("memory.pressure");
    EXPECT_EQ(FuseCgroup(2, files.fd(), kLine, kCap).pressure_avg10(), std::nullopt);
}

// Real, from here on: the memory hierarchy of this host.

class FuseV1 : public testing::Test {
  protected:
    void SetUp() override
    {
        DBGSCOPE_NEEDS_V1_ROOT();
        made_.emplace(own_cgroup().memory.chain.back().dir);
        ASSERT_TRUE(made_->made());
        directory_ = std::move(*open_directory(made_->path()));
        ASSERT_TRUE(write_at(fd(), "memory.limit_in_bytes", std::to_string(kCap.bytes())));
        (void)write_at(fd(), "memory.memsw.limit_in_bytes", std::to_string(kCap.bytes()));
    }
    [[nodiscard]] int fd() const { return directory_.get(); }
    [[nodiscard]] std::string text(const char *name) const { return slurp(made_->path() + '/' + name); }
    /// memory.limit_in_bytes, and memsw beside it where the kernel counts swap.
    void expect_limit(Limit limit) const
    {
        EXPECT_EQ(text("memory.limit_in_bytes"), std::to_string(limit.bytes()) + '\n');
        if (const auto both = read_at(fd(), "memory.memsw.limit_in_bytes"); both) {
            EXPECT_EQ(*both, std::to_string(limit.bytes()) + '\n');
        }
    }

    std::optional<HostCgroup> made_;
    UniqueFd directory_;
};

TEST_F(FuseV1, ArmsLendsTakesBackAndLifts)
{
    FuseCgroup cgroup(1, fd(), kLine, kCap);
    ASSERT_TRUE(cgroup.prepare());
    ASSERT_GE(cgroup.event_fd(), 0);
    ASSERT_TRUE(cgroup.arm());
    expect_limit(kLine);
    EXPECT_TRUE(text("memory.oom_control").starts_with("oom_kill_disable 1\n"));
    ASSERT_TRUE(cgroup.lend(4 * kMiB));
    expect_limit(Limit(60 * kMiB));
    ASSERT_TRUE(cgroup.lend(100 * kMiB));
    expect_limit(kCap);
    ASSERT_TRUE(cgroup.lend(kMiB));
    expect_limit(kCap);
    EXPECT_EQ(cgroup.read(false)->limit, kCap);
    EXPECT_EQ(cgroup.read(false)->line, kLine);
    ASSERT_TRUE(cgroup.take_back());
    expect_limit(kLine);
    ASSERT_TRUE(cgroup.lift());
    expect_limit(kCap);
    EXPECT_TRUE(text("memory.oom_control").starts_with("oom_kill_disable 0\n"));
    EXPECT_FALSE(cgroup.read(false)->line_in_force);
}

TEST_F(FuseV1, ALimitOfSomebodyElseIsTheNewCap)
{
    FuseCgroup cgroup(1, fd(), Limit(kLine.bytes() + 1), kCap); // the kernel rounds to whole pages
    ASSERT_TRUE(cgroup.arm());
    EXPECT_EQ(cgroup.read(false)->cap, kCap);
    (void)write_at(fd(), "memory.memsw.limit_in_bytes", std::to_string(256 * kMiB));
    ASSERT_TRUE(write_at(fd(), "memory.limit_in_bytes", std::to_string(256 * kMiB)));
    const auto reading = cgroup.read(false);
    EXPECT_EQ(reading->cap, Limit(256 * kMiB));
    EXPECT_EQ(reading->limit, Limit(256 * kMiB));
    EXPECT_EQ(reading->line, Limit(256 * kMiB - 256 * kMiB / 20));
    ASSERT_TRUE(cgroup.take_back());
    EXPECT_EQ(cgroup.read(false)->cap, Limit(256 * kMiB));
}

TEST_F(FuseV1, WhatSomebodyElseHasWrittenMeanwhileIsNotWrittenOver)
{
    using Action = Result<void> (*)(FuseCgroup &);
    const std::initializer_list<Action> actions{[](FuseCgroup &cgroup) { return cgroup.lend(kMiB); },
                                                [](FuseCgroup &cgroup) { return cgroup.take_back(); },
                                                [](FuseCgroup &cgroup) { return cgroup.lift(); }};
    for (const Action &action : actions) {
        FuseCgroup cgroup(1, fd(), kLine, kCap);
        ASSERT_TRUE(cgroup.arm());
        EXPECT_EQ(cgroup.read(false)->cap, kCap);
        (void)write_at(fd(), "memory.memsw.limit_in_bytes", std::to_string(256 * kMiB));
        ASSERT_TRUE(write_at(fd(), "memory.limit_in_bytes", std::to_string(256 * kMiB)));
        ASSERT_TRUE(action(cgroup));
        const auto reading = cgroup.read(false);
        EXPECT_EQ(reading->cap, Limit(256 * kMiB));
        EXPECT_EQ(reading->limit, Limit(256 * kMiB));
        ASSERT_TRUE(cgroup.lift());
        ASSERT_TRUE(write_at(fd(), "memory.limit_in_bytes", std::to_string(kCap.bytes())));
    }
}

TEST_F(FuseV1, TheEventComesWithTheHoldAndGoesWhenDrained)
{
    FuseCgroup cgroup(1, fd(), kLine, kCap);
    ASSERT_TRUE(cgroup.prepare());
    ASSERT_TRUE(cgroup.arm());
    const auto ready = [&](int ms) {
        pollfd polled{.fd = cgroup.event_fd(), .events = POLLIN, .revents = 0};
        return ::poll(&polled, 1, ms) == 1;
    };
    EXPECT_FALSE(ready(0));
    const pid_t pid = ::fork();
    if (pid == 0) {
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL); // also when an assertion ends the test early
        if (!write_at(fd(), "cgroup.procs", "0"))
            ::_exit(1);
        for (;;) // for ever: at the line it waits in the kernel
            for (volatile char *block = new char[kMiB], *at = block; at < block + kMiB; at += 4096)
                *at = 1;
    }
    EXPECT_TRUE(ready(10'000));
    cgroup.drain_event();
    const auto reading = cgroup.read(false);
    EXPECT_TRUE(reading->waiting);
    EXPECT_GT(reading->unreclaimable_bytes(), 50 * kMiB);
    EXPECT_STREQ(reading->parts.largest, "anon");
    EXPECT_FALSE(ready(0));
    EXPECT_EQ(cgroup.take_back().has_value(), true) << "nothing was lent";
    int refused = 0;
    for (int tries = 0; refused == 0 && tries < 100; ++tries) { // used up as soon as the process gets a processor
        ASSERT_TRUE(cgroup.lend(64 * kKiB));
        EXPECT_TRUE(ready(10'000));
        ::usleep(static_cast<useconds_t>(tries) * 1000);
        const auto back = cgroup.take_back();
        refused = back ? 0 : back.error().error_number;
    }
    EXPECT_EQ(refused, EBUSY);
    (void)::kill(pid, SIGKILL); // needs no help
    EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
}

TEST(FuseV1Files, LendAboveWhatTheKernelChargedBeyondTheLimit)
{
    const PlainV2 files;
    FuseCgroup cgroup(1, files.fd(), kLine, kCap);
    const auto lend = [&](std::uint64_t usage) {
        files.write("memory.limit_in_bytes", "");
        files.write("memory.usage_in_bytes", std::to_string(usage) + '\n');
        EXPECT_TRUE(cgroup.lend(64 * kKiB));
        return files.text("memory.limit_in_bytes");
    };
    files.write("memory.limit_in_bytes", "");
    ASSERT_TRUE(cgroup.take_back());
    EXPECT_EQ(lend(60 * kMiB), std::to_string(60 * kMiB + 64 * kKiB));
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    EXPECT_EQ(lend(kCap.bytes() + kMiB), std::to_string(kCap.bytes() + kMiB + page)) << "enough to wake them";
}

TEST(FuseV1Files, AreMissingOnV2)
{
    const PlainV2 files;
    FuseCgroup cgroup(1, files.fd(), kLine, kCap);
    EXPECT_EQ(cgroup.prepare().error().error_number, ENOENT);
    EXPECT_EQ(cgroup.arm().error().error_number, ENOENT);
}

} // namespace
} // namespace dbgscope
