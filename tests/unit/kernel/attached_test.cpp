// SPDX-License-Identifier: Apache-2.0
#include "kernel/attached.hpp"

#include <gtest/gtest.h>

#include "fake_root.hpp"

namespace dbgscope {
namespace {

MemoryHierarchy ours(int version, const char *mount)
{
    MemoryHierarchy own{.version = version, .mount = mount};
    own.chain = {{.path = "/", .dir = mount}, {.path = "/pod.slice"}, {.path = "/pod.slice/debug"}};
    return own;
}

TEST(Attached, HasTheLowestLimitThatIsNotOursToo)
{
    test::FakeRoot root;
    root.file("/proc/7/cgroup", "0::/pod.slice/app/worker\n")
        .file("/sys/fs/cgroup/pod.slice/memory.max", "1048576\n")
        .file("/sys/fs/cgroup/pod.slice/app/memory.max", "268435456\n")
        .file("/sys/fs/cgroup/pod.slice/app/worker/memory.max", "max\n")
        .file("/proc/8/cgroup", "0::/pod.slice/debug\n");
    const auto attached = look_at_attached(7, ours(2, "/sys/fs/cgroup"), root.path());
    ASSERT_TRUE(attached);
    EXPECT_EQ(attached->pid, 7U);
    EXPECT_EQ(attached->path, "/pod.slice/app/worker");
    EXPECT_EQ(attached->limit.value_or(Limit()), Limit(256 * kMiB));
    EXPECT_FALSE(look_at_attached(8, ours(2, "/sys/fs/cgroup"), root.path())) << "where we are";
    EXPECT_FALSE(look_at_attached(9, ours(2, "/sys/fs/cgroup"), root.path())) << "there is none";
    EXPECT_FALSE(look_at_attached(7, {}, root.path())) << "no memory controller";
}

TEST(Attached, OutsideOfOurNamespaceItsOwnRootIsRead)
{
    test::FakeRoot root;
    root.file("/proc/7/cgroup", "0::/../app\n").file("/proc/7/root/sys/fs/cgroup/memory.max", "134217728\n");
    const auto newer = look_at_attached(7, ours(2, "/sys/fs/cgroup"), root.path());
    ASSERT_TRUE(newer);
    EXPECT_EQ(newer->limit.value_or(Limit()), Limit(128 * kMiB));
    root.file("/proc/8/cgroup", "9:memory:/../app\n0::/\n")
        .file("/proc/8/root/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    const auto older = look_at_attached(8, ours(1, "/sys/fs/cgroup/memory"), root.path());
    ASSERT_TRUE(older);
    EXPECT_FALSE(older->limit.value_or(Limit(1)).finite());
    root.file("/proc/9/cgroup", "0::/../app\n");
    EXPECT_FALSE(look_at_attached(9, ours(2, "/sys/fs/cgroup"), root.path())->limit) << "nothing is mounted there";
    root.file("/proc/9/root/sys/fs/cgroup/memory.max", "rubbish\n");
    EXPECT_FALSE(look_at_attached(9, ours(2, "/sys/fs/cgroup"), root.path())->limit);
}

} // namespace
} // namespace dbgscope
