// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <gmock/gmock.h>

#include "doctor_input.hpp"

// hierarchy, user-manager, limits, pressure, swap: each on a machine where it fires and on one where it does not.
namespace dbgscope::test {
namespace {

using testing::HasSubstr;

TEST(CheckHierarchy, FineOnV2)
{
    FakeRoot tree;
    EXPECT_EQ(levels(check_hierarchy(input_of(tree, "v2-desktop"))), std::vector{CheckLevel::ok});
}

TEST(CheckHierarchy, NotesV1)
{
    FakeRoot tree;
    const auto findings = check_hierarchy(input_of(tree, "hybrid"));
    EXPECT_EQ(levels(findings), std::vector{CheckLevel::note});
    EXPECT_THAT(findings[0].found, HasSubstr("hybrid"));
    FakeRoot other;
    EXPECT_THAT(check_hierarchy(input_of(other, "legacy-v1"))[0].found, testing::EndsWith("memory controller"));
}

TEST(CheckHierarchy, FailsWithoutCgroups)
{
    FakeRoot tree;
    tree.file("/proc/self/cgroup", "").file("/proc/self/mountinfo", "");
    const auto findings = check_hierarchy(input_for(tree.sys_root(1000)));
    ASSERT_EQ(levels(findings), std::vector{CheckLevel::fail});
    EXPECT_THAT(findings[0].cure, HasSubstr("cgroup2"));
}

TEST(CheckHierarchy, WarnsOfAReadOnlyMountAndKnowsTheContainer)
{
    FakeRoot docker;
    EXPECT_THAT(saying(check_hierarchy(input_of(docker, "read-only")), "read-only").cure, HasSubstr("--privileged"));
    FakeRoot pod;
    const auto finding = saying(check_hierarchy(input_of(pod, "k8s-pod")), "read-only");
    EXPECT_EQ(finding.level, CheckLevel::warn);
    EXPECT_THAT(finding.cure, HasSubstr("cgroup_writable"));
    FakeRoot podman;
    EXPECT_EQ(worst(check_hierarchy(input_of(podman, "v2-container"))), CheckLevel::note);
}

TEST(CheckHierarchy, NotesWhatMayLimitItUnseen)
{
    FakeRoot tree;
    DoctorInput input = input_of(tree, "v2-container");
    const auto finding = saying(check_hierarchy(input), "limits above the container");
    EXPECT_EQ(finding.level, CheckLevel::note);
    EXPECT_THAT(finding.found, testing::EndsWith("it has a cgroup namespace of its own"));
    EXPECT_EQ(finding.cure, "ask where it is started (podman inspect), or start it with --cgroupns=host");
    input.facts.host.container = std::string("lxc");
    for (CgroupLevel &level : input.facts.cgroup.memory.chain)
        level.path.insert(0, "/pod");
    const auto other = saying(check_hierarchy(input), "limits above the container");
    EXPECT_THAT(other.found, testing::EndsWith("only the cgroup /pod/ is mounted"));
    EXPECT_THAT(other.cure, testing::Not(HasSubstr("podman")));
}

TEST(CheckUserManager, FineWithTheMemoryController)
{
    FakeRoot tree;
    const auto findings = check_user_manager(input_of(tree, "v2-desktop"));
    EXPECT_EQ(levels(findings), std::vector{CheckLevel::ok});
    EXPECT_THAT(findings[0].found, HasSubstr("cpu memory pids"));
}

TEST(CheckUserManager, WarnsWhereMemoryWasNotDelegated)
{
    FakeRoot tree;
    const SysRoot root = machine("v2-desktop").build(tree);
    tree.file("/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers", "pids\n");
    const auto findings = check_user_manager(input_for(root));
    EXPECT_EQ(levels(findings), std::vector{CheckLevel::warn});
    EXPECT_THAT(findings[0].cure, HasSubstr("Delegate=cpu memory pids"));
}

TEST(CheckUserManager, WarnsOnV1WhereMemoryMaxIsANoOp)
{
    FakeRoot tree;
    const auto findings = check_user_manager(input_of(tree, "hybrid"));
    EXPECT_EQ(levels(findings), std::vector{CheckLevel::warn});
    EXPECT_THAT(findings[0].matters, HasSubstr("enforces nothing"));
}

TEST(CheckUserManager, SaysNothingOfControllersItCannotSee)
{
    FakeRoot tree;
    const SysRoot root = machine("v2-desktop").build(tree);
    tree.file("/proc/self/mountinfo", "").file("/proc/self/cgroup", "");
    EXPECT_EQ(levels(check_user_manager(input_for(root))), std::vector{CheckLevel::unknown});
}

TEST(CheckUserManager, SaysHowToGetASession)
{
    FakeRoot tree;
    SysRoot root = machine("v2-desktop").build(tree);
    tree.remove("/run/user/1000");
    root.environment.clear(); // as after su
    const auto findings = check_user_manager(input_for(root));
    ASSERT_EQ(levels(findings), std::vector{CheckLevel::warn});
    EXPECT_THAT(findings[0].cure, HasSubstr("loginctl enable-linger 1000"));
}

TEST(CheckUserManager, NotesAMissingRuntimeDirectoryVariable)
{
    FakeRoot tree;
    SysRoot root = machine("v2-desktop").build(tree);
    root.environment.clear();
    const auto finding = saying(check_user_manager(input_for(root)), "not set");
    EXPECT_EQ(finding.level, CheckLevel::note);
    EXPECT_EQ(finding.cure, "export XDG_RUNTIME_DIR=/run/user/1000");
}

TEST(CheckUserManager, RootUsesTheSystemManager)
{
    FakeRoot tree;
    DoctorInput input = input_of(tree, "v2-server-root");
    EXPECT_EQ(levels(check_user_manager(input)), std::vector{CheckLevel::ok});
    input.facts.systemd.version = Fact<int>(252);
    EXPECT_EQ(levels(check_user_manager(input)), std::vector{CheckLevel::ok});
    input.facts.systemd.version = Fact<int>(247); // Debian 11
    EXPECT_THAT(saying(check_user_manager(input), "systemd 247").found, testing::HasSubstr("252"));
    FakeRoot without;
    EXPECT_EQ(levels(check_user_manager(input_of(without, "no-systemd"))), std::vector{CheckLevel::note});
}

TEST(CheckLimits, NamesTheLevelThatBinds)
{
    FakeRoot tree;
    const auto findings = check_limits(input_of(tree, "v2-server-root"));
    ASSERT_EQ(levels(findings), std::vector{CheckLevel::note});
    EXPECT_EQ(findings[0].found, "/system.slice/ci-runner.service limits what runs here to 16G; 14.1G of it left, file "
                                 "cache not counted as used");
    FakeRoot free;
    EXPECT_EQ(levels(check_limits(input_of(free, "v2-desktop"))), std::vector{CheckLevel::ok});
}

TEST(CheckLimits, WarnsWhereNothingIsLeft)
{
    FakeRoot tree;
    const SysRoot root = machine("v2-server-root").build(tree);
    tree.file("/sys/fs/cgroup/system.slice/ci-runner.service/memory.current", "17169869184\n");
    tree.file("/sys/fs/cgroup/system.slice/ci-runner.service/memory.stat", "anon 17000000000\ninactive_file 4096\n");
    EXPECT_EQ(levels(check_limits(input_for(root))), std::vector{CheckLevel::warn});
    tree.file("/sys/fs/cgroup/system.slice/ci-runner.service/memory.stat", "anon 4096\ninactive_file 9000000000\n");
    EXPECT_EQ(levels(check_limits(input_for(root))), std::vector{CheckLevel::note}) << "full of file cache only";
    const std::string unit = "/sys/fs/cgroup/system.slice/ci-runner.service/";
    tree.file(unit + "memory.stat", "anon 4096\ninactive_file 0\n");
    for (const auto &[left, level] : {std::pair(900 * kMiB, CheckLevel::note), {800 * kMiB, CheckLevel::warn}}) {
        tree.file(unit + "memory.current", std::to_string(16 * kGiB - left) + "\n");
        EXPECT_EQ(levels(check_limits(input_for(root))), std::vector{level}) << "a twentieth of 16G are 819M";
    }
}

TEST(CheckLimits, WarnsOfMemoryHighWithoutSwap)
{
    FakeRoot tree;
    const SysRoot root = machine("v2-desktop").build(tree);
    tree.file("/sys/fs/cgroup/user.slice/memory.high", "2147483648\n");
    EXPECT_EQ(worst(check_limits(input_for(root))), CheckLevel::ok) << "there is swap";
    tree.file("/proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 9000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    const auto findings = check_limits(input_for(root));
    EXPECT_EQ(levels(findings), std::vector{CheckLevel::warn});
    EXPECT_THAT(findings[0].found, HasSubstr("/user.slice has memory.high=2G"));
}

TEST(CheckPressure, FiresWhereTheKernelHasNone)
{
    FakeRoot desktop;
    EXPECT_EQ(levels(check_pressure(input_of(desktop, "v2-desktop"))), std::vector{CheckLevel::ok});
    FakeRoot old;
    const auto findings = check_pressure(input_of(old, "legacy-v1"));
    ASSERT_EQ(levels(findings), std::vector{CheckLevel::note});
    EXPECT_THAT(findings[0].cure, HasSubstr("psi=1"));
}

TEST(CheckPressure, NotesSystemdOomd)
{
    FakeRoot tree;
    const SysRoot root = machine("v2-desktop").build(tree);
    tree.chmod("/sys/fs/cgroup", 0755).dir("/sys/fs/cgroup/system.slice/systemd-oomd.service");
    EXPECT_EQ(saying(check_pressure(input_for(root)), "systemd-oomd is running").level, CheckLevel::note);
}

TEST(CheckSwap, SaysTheNumbersAndWarnsOfStalls)
{
    FakeRoot tree;
    const SysRoot root = machine("v2-desktop").build(tree);
    const auto calm = check_swap(input_for(root));
    EXPECT_EQ(levels(calm), std::vector{CheckLevel::ok});
    EXPECT_EQ(calm[0].found, "512M of 2G swap used, vm.swappiness 60; tasks waited for memory 0.0 % of the last "
                             "minute, all at once 0.0 %");
    tree.file("/proc/pressure/memory", "some avg10=40.00 avg60=25.50 avg300=3.00 total=9\n"
                                       "full avg10=20.00 avg60=12.00 avg300=1.00 total=5\n");
    const auto stalled = check_swap(input_for(root));
    EXPECT_EQ(levels(stalled), std::vector{CheckLevel::warn});
    EXPECT_THAT(stalled[0].found, HasSubstr("25.5 %"));
    for (const auto &[share, level] : {std::pair("9.99", CheckLevel::ok), {"10.00", CheckLevel::warn}}) {
        tree.file("/proc/pressure/memory", fmt::format("some avg10=0.00 avg60={} avg300=0.00 total=9\n"
                                                       "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
                                                       share));
        EXPECT_EQ(levels(check_swap(input_for(root))), std::vector{level}) << share;
    }
}

TEST(CheckSwap, NotesNoSwapAndSwappinessZero)
{
    FakeRoot tree;
    const SysRoot root = machine("v2-desktop").build(tree);
    tree.file("/proc/sys/vm/swappiness", "0\n");
    EXPECT_THAT(check_swap(input_for(root))[0].matters, HasSubstr("swappiness=0"));
    tree.file("/proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 9000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    EXPECT_THAT(check_swap(input_for(root))[0].found, HasSubstr("no swap"));
    tree.remove("/proc/meminfo");
    EXPECT_EQ(check_swap(input_for(root))[0].level, CheckLevel::unknown);
}

} // namespace
} // namespace dbgscope::test
