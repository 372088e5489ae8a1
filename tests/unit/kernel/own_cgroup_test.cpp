// SPDX-License-Identifier: Apache-2.0
#include "kernel/own_cgroup.hpp"

#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "not_asked.hpp"

namespace dbgscope {
namespace {

CgroupFacts probed(const test::FakeRoot &root)
{
    Reader reader(root.path());
    CgroupFacts cgroup;
    probe_cgroup(reader, ChainDetail::basic, cgroup);
    return cgroup;
}

std::string v2_mount(const std::string &root, const std::string &point, const std::string &options = "rw")
{
    return "29 24 0:26 " + root + ' ' + point + ' ' + options + " shared:9 - cgroup2 cgroup2 rw\n";
}

std::string v1_mount(const std::string &root, const std::string &point, const std::string &controllers)
{
    return "33 24 0:33 " + root + ' ' + point + " rw - cgroup cgroup rw," + controllers + '\n';
}

/// A v2 machine whose top has the memory controller and whose cgroup `dir` has a limit of 1 GiB.
void v2_machine(test::FakeRoot &root, const std::string &self, const std::string &mountinfo, const std::string &dir)
{
    root.file("/proc/self/cgroup", self)
        .file("/proc/self/mountinfo", mountinfo)
        .file("/sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
        .file(dir + "/memory.max", "1073741824\n")
        .file(dir + "/memory.current", "1048576\n")
        .file(dir + "/cgroup.type", "domain\n")
        .file(dir + "/cgroup.procs", "1\n");
}

TEST(SelfCgroup, ControllersAreWholeTokens)
{
    const auto own =
        parse_self_cgroup("12:name=memory:/wrong\n11:cpu,memory_extra:/wrong\n4:cpu,memory:/right:with:colons\n"
                          "garbage\n7:freezer\n0::/u\n");
    EXPECT_EQ(own.memory_v1, "/right:with:colons");
    EXPECT_EQ(own.unified, "/u");
}

TEST(SelfCgroup, NothingUsable)
{
    for (const char *const text : {"", "\n", "::\n", "0::relative\n", "1:name=systemd:/\n"}) {
        const auto own = parse_self_cgroup(text);
        EXPECT_FALSE(own.memory_v1 || own.unified) << text;
    }
}

TEST(Cgroup, BindMountStartsTheChainAtItsRoot)
{
    test::FakeRoot root;
    v2_machine(root, "0::/docker/1/app\n", v2_mount("/docker/1", "/sys/fs/cgroup"), "/sys/fs/cgroup/app");
    const auto cgroup = probed(root);
    ASSERT_EQ(cgroup.memory.chain.size(), 2U);
    EXPECT_EQ(cgroup.memory.chain[0].path, "/docker/1");
    EXPECT_EQ(cgroup.memory.chain[0].dir, "/sys/fs/cgroup");
    EXPECT_EQ(cgroup.memory.chain[1].path, "/docker/1/app");
    EXPECT_EQ(cgroup.memory.effective, Limit(kGiB));
    EXPECT_EQ(cgroup.unified_dir, "/sys/fs/cgroup/app");
}

TEST(Cgroup, MountAboveOurNamespaceShowsNothingWeCanName)
{
    test::FakeRoot root;
    v2_machine(root, "0::/\n", v2_mount("/../..", "/sys/fs/cgroup"), "/sys/fs/cgroup/x");
    const auto cgroup = probed(root);
    EXPECT_EQ(cgroup.layout, Layout::v2);
    EXPECT_EQ(cgroup.memory.version, 0);
    EXPECT_EQ(cgroup.unified_mount, "/sys/fs/cgroup");
    EXPECT_EQ(cgroup.unified_dir, "");
    EXPECT_FALSE(cgroup.delegation.can_create);
    EXPECT_EQ(cgroup.delegation.detail, "our cgroup / is not below /../.., which is what is mounted at /sys/fs/cgroup");
}

TEST(Cgroup, ProcessOutsideItsNamespace)
{
    test::FakeRoot root;
    v2_machine(root, "0::/../sibling\n", v2_mount("/", "/sys/fs/cgroup"), "/sys/fs/cgroup/sibling");
    EXPECT_EQ(probed(root).memory.version, 0);
}

TEST(Cgroup, TheFirstMountThatReallyHasOurDirectoryWins)
{
    // Another file system hides /sys/fs/cgroup: nothing of the first mount can be seen there.
    test::FakeRoot root;
    root.file("/proc/self/cgroup", "0::/a\n")
        .file("/proc/self/mountinfo", v2_mount("/", "/sys/fs/cgroup") + v2_mount("/", "/mnt/cg"))
        .dir("/sys/fs/cgroup")
        .file("/mnt/cg/cgroup.controllers", "memory\n")
        .dir("/mnt/cg/a");
    EXPECT_EQ(probed(root).memory.mount, "/mnt/cg");
}

TEST(Cgroup, DeletedIsTheKernelsRemarkUnlessItIsTheName)
{
    test::FakeRoot gone;
    v2_machine(gone, "0::/a/b (deleted)\n", v2_mount("/", "/sys/fs/cgroup"), "/sys/fs/cgroup/a");
    const auto removed = probed(gone);
    EXPECT_EQ(removed.memory.chain.back().path, "/a/b");
    EXPECT_EQ(removed.memory.chain.back().max.why(), Why::absent);
    EXPECT_EQ(removed.memory.effective, Limit(kGiB)); // the parent's limit is still a fact
    EXPECT_FALSE(removed.delegation.can_create);
    EXPECT_EQ(removed.delegation.detail, "our cgroup /a/b has no directory any more");

    test::FakeRoot named;
    v2_machine(named, "0::/a (deleted)\n", v2_mount("/", "/sys/fs/cgroup"), "/sys/fs/cgroup/a (deleted)");
    EXPECT_EQ(probed(named).memory.chain.back().path, "/a (deleted)");
    EXPECT_EQ(probed(named).memory.effective, Limit(kGiB));
}

TEST(Cgroup, HostileNamesAreFollowedByName)
{
    // cgroup names hold anything but a slash and a newline; mount points hold newlines too.
    const std::string name = "a b\\x2d:%s\t\x1b[31m\xff..";
    test::FakeRoot root;
    root.file("/proc/self/cgroup", "0::/" + name + "\n")
        .file("/proc/self/mountinfo", v2_mount("/", "/mnt/new\\012line\\040x"))
        .file("/mnt/new\nline x/cgroup.controllers", "memory\n")
        .file("/mnt/new\nline x/" + name + "/memory.max", "4096\n");
    const auto cgroup = probed(root);
    EXPECT_EQ(cgroup.memory.mount, "/mnt/new\nline x");
    EXPECT_EQ(cgroup.memory.chain.back().path, "/" + name);
    EXPECT_EQ(cgroup.memory.effective, Limit(4096));
}

TEST(Cgroup, DotDotInsideThePathIsNeverFollowed)
{
    test::FakeRoot root;
    v2_machine(root, "0::/a/../../etc\n", v2_mount("/", "/sys/fs/cgroup"), "/sys/fs/cgroup/a");
    EXPECT_EQ(probed(root).memory.version, 0);
}

TEST(Cgroup, V1MemoryHiddenAncestorsAreInItsStat)
{
    test::FakeRoot root;
    root.file("/proc/self/cgroup", "4:memory:/docker/1\n0::/\n")
        .file("/proc/self/mountinfo", v1_mount("/docker/1", "/sys/fs/cgroup/memory", "memory"))
        .file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
        .file("/sys/fs/cgroup/memory/memory.usage_in_bytes", "1048576\n")
        .file("/sys/fs/cgroup/memory/memory.stat", "cache 1\nhierarchical_memory_limit 268435456\n");
    const auto hidden = probed(root);
    EXPECT_EQ(hidden.layout, Layout::v1);
    EXPECT_EQ(hidden.memory.version, 1);
    EXPECT_EQ(hidden.memory.effective, Limit(256 * kMiB));
    EXPECT_EQ(hidden.memory.binding, std::nullopt);
    EXPECT_EQ(hidden.memory.headroom.value_or(0), 255 * kMiB);

    root.file("/sys/fs/cgroup/memory/release_agent", ""); // the real root: nothing is above it
    EXPECT_FALSE(probed(root).memory.effective.finite());
}

TEST(Cgroup, MemoryIsDecidedPerControllerNotPerMount)
{
    // cgroup2 at the usual place, and memory alone still on v1 elsewhere.
    test::FakeRoot root;
    root.file("/proc/self/cgroup", "2:memory:/m\n0::/u\n")
        .file("/proc/self/mountinfo", v2_mount("/", "/sys/fs/cgroup") + v1_mount("/", "/mnt/memory", "memory"))
        .file("/sys/fs/cgroup/cgroup.controllers", "cpu io\n")
        .dir("/sys/fs/cgroup/u")
        .file("/mnt/memory/m/memory.limit_in_bytes", "4096\n");
    const auto cgroup = probed(root);
    EXPECT_EQ(cgroup.layout, Layout::hybrid);
    EXPECT_EQ(cgroup.memory.version, 1);
    EXPECT_EQ(cgroup.memory.mount, "/mnt/memory");
    EXPECT_EQ(cgroup.unified_dir, "/sys/fs/cgroup/u");
}

TEST(Cgroup, ANamedV1HierarchyDoesNotMakeV2Hybrid)
{
    test::FakeRoot root;
    v2_machine(root, "1:name=systemd:/\n0::/a\n",
               v2_mount("/", "/sys/fs/cgroup") + v1_mount("/", "/sys/fs/cgroup/systemd", "xattr,name=systemd"),
               "/sys/fs/cgroup/a");
    EXPECT_EQ(probed(root).layout, Layout::v2);
    EXPECT_EQ(probed(root).memory.version, 2);
}

TEST(Cgroup, NoMemoryAnywhereSaysWhy)
{
    test::FakeRoot root;
    EXPECT_EQ(probed(root).delegation.detail, "read /proc/self/cgroup: No such file or directory");
    root.file("/proc/self/cgroup", "0::/\n");
    EXPECT_EQ(probed(root).delegation.detail, "read /proc/self/mountinfo: No such file or directory");
    root.file("/proc/self/mountinfo", "");
    EXPECT_EQ(probed(root).delegation.detail, "no cgroup v2 file system is mounted here");
    EXPECT_EQ(probed(root).layout, Layout::none);
    root.file("/proc/self/mountinfo", v2_mount("/", "/sys/fs/cgroup")).dir("/sys/fs/cgroup");
    EXPECT_EQ(probed(root).delegation.detail, "the memory controller is not enabled in /sys/fs/cgroup");
    root.file("/sys/fs/cgroup/cgroup.controllers", "cpu memory2 hugetlb\n"); // cgroup_disable=memory
    EXPECT_EQ(probed(root).memory.version, 0);
    root.file("/proc/self/cgroup", "3:memory:/\n");
    EXPECT_EQ(probed(root).delegation.detail, "no cgroup v1 memory file system is mounted here");
    root.file("/proc/self/cgroup", "");
    EXPECT_EQ(probed(root).delegation.detail, "/proc/self/cgroup names no hierarchy with a memory controller");
}

class DelegationTest : public testing::Test {
  protected:
    DelegationTest() { v2_machine(root_, "0::/a\n", v2_mount("/", "/sys/fs/cgroup"), "/sys/fs/cgroup/a"); }
    Delegation found() const
    {
        const test::AsOrdinaryUser user;
        return probed(root_).delegation;
    }
    test::FakeRoot root_;
};

TEST_F(DelegationTest, OursWhenDirectoryAndProcsAreWritable)
{
    root_.chmod("/sys/fs/cgroup/a", 0777).chmod("/sys/fs/cgroup/a/cgroup.procs", 0666);
    EXPECT_TRUE(found().can_create);
    EXPECT_EQ(found().detail, "");
    root_.chmod("/sys/fs/cgroup/a/cgroup.procs", 0444);
    EXPECT_FALSE(found().can_create);
    EXPECT_EQ(found().detail, "write /sys/fs/cgroup/a/cgroup.procs: Permission denied");
    root_.chmod("/sys/fs/cgroup/a", 0555);
    EXPECT_EQ(found().detail, "mkdir in /sys/fs/cgroup/a: Permission denied");
    root_.file("/proc/self/mountinfo", v2_mount("/", "/sys/fs/cgroup", "ro,nosuid"));
    EXPECT_EQ(found().detail, "the cgroup file system is mounted read-only");
    EXPECT_TRUE(found().read_only);
}

TEST_F(DelegationTest, OnV1WeNeedTheDirectoryOnly)
{
    root_.file("/proc/self/cgroup", "4:memory:/m\n")
        .file("/proc/self/mountinfo", v1_mount("/", "/sys/fs/cgroup/memory", "memory"))
        .file("/sys/fs/cgroup/memory/m/cgroup.procs", "", 0444)
        .chmod("/sys/fs/cgroup/memory/m", 0777);
    EXPECT_TRUE(found().can_create);
}

TEST_F(DelegationTest, RealRootNamespaceRootOrNeither)
{
    EXPECT_FALSE(found().real_root || found().namespace_root);
    root_.file("/proc/self/cgroup", "0::/\n").file("/sys/fs/cgroup/cgroup.procs", "1\n2\n");
    EXPECT_TRUE(found().real_root && !found().namespace_root);
    EXPECT_TRUE(test::not_asked(found().other_processes));
    root_.file("/sys/fs/cgroup/cgroup.type", "domain\n");
    EXPECT_TRUE(found().namespace_root && !found().real_root);
    EXPECT_EQ(found().other_processes.value_or(99), 1U);
}

TEST_F(DelegationTest, ControllersAndCompany)
{
    root_.file("/sys/fs/cgroup/a/cgroup.controllers", "cpu memory pids\n")
        .file("/sys/fs/cgroup/a/cgroup.subtree_control", "\n")
        .file("/sys/fs/cgroup/a/cgroup.procs", "0\n0\n4711\n"); // 0: a process of another PID namespace
    EXPECT_EQ(found().controllers, (std::vector<std::string>{"cpu", "memory", "pids"}));
    EXPECT_TRUE(found().subtree_control.empty());
    EXPECT_EQ(found().other_processes.value_or(0), 2U);
}

/// Another launch has moved us, and not come to enabling the controllers yet.
TEST_F(DelegationTest, InTheLeafTheControllersAreThoseOfItsParent)
{
    root_.file("/proc/self/cgroup", "0::/a/dbgscope.leaf\n")
        .file("/sys/fs/cgroup/a/cgroup.controllers", "cpu memory pids\n")
        .file("/sys/fs/cgroup/a/dbgscope.leaf/cgroup.controllers", "\n")
        .file("/sys/fs/cgroup/a/dbgscope.leaf/cgroup.procs", "4711\n");
    EXPECT_EQ(found().controllers, (std::vector<std::string>{"cpu", "memory", "pids"}));
}

} // namespace
} // namespace dbgscope
