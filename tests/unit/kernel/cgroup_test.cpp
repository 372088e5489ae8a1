// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup.hpp"

#include <fcntl.h>

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "fake_root.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using enum CgroupFile;

/// Plain files in the place of a cgroup's.
class Files {
  public:
    explicit Files(int version) : version_(version) { root_.dir("/c"); }
    Files &file(const char *name, std::string_view text)
    {
        root_.file(std::string("/c/") + name, text);
        return *this;
    }
    [[nodiscard]] std::string text(const char *name) const { return test::slurp(root_.path() + "/c/" + name); }
    [[nodiscard]] Cgroup cgroup()
    {
        directory_ = std::move(*open_directory(root_.path() + "/c"));
        return {directory_.get(), version_};
    }

  private:
    test::FakeRoot root_;
    int version_;
    UniqueFd directory_;
};

TEST(Cgroup, ReadsTheFilesOfItsVersion)
{
    Files v2(2), v1(1);
    v2.file("memory.max", "max\n").file("memory.current", "4096\n").file("memory.limit_in_bytes", "1\n");
    v1.file("memory.limit_in_bytes", "9223372036854771712\n").file("memory.usage_in_bytes", "8192\n");
    EXPECT_EQ(*v2.cgroup().read_limit(limit), Limit());
    EXPECT_EQ(*v2.cgroup().read_number(usage), 4096U);
    EXPECT_EQ(*v1.cgroup().read_limit(limit), Limit());
    EXPECT_EQ(*v1.cgroup().read_number(usage), 8192U);
}

TEST(Cgroup, AFileItDoesNotHaveIsMissing)
{
    Files v1(1), v2(2);
    v1.file("memory.high", "5\n"); // of no meaning there
    EXPECT_EQ(v1.cgroup().read(high).error().error_number, ENOENT);
    EXPECT_EQ(to_line(v1.cgroup().read(high).error()), "cannot open memory.high: No such file or directory");
    EXPECT_EQ(v1.cgroup().write(high, "7").error().error_number, ENOENT);
    EXPECT_EQ(v1.cgroup().open(high, O_RDONLY).error().error_number, ENOENT);
    EXPECT_FALSE(v1.cgroup().has(high));
    EXPECT_EQ(v1.text("memory.high"), "5\n");
    EXPECT_EQ(v2.cgroup().read(high).error().error_number, ENOENT);
    EXPECT_EQ(v2.cgroup().thaw().error().error_number, ENOENT);
}

TEST(Cgroup, WhatIsNoNumberIsAnErrorOfItsOwn)
{
    Files files(2);
    files.file("memory.current", "many\n").file("memory.max", "maximum\n");
    EXPECT_EQ(files.cgroup().read_number(usage).error().error_number, EINVAL);
    EXPECT_EQ(files.cgroup().read_limit(limit).error().error_number, EINVAL);
}

TEST(Cgroup, IsFrozenAndThawed)
{
    Files files(2);
    files.file("cgroup.freeze", "").file("cgroup.events", "populated 1\nfrozen 0\n").file("cgroup.kill", "");
    EXPECT_FALSE(files.cgroup().frozen());
    EXPECT_TRUE(files.cgroup().freeze());
    EXPECT_EQ(files.text("cgroup.freeze"), "1");
    EXPECT_TRUE(files.cgroup().thaw());
    EXPECT_EQ(files.text("cgroup.freeze"), "0");
    files.file("cgroup.events", "populated 1\nfrozen 1\n");
    EXPECT_TRUE(files.cgroup().frozen());
    EXPECT_TRUE(files.cgroup().kill());
    EXPECT_EQ(files.text("cgroup.kill"), "1");
    EXPECT_FALSE(Files(1).cgroup().frozen());
}

TEST(Cgroup, ProcessesComeAndAreNamed)
{
    Files v1(1), v2(2);
    v1.file("tasks", "").file("cgroup.procs", "12\n0\n");
    v2.file("cgroup.procs", "7\n");
    EXPECT_THAT(*v1.cgroup().pids(), testing::ElementsAre(12, 0));
    EXPECT_TRUE(v1.cgroup().enter());
    EXPECT_EQ(v1.text("tasks"), "0");
    EXPECT_EQ(v1.text("cgroup.procs"), "12\n0\n") << "that would wait for a grace period";
    EXPECT_TRUE(v2.cgroup().add(4711));
    EXPECT_EQ(v2.text("cgroup.procs").substr(0, 4), "4711");
    EXPECT_EQ(Files(2).cgroup().pids().error().error_number, ENOENT);
}

TEST(Cgroup, LimitIsWritten)
{
    Files v2(2);
    v2.file("memory.max", "1");
    EXPECT_TRUE(v2.cgroup().write_limit(Limit(8192)));
    EXPECT_EQ(v2.text("memory.max"), "8192");
    Files v1(1); // without swap accounting
    v1.file("memory.limit_in_bytes", "4096");
    EXPECT_TRUE(v1.cgroup().write_limit(Limit(8192)));
    EXPECT_EQ(v1.text("memory.limit_in_bytes"), "8192");
    EXPECT_EQ(Files(2).cgroup().write_limit(Limit(1)).error().error_number, ENOENT);
}

/// The kernel itself says whether the order is right: EINVAL where memsw would be below the limit.
TEST(Cgroup, LimitAndSwapOfV1KeepTheirOrderBothWays)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const test::HostCgroup made(test::own_cgroup().memory.chain.back().dir);
    const auto directory = open_directory(made.path());
    const Cgroup cgroup(directory->get(), 1);
    if (!cgroup.has(both_limit))
        GTEST_SKIP() << "no swap accounting here";
    for (const std::uint64_t mib : {64, 32, 128, 16}) {
        const auto written = cgroup.write_limit(Limit(mib * kMiB));
        ASSERT_TRUE(written) << mib << ": " << to_line(written.error());
        EXPECT_EQ(*cgroup.read_limit(limit), Limit(mib * kMiB));
        EXPECT_EQ(*cgroup.read_limit(both_limit), Limit(mib * kMiB));
    }
}

} // namespace
} // namespace dbgscope
