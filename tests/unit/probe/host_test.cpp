// SPDX-License-Identifier: Apache-2.0
#include "probe/host.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "fake_root.hpp"

namespace dbgscope {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

HostFacts probed(const test::FakeRoot &root, Environment environment = {})
{
    Reader reader(root.path());
    HostFacts host;
    probe_kernel(reader, {}, host);
    probe_sampling(reader, host);
    probe_host(reader, root.sys_root(1000, std::move(environment)), host);
    return host;
}

TEST(Host, StatusOfOurselves)
{
    test::FakeRoot root;
    root.file("/proc/self/status", "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t000001fffeffffff\nNoNewPrivs:\t1\n"
                                   "Seccomp:\t2\nSeccomp_filters:\t9\n")
        .file("/proc/self/oom_score_adj", "-1000\n")
        .file("/proc/sys/kernel/osrelease", "6.1.0\n")
        .file("/proc/sys/kernel/perf_event_paranoid", "-1\n")
        .file("/proc/sys/kernel/yama/ptrace_scope", "1\n");
    const auto host = probed(root);
    EXPECT_EQ(host.kernel, "6.1.0");
    EXPECT_TRUE(host.cap_sys_admin && host.cap_sys_ptrace && host.cap_bpf && !host.cap_sys_resource);
    EXPECT_TRUE(host.no_new_privs);
    EXPECT_EQ(host.seccomp_mode.value_or(-1), 2);
    EXPECT_EQ(host.oom_score_adj, -1000);
    EXPECT_EQ(host.yama_ptrace_scope.value_or(-1), 1);
    EXPECT_EQ(host.perf_event_paranoid.value_or(7), -1);
}

TEST(Host, NothingThere)
{
    test::FakeRoot root;
    const auto host = probed(root);
    EXPECT_FALSE(host.cap_sys_admin || host.no_new_privs);
    EXPECT_EQ(host.seccomp_mode.why(), Why::absent);
    EXPECT_EQ(host.yama_ptrace_scope.why(), Why::absent);
    EXPECT_EQ(host.perf_event_paranoid.why(), Why::absent);
    EXPECT_EQ(host.container.why(), Why::absent);
    EXPECT_EQ(host.wsl, Wsl::no);
}

TEST(Host, Garbage)
{
    test::FakeRoot root;
    root.file("/proc/self/status", "CapEff:\tzzz\nNoNewPrivs:\t10\nSeccomp:\t7\nCapEff\n:\n")
        .file("/proc/self/oom_score_adj", "many\n")
        .file("/proc/sys/kernel/perf_event_paranoid", "-2\n")
        .file("/proc/sys/kernel/yama/ptrace_scope", "\n");
    const auto host = probed(root);
    EXPECT_FALSE(host.cap_sys_admin || host.no_new_privs);
    EXPECT_EQ(host.seccomp_mode.why(), Why::malformed);
    EXPECT_EQ(host.yama_ptrace_scope.why(), Why::malformed);
    EXPECT_EQ(host.perf_event_paranoid.why(), Why::malformed);
    EXPECT_EQ(host.oom_score_adj, 0);
}

/// The features of a kernel, with cgroup v2 mounted.
HostFacts kernel(const std::string &release, const std::string &actions = "")
{
    test::FakeRoot root;
    root.file("/proc/sys/kernel/osrelease", release + "\n");
    if (!actions.empty())
        root.file("/proc/sys/kernel/seccomp/actions_avail", actions);
    Reader reader(root.path());
    CgroupFacts cgroup;
    cgroup.unified_mount = "/sys/fs/cgroup";
    HostFacts host;
    probe_kernel(reader, cgroup, host);
    return host;
}

TEST(Kernel, FeaturesComeWithTheVersion)
{
    struct Row {
        const char *release;
        bool pidfd, notify, kill;
    };
    for (const Row &row : {Row{"4.19.0-27-amd64", false, false, false}, Row{"5.2.21", false, false, false},
                           Row{"5.3.0-rc1", true, false, false}, Row{"5.4.0-216-generic", true, false, false},
                           Row{"5.5.0", true, true, false}, Row{"5.13", true, true, false},
                           Row{"5.14.0-503.el9.x86_64", true, true, true}, Row{"6.1.0-28-amd64", true, true, true},
                           Row{"10.0.1", true, true, true}}) {
        const HostFacts host = kernel(row.release);
        EXPECT_EQ(host.pidfd.value_or(false), row.pidfd) << row.release;
        EXPECT_EQ(host.seccomp_notify.value_or(false), row.notify) << row.release;
        EXPECT_EQ(host.cgroup_kill.value_or(false), row.kill) << row.release;
    }
    EXPECT_EQ(kernel("5.4.0-216-generic").seccomp_notify.detail(),
              "kernel 5.4.0-216-generic has no seccomp notification that can let a call continue, 5.5 and later have");
}

TEST(Kernel, SeccompActionsAreWholeWords)
{
    EXPECT_TRUE(kernel("6.1.0", "trap errno user_notif trace log allow\n").seccomp_notify);
    const auto without = kernel("6.1.0", "trap errno user_notif2 not_user_notif log\n").seccomp_notify;
    EXPECT_EQ(without.why(), Why::absent);
    EXPECT_EQ(without.detail(), "/proc/sys/kernel/seccomp/actions_avail does not list user_notif");
    EXPECT_FALSE(kernel("4.14.0", "user_notif\n").seccomp_notify);
}

TEST(Kernel, ReleasesThatAreNone)
{
    for (const char *release : {"x", "6", "6.", ".1", "6.x", "six.one"})
        EXPECT_EQ(kernel(release).pidfd.why(), Why::malformed) << release;
    EXPECT_EQ(kernel("").pidfd.why(), Why::absent);
}

TEST(Kernel, CgroupKillNeedsVersionTwo)
{
    test::FakeRoot root;
    root.file("/proc/sys/kernel/osrelease", "6.1.0\n");
    EXPECT_EQ(probed(root).cgroup_kill.detail(), "no cgroup v2 is mounted");
}

TEST(Container, EachSign)
{
    const auto kind = [](auto &&fill, Environment environment = {}) {
        test::FakeRoot root;
        fill(root);
        return probed(root, std::move(environment)).container.value_or("none");
    };
    const auto nothing = [](test::FakeRoot &) {};
    EXPECT_EQ(kind(nothing), "none");
    EXPECT_EQ(kind(nothing, {{"container", "lxc"}}), "lxc");
    EXPECT_EQ(kind(nothing, {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"container", "oci"}}), "kubernetes");
    EXPECT_EQ(kind([](auto &root) { root.dir("/run/secrets/kubernetes.io"); }), "kubernetes");
    EXPECT_EQ(kind([](auto &root) { root.file("/.dockerenv", ""); }), "docker");
    EXPECT_EQ(kind([](auto &root) { root.file("/run/.containerenv", ""); }), "podman");
    EXPECT_EQ(kind([](auto &root) { root.file("/run/.containerenv", "name=\"x\"\nengine=\"buildah-1.28\"\n"); }),
              "buildah");
    EXPECT_EQ(kind([](auto &root) { root.file("/run/systemd/container", "systemd-nspawn\n"); }), "systemd-nspawn");
    EXPECT_EQ(kind([](auto &root) {
                  root.file("/proc/1/environ", std::string_view("PATH=/bin\0container=lxc-libvirt\0X=1\0", 37));
              }),
              "lxc-libvirt");
    EXPECT_EQ(kind([](auto &root) { root.file("/run/systemd/container", "wsl\n"); }), "none"); // Facts::wsl says that
    EXPECT_EQ(kind([](auto &root) { root.file("/.dockerenv", ""); }, {{"REMOTE_CONTAINERS", "true"}}), "devcontainer");
    EXPECT_EQ(kind([](auto &root) { root.file("/.dockerenv", ""); }, {{"CODESPACES", "true"}}), "codespaces");
    EXPECT_EQ(kind([](auto &root) { root.file("/proc/1/comm", "bwrap\n"); }), "bubblewrap");
    EXPECT_EQ(kind([](auto &root) { root.file("/.flatpak-info", ""); }), "flatpak");
    const auto mounted = [](const char *text) {
        return [text](auto &root) { root.file("/proc/self/mountinfo", text); };
    };
    const char *const containerd =
        "9 8 0:243 / / rw - overlay overlay rw,lowerdir=/var/lib/containerd/"
        "io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs\n10 9 0:4 / /proc rw - proc p rw\n";
    EXPECT_EQ(kind(mounted(containerd)), "containerd");
    EXPECT_EQ(kind(mounted(containerd), {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}}), "kubernetes");
    EXPECT_EQ(kind(mounted("10 9 0:4 / /proc rw - proc proc rw\n")), "chroot");
    EXPECT_EQ(kind(mounted("1 1 8:1 / / rw - ext4 /dev/sda1 rw\n10 1 0:4 / /proc rw - proc proc rw\n")), "none");
}

