// SPDX-License-Identifier: Apache-2.0
#include "launch/verify.hpp"

#include <gtest/gtest.h>

#include "host.hpp"

namespace dbgscope {
namespace {

using test::TemporaryDirectory;

/// The user manager's case: systemd's own hierarchies name the scope, memory is still the manager's cgroup.
void write_v1(const TemporaryDirectory &root, const std::string &limit)
{
    root.write("proc/self/cgroup", "4:memory:/user.slice/user@1000.service\n1:name=systemd:/user.slice/run-1.scope\n"
                                   "0::/user.slice/run-1.scope\n");
    root.write("proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                                      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    const std::string memory = "sys/fs/cgroup/memory/";
    root.write(memory + "release_agent", "\n");
    for (const char *level : {"", "user.slice/", "user.slice/user@1000.service/"}) {
        root.write(memory + level + "memory.limit_in_bytes", "9223372036854771712\n");
        root.write(memory + level + "memory.usage_in_bytes", "4096\n");
    }
    root.write(memory + "user.slice/user@1000.service/memory.limit_in_bytes", limit);
}

void write_v2(const TemporaryDirectory &root, const std::string &slice_max, const std::string &scope_max)
{
    root.write("proc/self/cgroup", "0::/a.slice/run-1.scope\n");
    root.write("proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    root.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    root.write("sys/fs/cgroup/a.slice/memory.max", slice_max);
    root.write("sys/fs/cgroup/a.slice/run-1.scope/memory.max", scope_max);
}

TEST(Verify, FindsTheLimitOfTheScope)
{
    const TemporaryDirectory root;
    write_v2(root, "max\n", "67108864\n");
    const auto verified = verify_limit({Limit(64 * kMiB)}, root.path());
    ASSERT_TRUE(verified) << to_line(verified.error());
    EXPECT_EQ(verified->in_force, Limit(64 * kMiB));
    EXPECT_EQ(verified->file, "/sys/fs/cgroup/a.slice/run-1.scope/memory.max");
}

TEST(Verify, WholePagesAndAStricterAncestorAreFine)
{
    const TemporaryDirectory root;
    write_v2(root, "33554432\n", "67108864\n");
    const auto verified = verify_limit({Limit(64 * kMiB + 100)}, root.path());
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->in_force, Limit(32 * kMiB));
    EXPECT_EQ(verified->file, "/sys/fs/cgroup/a.slice/memory.max");
}

TEST(Verify, UserManagerOnV1EnforcesNothing)
{
    const TemporaryDirectory root;
    write_v1(root, "9223372036854771712\n");
    const auto verified = verify_limit({Limit(48 * kMiB)}, root.path());
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().kind, ErrorKind::limit);
    EXPECT_EQ(verified.error().subject, "the memory limit of 48M");
    EXPECT_EQ(verified.error().cause,
              "/sys/fs/cgroup/memory/user.slice/user@1000.service/memory.limit_in_bytes shows no limit");
}

TEST(Verify, HigherLimitIsAMismatchToo)
{
    const TemporaryDirectory root;
    write_v1(root, "67108864\n");
    const auto verified = verify_limit({Limit(48 * kMiB)}, root.path());
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().cause,
              "/sys/fs/cgroup/memory/user.slice/user@1000.service/memory.limit_in_bytes allows 64M");
}

/// What a launch asks first: it may only say yes where the whole chain would have.
TEST(Verify, ALimitOfOurOwnOrAboveIsSeenWithoutTheWholeChain)
{
    const TemporaryDirectory v2;
    const std::string mount = "/sys/fs/cgroup";
    write_v2(v2, "max\n", "67108864\n");
    EXPECT_TRUE(is_limited(mount, Limit(64 * kMiB), v2.path()));
    EXPECT_FALSE(is_limited(mount, Limit(63 * kMiB), v2.path()));
    write_v2(v2, "67108864\n", "max\n"); // the leaf of a divided session has none of its own
    EXPECT_TRUE(is_limited(mount, Limit(64 * kMiB), v2.path()));
    EXPECT_FALSE(is_limited("", Limit(64 * kMiB), v2.path()));
    v2.write("proc/self/cgroup", "0::/../a.slice/run-1.scope\n"); // of somebody else's namespace
    EXPECT_FALSE(is_limited(mount, Limit(64 * kMiB), v2.path()));

    const TemporaryDirectory v1;
    write_v1(v1, "9223372036854771712\n");
    EXPECT_FALSE(is_limited(mount + "/memory", Limit(48 * kMiB), v1.path()));
    write_v1(v1, "50331648\n");
    EXPECT_TRUE(is_limited(mount + "/memory", Limit(48 * kMiB), v1.path()));
}

TEST(Verify, UnreadableIsAnErrorNotALimit)
{
    const TemporaryDirectory root;
    const auto nothing = verify_limit({Limit(kMiB)}, root.path());
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().kind, ErrorKind::unsupported);
    write_v2(root, "max\n", "max\n");
    std::filesystem::remove(root / "sys/fs/cgroup/a.slice/run-1.scope/memory.max");
    const auto missing = verify_limit({Limit(kMiB)}, root.path());
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::system);
}

} // namespace
} // namespace dbgscope
