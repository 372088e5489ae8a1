// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "doctor_input.hpp"
#include "tools/doctor/machine_signs.hpp"
#include "tools/doctor/mount_at.hpp"

// ptrace, noexec, core, kernel-log.
namespace dbgscope::test {
namespace {

using testing::HasSubstr;

struct YamaCase {
    const char *scope;
    const char *machine; ///< v2-desktop: an ordinary user; v2-server-root: every capability
    CheckLevel level;
};
class Yama : public testing::TestWithParam<YamaCase> {};
INSTANTIATE_TEST_SUITE_P(All, Yama,
                         testing::Values(YamaCase{"0\n", "v2-desktop", CheckLevel::ok},
                                         YamaCase{"1\n", "v2-desktop", CheckLevel::note},
                                         YamaCase{"1\n", "v2-server-root", CheckLevel::ok},
                                         YamaCase{"2\n", "v2-desktop", CheckLevel::fail},
                                         YamaCase{"2\n", "v2-server-root", CheckLevel::ok},
                                         YamaCase{"3\n", "v2-server-root", CheckLevel::fail},
                                         YamaCase{"rubbish\n", "v2-desktop", CheckLevel::unknown}));

TEST_P(Yama, IsJudged)
{
    FakeRoot tree;
    const SysRoot root = machine(GetParam().machine).build(tree);
    tree.file("/proc/sys/kernel/yama/ptrace_scope", GetParam().scope);
    EXPECT_EQ(levels(check_ptrace(input_for(root))), std::vector{GetParam().level});
}

TEST(CheckPtrace, NothingToSayWithoutYama)
{
    FakeRoot tree;
    const auto findings = check_ptrace(input_of(tree, "v2-server-root"));
    EXPECT_EQ(levels(findings), std::vector{CheckLevel::ok});
    EXPECT_THAT(findings[0].found, HasSubstr("no yama"));
}

struct RungCase {
    const char *paranoid; ///< nothing: no such file
    const char *machine;
    CheckLevel level;
    const char *found, *cure;
};
class Rung : public testing::TestWithParam<RungCase> {};
INSTANTIATE_TEST_SUITE_P(
    All, Rung,
    testing::Values(RungCase{"1\n", "v2-desktop", CheckLevel::ok, "can be sampled", ""},
                    RungCase{"2\n", "v2-desktop", CheckLevel::note, "but for what system calls", "paranoid=1"},
                    RungCase{"3\n", "v2-desktop", CheckLevel::note, "perf_event_paranoid is 3", "paranoid=2"},
                    RungCase{"4\n", "v2-server-root", CheckLevel::ok, "can be sampled", ""},
                    RungCase{nullptr, "v2-server-root", CheckLevel::note, "no perf_event_open", "CONFIG_PERF_EVENTS"}));

TEST_P(Rung, OfGrowthIsNamedWithWhatLiftsIt)
{
    FakeRoot tree;
    const SysRoot root = machine(GetParam().machine).build(tree);
    if (GetParam().paranoid != nullptr)
        tree.file("/proc/sys/kernel/perf_event_paranoid", GetParam().paranoid);
    const CheckFinding finding = saying(check_inside(input_for(root)), "grows the memory of a C program");
    EXPECT_EQ(finding.level, GetParam().level);
    EXPECT_THAT(finding.found, HasSubstr(GetParam().found));
    EXPECT_THAT(finding.cure, HasSubstr(GetParam().cure));
}

TEST(CheckInside, YamaDecidesWhoHolds)
{
    FakeRoot tree;
    const SysRoot root = machine("v2-desktop").build(tree);
    tree.file("/proc/sys/kernel/yama/ptrace_scope", "0\n");
    EXPECT_EQ(saying(check_inside(input_for(root)), "one's own programs").level, CheckLevel::ok);
    tree.file("/proc/sys/kernel/yama/ptrace_scope", "1\n");
    const CheckFinding finding = saying(check_inside(input_for(root)), "kernel.yama.ptrace_scope is 1");
    EXPECT_EQ(finding.level, CheckLevel::note);
    EXPECT_THAT(finding.cure, HasSubstr("--wait"));
    FakeRoot server;
    EXPECT_EQ(saying(check_inside(input_of(server, "v2-server-root")), "every user's").level, CheckLevel::ok);
}

TEST(CheckInside, TheLastRungIsTheKernelsOwn)
{
    constexpr const char *kTypes = "/sys/kernel/btf/vmlinux";
    const auto finding = [](const char *name, bool types, const char *capabilities) {
        FakeRoot tree;
        const SysRoot root = machine(name).build(tree);
        if (types)
            tree.file(kTypes, "");
        if (capabilities != nullptr)
            tree.file("/proc/self/status", capabilities);
        return saying(check_inside(input_for(root)), "asks of the kernel");
    };
    if (finding("v2-server-root", true, nullptr).found.ends_with("built without it")) {
        EXPECT_THAT(finding("v2-server-root", true, nullptr).cure, HasSubstr("libbpf"));
        return;
    }
    EXPECT_THAT(finding("v2-server-root", false, nullptr).found, HasSubstr("no BTF"));
    EXPECT_EQ(finding("v2-server-root", true, nullptr).level, CheckLevel::ok);
    EXPECT_EQ(finding("v2-desktop", true, nullptr).level, CheckLevel::note);
    EXPECT_THAT(finding("v2-desktop", true, nullptr).cure, HasSubstr("run as root"));
    EXPECT_EQ(finding("v2-desktop", true, "CapEff:\t0000008000000000\n").level, CheckLevel::note) << "CAP_BPF alone";
    EXPECT_EQ(finding("v2-desktop", true, "CapEff:\t000000c000000000\n").level, CheckLevel::ok);
}

TEST(CheckInside, IsTriedHere)
{
    EXPECT_THAT(saying(check_inside(input_for(real_root())), "of a C program can").looked_at, HasSubstr("tried"));
}

TEST(CheckPtrace, NotesAContainerWithoutTheCapability)
{
    FakeRoot pod;
    EXPECT_EQ(saying(check_ptrace(input_of(pod, "k8s-pod")), "kubernetes").level, CheckLevel::note);
    FakeRoot desktop;
    EXPECT_EQ(saying(check_ptrace(input_of(desktop, "v2-desktop")), "container").found, "nothing like it");
}

/// A profile forbids to trace what is under another one; seen in Docker 26.1 and 28.5 on Debian.
TEST(CheckPtrace, NotesAnAppArmorProfileThatIsEnforced)
{
    const auto finding = [](const char *machine_name, const char *label) {
        FakeRoot tree;
        DoctorInput input = input_of(tree, machine_name);
        tree.file("/proc/self/attr/apparmor/current", label);
        return saying(check_ptrace(input), "AppArmor");
    };
    const CheckFinding docker = finding("read-only", "docker-default (enforce)\n");
    EXPECT_EQ(docker.level, CheckLevel::note);
    EXPECT_EQ(docker.found, "AppArmor's profile docker-default holds here");
    EXPECT_THAT(docker.cure, HasSubstr("--security-opt apparmor=unconfined"));
    EXPECT_THAT(finding("k8s-pod", "cri-containerd.apparmor.d (enforce)\n").cure, HasSubstr("appArmorProfile"));
    EXPECT_EQ(finding("read-only", "unconfined\n").found, "nothing like it");
    EXPECT_EQ(finding("read-only", "docker-default (complain)\n").found, "nothing like it");
    EXPECT_EQ(finding("v2-desktop", "").found, "nothing like it");
}

TEST(CheckPtrace, IsTriedHere)
{
    DoctorInput input = input_for(real_root());
    EXPECT_EQ(saying(check_ptrace(input), "a child can be traced").level, CheckLevel::ok);
}

TEST(CheckPtrace, WithoutPtraceAnEmulatorIsToldFromAFilter)
{
    constexpr std::uint16_t kX86 = 62, kArm = 183;
    constexpr const char *kArmCpu = "processor\t: 0\nBogoMIPS\t: 48.00\nCPU implementer\t: 0x61\n";
    constexpr const char *kX86Cpu = "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vme\n";
    EXPECT_EQ(emulator_of({kX86, "x86_64", kArmCpu, {"qemu-x86_64", "register"}}), "qemu-user");
    EXPECT_EQ(emulator_of({kX86, "x86_64", kArmCpu, {"rosetta"}}), "Rosetta");
    EXPECT_EQ(emulator_of({kX86, "x86_64", "vendor_id\t: VirtualApple\nflags\t\t: fpu\n", {}}), "Rosetta");
    EXPECT_EQ(emulator_of({kX86, "aarch64", "", {}}), "") << "nothing to go by";
    EXPECT_EQ(emulator_of({kArm, "x86_64", kX86Cpu, {}}), "an emulator");
    EXPECT_EQ(emulator_of({kX86, "x86_64", kX86Cpu, {"qemu-aarch64"}}), "") << "a handler for others";
    EXPECT_EQ(emulator_of({3, "x86_64", kX86Cpu, {}}), "");
    EXPECT_EQ(emulator_of({kArm, "aarch64", kArmCpu, {}}), "");
    EXPECT_THAT(refused_trace(ENOSYS, true, "qemu-user").cure, HasSubstr("own architecture"));
    EXPECT_THAT(refused_trace(ENOSYS, true, "").cure, HasSubstr("seccomp=unconfined"));
    EXPECT_THAT(refused_trace(ENOSYS, false, "").cure, HasSubstr("gVisor"));
    EXPECT_THAT(refused_trace(EPERM, true, "").cure, HasSubstr("SYS_PTRACE"));
}

TEST(CheckUlimits, OnlyWhatGetsInTheWay)
{
    constexpr const char *kHead = "Limit                     Soft Limit           Hard Limit           Units     \n";
    FakeRoot tree;
    const SysRoot root = machine("v2-desktop").build(tree);
    const auto said = [&](const std::string &rows) {
        tree.file("/proc/self/limits", kHead + rows);
        return check_ulimits(input_for(root));
    };
    EXPECT_EQ(levels(said("Max cpu time              unlimited            unlimited            seconds   \n"
                          "Max file size             unlimited            unlimited            bytes     \n"
                          "Max processes             63204                63204                processes \n"
                          "Max address space         unlimited            unlimited            bytes     \n")),
              std::vector{CheckLevel::ok});
    EXPECT_EQ(
        saying(said("Max address space         4294967296           unlimited            bytes     \n"), "ulimit -v")
            .level,
        CheckLevel::warn);
    EXPECT_EQ(
        saying(said("Max file size             1048576              unlimited            bytes     \n"), "ulimit -f")
            .level,
        CheckLevel::warn);
    EXPECT_EQ(
        saying(said("Max cpu time              600                  600                  seconds   \n"), "ulimit -t")
            .level,
        CheckLevel::warn);
    EXPECT_EQ(
        saying(said("Max processes             64                   64                   processes \n"), "ulimit -u")
            .level,
        CheckLevel::warn);
}

constexpr std::string_view kMounts = "20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
                                     "21 20 0:5 / /tmp rw,nosuid,noexec - tmpfs tmpfs rw\n"
                                     "22 20 0:6 / /home rw - ext4 /dev/sda2 rw\n"
                                     "23 22 0:7 / /home/my\\040files rw,noexec shared:3 - vfat /dev/sdb1 rw\n";

TEST(MountAt, FindsTheMountThatCounts)
{
    EXPECT_EQ(mount_at(kMounts, "/etc")->point, "/");
    EXPECT_EQ(mount_at(kMounts, "/home/dev")->point, "/home");
    EXPECT_EQ(mount_at(kMounts, "/homestead")->point, "/");
    EXPECT_EQ(mount_at(kMounts, "/home/my files/x")->type, "vfat");
    EXPECT_FALSE(mount_at("rubbish\n", "/").has_value());
    EXPECT_FALSE(mount_at("", "/").has_value());
}

TEST(MountAt, AMountOverADirectoryHidesThoseBelowIt)
{
    const std::string stacked = std::string(kMounts) + "30 22 0:9 / /home rw - tmpfs cover rw\n";
    EXPECT_EQ(mount_at(stacked, "/home/my files/x")->source, "cover");
}

TEST(CheckNoexec, WarnsOfEachPlace)
{
    FakeRoot tree;
    tree.file("/proc/self/mountinfo", kMounts);
    DoctorInput input = input_for(tree.sys_root(1000));
    const auto findings = check_noexec(input);
    EXPECT_EQ(saying(findings, "the temporary directory").level, CheckLevel::warn);
    EXPECT_THAT(saying(findings, "the temporary directory").cure, HasSubstr("GOTMPDIR"));
    EXPECT_EQ(saying(findings, "/home/dev/src").level, CheckLevel::ok);
    input.environment = {"GOTMPDIR=/home/dev/tmp"};
    EXPECT_EQ(levels(check_noexec(input)), std::vector{CheckLevel::ok});
    input.directory = "/home/my files/app";
    EXPECT_EQ(saying(check_noexec(input), "the working directory").level, CheckLevel::warn);
    tree.remove("/proc/self/mountinfo");
    EXPECT_EQ(check_noexec(input)[0].level, CheckLevel::unknown);
}

std::string limits(const char *soft)
{
    return std::string("Limit                     Soft Limit           Hard Limit           Units     \n"
                       "Max core file size        ") +
           soft + "                    unlimited            bytes     \n";
}

TEST(CheckCore, FileOrPipe)
{
    FakeRoot tree;
    tree.file("/proc/sys/kernel/core_pattern", "core\n").file("/proc/self/limits", limits("0"));
    const DoctorInput input = input_for(tree.sys_root(1000));
    EXPECT_EQ(levels(check_core(input)), std::vector{CheckLevel::note});
    tree.file("/proc/self/limits", limits("unlimited"));
    EXPECT_THAT(check_core(input)[0].found, HasSubstr("working directory"));
    EXPECT_EQ(levels(check_core(input)), std::vector{CheckLevel::ok});
    tree.file("/proc/sys/kernel/core_pattern", "|/lib/systemd/systemd-coredump %P\n");
    EXPECT_EQ(check_core(input)[0].found, "core files go to systemd-coredump; `coredumpctl gdb` opens the last one");
    tree.file("/proc/self/limits", limits("0"));
    EXPECT_EQ(levels(check_core(input)), std::vector{CheckLevel::note});
    tree.file("/proc/sys/kernel/core_pattern", "|/usr/share/apport/apport -p%p\n");
    EXPECT_EQ(check_core(input)[0].found, "core files go to /usr/share/apport/apport");
    tree.remove("/proc/sys/kernel/core_pattern");
    EXPECT_EQ(check_core(input)[0].level, CheckLevel::unknown);
}

TEST(CheckKernelLog, IsTried)
{
    FakeRoot tree;
    tree.file("/dev/kmsg", "");
    EXPECT_EQ(levels(check_kernel_log(input_for(tree.sys_root(1000)))), std::vector{CheckLevel::ok});
    tree.remove("/dev/kmsg");
    const auto findings = check_kernel_log(input_for(tree.sys_root(1000)));
    EXPECT_EQ(levels(findings), std::vector{CheckLevel::note});
    EXPECT_THAT(findings[0].found, HasSubstr("No such file"));
}

} // namespace
} // namespace dbgscope::test