TEST(Container, AMarkLeftOnAMachinesDiskIsNoContainer)
{
    test::FakeRoot root;
    root.file("/.dockerenv", "").dir("/proc/self/ns");
    const auto link = [&root](const char *name, const char *target) {
        std::filesystem::create_symlink(target, root.path() + "/proc/self/ns/" + name);
    };
    link("uts", "uts:[4026531838]");
    link("pid", "pid:[4026531836]");
    EXPECT_FALSE(probed(root).container);
    root.remove("/proc/self/ns/pid");
    link("pid", "pid:[4026532201]");
    EXPECT_EQ(probed(root).container.value_or(""), "docker");
}

/// Rootless Docker with --privileged: all capabilities, and neither perf nor BPF is given for them (seen on Linux 7.2).
TEST(Host, CapabilitiesOfAUserNamespaceAreNotTheMachines)
{
    test::FakeRoot root;
    root.file("/proc/self/status", "CapEff:\t000001ffffffffff\n").dir("/proc/self/ns");
    root.file("/proc/sys/kernel/perf_event_paranoid", "3\n");
    EXPECT_TRUE(probed(root).may_sample() && probed(root).may_load_programs()) << "not known";
    const auto link = [&root](const char *target) {
        root.remove("/proc/self/ns/user");
        std::filesystem::create_symlink(target, root.path() + "/proc/self/ns/user");
    };
    link("user:[4026531837]");
    EXPECT_TRUE(probed(root).may_sample() && probed(root).may_load_programs());
    link("user:[4026532201]");
    EXPECT_FALSE(probed(root).may_sample() || probed(root).may_load_programs());
    EXPECT_TRUE(probed(root).cap_sys_admin);
    root.file("/proc/self/status", "CapEff:\t0000000000000000\n");
    EXPECT_FALSE(probed(root).user_namespace) << "nobody needs to know";
}

