// SPDX-License-Identifier: Apache-2.0
#include "kernel/mountinfo.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(Mountinfo, ReadsBothCgroupTypesAndNothingElse)
{
    const auto mounts =
        parse_mountinfo("23 28 0:21 / /proc rw,relatime - proc proc rw\n"
                        "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs cgroup_tmpfs rw,mode=755\n"
                        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 master:1 - cgroup cgroup rw,memory\n"
                        "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
                        "41 31 0:38 / /sys/fs/cgroup/unified ro,nosuid - cgroup2 cgroup2 rw,nsdelegate\n");
    ASSERT_EQ(mounts.size(), 3U);
    EXPECT_TRUE(mounts[0].memory && !mounts[0].v2 && !mounts[0].named && !mounts[0].read_only);
    EXPECT_EQ(mounts[0].point, "/sys/fs/cgroup/memory");
    EXPECT_TRUE(mounts[1].named && !mounts[1].memory);
    EXPECT_TRUE(mounts[2].v2 && mounts[2].read_only);
}

TEST(Mountinfo, ControllersAndOptionsAreWholeTokens)
{
    const auto mounts = parse_mountinfo("1 2 0:1 / /a rw - cgroup cgroup rw,name=memory\n"
                                        "1 2 0:1 / /b rw,rooted - cgroup cgroup rw,memory_recursiveprot\n"
                                        "1 2 0:1 / /c rw - cgroup cgroup ro,cpu,memory\n");
    ASSERT_EQ(mounts.size(), 3U);
    EXPECT_FALSE(mounts[0].memory);
    EXPECT_FALSE(mounts[1].memory || mounts[1].read_only);
    EXPECT_TRUE(mounts[2].memory && mounts[2].read_only); // a read-only superblock counts too
}

TEST(Mountinfo, OctalEscapesAreUndone)
{
    const auto mounts = parse_mountinfo("1 2 0:1 /a\\040b\\134c /mnt/with\\012newline\\011tab rw - cgroup2 none rw\n"
                                        "1 2 0:1 / /trailing\\04 rw - cgroup2 none rw\n");
    ASSERT_EQ(mounts.size(), 2U);
    EXPECT_EQ(mounts[0].root, "/a b\\c");
    EXPECT_EQ(mounts[0].point, "/mnt/with\nnewline\ttab");
    EXPECT_EQ(mounts[1].point, "/trailing\\04");
}

TEST(Mountinfo, BrokenLinesAreSkipped)
{
    EXPECT_TRUE(parse_mountinfo("").empty());
    EXPECT_TRUE(parse_mountinfo(" - cgroup2\n").empty());
    EXPECT_TRUE(parse_mountinfo("1 2 0:1 / /x rw - cgroup3 none rw\n").empty());
    EXPECT_TRUE(parse_mountinfo("1 2 0:1 relative /x rw - cgroup2 none rw").empty());
    EXPECT_EQ(parse_mountinfo("1 2 0:1 / /x rw - cgroup2 none rw").size(), 1U); // no final newline
}

TEST(BelowRoot, FollowsWholeComponentsOnly)
{
    EXPECT_EQ(below_root("/", "/a/b"), "a/b");
    EXPECT_EQ(below_root("/", "/"), "");
    EXPECT_EQ(below_root("/docker/1", "/docker/1"), "");
    EXPECT_EQ(below_root("/docker/1", "/docker/1/x"), "x");
    EXPECT_EQ(below_root("/docker/1", "/docker/12"), std::nullopt);
    EXPECT_EQ(below_root("/docker/1", "/"), std::nullopt);
}

TEST(BelowRoot, NamesAboveTheNamespace)
{
    EXPECT_EQ(below_root("/", "/../other"), std::nullopt); // we are outside the namespace
    EXPECT_EQ(below_root("/..", "/"), std::nullopt);       // what our cgroup is called up there is not known
    EXPECT_EQ(below_root("/../..", "/a"), std::nullopt);
    EXPECT_EQ(below_root("/..", "/../other"), "other"); // but a sibling is
    EXPECT_EQ(below_root("/..", "/../../x"), std::nullopt);
}

TEST(BelowRoot, HostileNames)
{
    EXPECT_EQ(below_root("/", "/a/../b"), std::nullopt);
    EXPECT_EQ(below_root("/", "/a/./b"), std::nullopt);
    EXPECT_EQ(below_root("/", "//a"), std::nullopt);
    EXPECT_EQ(below_root("/", "relative"), std::nullopt);
    EXPECT_EQ(below_root("/", ""), std::nullopt);
    EXPECT_EQ(below_root("/", "/..a/...").value_or("?"), "..a/...");
}

std::string best(const std::vector<CgroupMount> &mounts, std::string_view path, bool v2 = true)
{
    const auto found = mounts_showing(mounts, v2, path);
    return found.empty() ? "" : found.front()->point;
}

TEST(MountsShowing, PrefersWritableThenMoreAncestorsThenTheUsualPlace)
{
    const CgroupMount usual{.v2 = true, .root = "/", .point = "/sys/fs/cgroup"};
    const CgroupMount other{.v2 = true, .root = "/", .point = "/mnt/cgroup"};
    const CgroupMount deep{.v2 = true, .root = "/a", .point = "/mnt/a"};
    CgroupMount read_only = usual;
    read_only.read_only = true;
    EXPECT_EQ(best({usual, other}, "/a"), "/sys/fs/cgroup");
    EXPECT_EQ(best({other, usual}, "/a"), "/sys/fs/cgroup");
    EXPECT_EQ(best({deep, other}, "/a"), "/mnt/cgroup");
    EXPECT_EQ(best({read_only, deep}, "/a"), "/mnt/a");
    EXPECT_EQ(best({read_only, deep}, "/b"), "/sys/fs/cgroup"); // the writable one does not show /b
    EXPECT_EQ(best({deep}, "/b"), "");
}

TEST(MountsShowing, OfV1OnlyTheMemoryHierarchy)
{
    const CgroupMount cpu{.root = "/", .point = "/cpu"};
    const CgroupMount memory{.memory = true, .root = "/", .point = "/memory"};
    const CgroupMount unified{.v2 = true, .root = "/", .point = "/unified"};
    EXPECT_EQ(best({cpu, unified, memory}, "/", false), "/memory");
    EXPECT_EQ(best({cpu, unified, memory}, "/", true), "/unified");
}

} // namespace
} // namespace dbgscope