constexpr const char *kRelease = "/proc/sys/kernel/osrelease";
constexpr const char *kInterop = "/proc/sys/fs/binfmt_misc/WSLInterop";

TEST(WslKind, NeedsTwoIndependentSigns)
{
    test::FakeRoot root;
    root.file(kRelease, "5.15.153.1-microsoft-standard-WSL2\n").file("/proc/version", "Linux microsoft\n");
    EXPECT_EQ(probed(root).wsl, Wsl::no); // a container on a WSL kernel: the version file repeats the name
    EXPECT_EQ(probed(root, {{"WSL_DISTRO_NAME", "Ubuntu"}}).wsl, Wsl::wsl2);
    EXPECT_EQ(probed(root, {{"WSL_INTEROP", "/run/WSL/1_interop"}}).wsl, Wsl::wsl2);
    root.file(kInterop, "enabled\n");
    EXPECT_EQ(probed(root).wsl, Wsl::wsl2); // sudo dropped the variables
    root.remove(kInterop).dir("/run/WSL");
    EXPECT_EQ(probed(root).wsl, Wsl::wsl2); // and systemd the binfmt entry
}

TEST(WslKind, CustomKernel)
{
    test::FakeRoot root;
    root.file(kRelease, "6.9.0-mine\n");
    EXPECT_EQ(probed(root, {{"WSL_INTEROP", "x"}}).wsl, Wsl::no);
    root.file(kInterop, "enabled\n");
    EXPECT_EQ(probed(root, {{"WSL_INTEROP", "x"}}).wsl, Wsl::wsl2);
}

TEST(WslKind, Wsl1)
{
    test::FakeRoot root;
    root.file(kRelease, "4.4.0-19041-Microsoft\n");
    EXPECT_EQ(probed(root, {{"WSL_DISTRO_NAME", "Debian"}}).wsl, Wsl::wsl1);
    root.file(kRelease, "4.19.84-microsoft-standard\n");
    EXPECT_EQ(probed(root, {{"WSL_DISTRO_NAME", "Debian"}}).wsl, Wsl::wsl2);
}

} // namespace
} // namespace dbgscope
