// SPDX-License-Identifier: Apache-2.0
#include "machines.hpp"

#include <array>

#include "probe/probe.hpp"

namespace dbgscope::test {
namespace {

constexpr std::string_view kCalm = "some avg10=0.00 avg60=0.04 avg300=0.01 total=812345\n"
                                   "full avg10=0.00 avg60=0.02 avg300=0.00 total=401122\n";
constexpr std::string_view kUnlimitedV1 = "9223372036854771712\n";
constexpr ::mode_t kOurs = 0777; ///< of a directory the user may write

/// One cgroup v2 directory below /sys/fs/cgroup.
struct V2 {
    std::string dir; ///< "" for the top
    std::string max = "max";
    std::string current = "1073741824";
    std::string procs = "";
    std::string controllers = "cpuset cpu io memory hugetlb pids rdma misc";
    std::string subtree = "";
    bool ours = false; ///< its user may write; else only root
};

std::string mount_line(int id, const std::string &root, const std::string &point, const std::string &options,
                       const std::string &rest)
{
    return std::to_string(id) + " 24 0:" + std::to_string(id) + ' ' + root + ' ' + point + ' ' + options +
           " shared:9 - " + rest + '\n';
}

/// A cgroup that is not the real root; without the memory controller it has no memory files.
void cgroup_v2(FakeRoot &root, const V2 &cgroup)
{
    const std::string dir = "/sys/fs/cgroup" + cgroup.dir + "/";
    root.file(dir + "cgroup.type", "domain\n")
        .file(dir + "cgroup.controllers", cgroup.controllers + "\n")
        .file(dir + "cgroup.subtree_control", cgroup.subtree + "\n")
        .file(dir + "cgroup.procs", cgroup.procs, cgroup.ours ? 0666 : 0444)
        .file(dir + "memory.max", cgroup.max + "\n")
        .file(dir + "memory.high", "max\n")
        .file(dir + "memory.current", cgroup.current + "\n")
        .file(dir + "memory.peak", cgroup.current + "\n")
        .file(dir + "memory.swap.max", "max\n")
        .file(dir + "memory.swap.current", "0\n")
        .file(dir + "memory.stat", "anon 536870912\nfile 268435456\ninactive_file 134217728\nactive_file 67108864\n")
        .file(dir + "memory.pressure", kCalm);
    root.chmod("/sys/fs/cgroup" + cgroup.dir, cgroup.ours ? kOurs : 0555);
}

void real_root_v2(FakeRoot &root)
{
    root.file("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n")
        .file("/sys/fs/cgroup/cgroup.subtree_control", "cpuset cpu io memory pids\n")
        .file("/sys/fs/cgroup/cgroup.procs", "1\n2\n3\n")
        .file("/sys/fs/cgroup/memory.pressure", kCalm);
}

void cgroup_v1(FakeRoot &root, const std::string &path, std::string_view limit, std::string_view usage, bool ours)
{
    const std::string dir = "/sys/fs/cgroup/memory" + path + "/";
    root.file(dir + "memory.limit_in_bytes", limit)
        .file(dir + "memory.memsw.limit_in_bytes", kUnlimitedV1)
        .file(dir + "memory.usage_in_bytes", usage)
        .file(dir + "memory.max_usage_in_bytes", usage)
        .file(dir + "memory.stat", "cache 268435456\nrss 536870912\nhierarchical_memory_limit " + std::string(limit) +
                                       "total_swap 0\ntotal_inactive_file 134217728\n")
        .file(dir + "cgroup.procs", "4711\n");
    if (path.empty())
        root.file(dir + "release_agent", "\n");
    root.chmod("/sys/fs/cgroup/memory" + path, ours ? kOurs : 0555);
}

/// Kernel, memory, pressure and our own process. `release` as uname -r.
void base(FakeRoot &root, const std::string &release, std::uint64_t total_mib, std::uint64_t available_mib, bool user)
{
    const auto kib = [](std::uint64_t mib) { return std::to_string(mib * 1024) + " kB\n"; };
    root.file("/proc/meminfo", "MemTotal:       " + kib(total_mib) + "MemFree:        " + kib(available_mib / 2) +
                                   "MemAvailable:   " + kib(available_mib) + "Buffers:        " + kib(128) +
                                   "SwapTotal:      " + kib(2048) + "SwapFree:       " + kib(1536))
        .file("/proc/sys/vm/swappiness", "60\n")
        .file("/proc/sys/kernel/osrelease", release + "\n")
        .file("/proc/sys/kernel/seccomp/actions_avail",
              release.starts_with("4.") ? "kill_process kill_thread trap errno trace log allow\n"
                                        : "kill_process kill_thread trap errno user_notif trace log allow\n")
        .file("/proc/self/oom_score_adj", user ? "100\n" : "0\n")
        .file("/proc/self/status", std::string("Name:\tdbgscope\nCapEff:\t") +
                                       (user ? "0000000000000000" : "000001ffffffffff") +
                                       "\nNoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n");
}

void with_pressure(FakeRoot &root)
{
    root.file("/proc/pressure/memory", kCalm).file("/proc/pressure/cpu", kCalm).file("/proc/pressure/io", kCalm);
}

void with_systemd(FakeRoot &root, bool user)
{
    root.dir("/run/systemd/system")
        .file("/run/systemd/private", "", 0600)
        .file("/run/dbus/system_bus_socket", "", 0666);
    if (user)
        root.file("/run/user/1000/systemd/private", "", 0777).file("/run/user/1000/bus", "", 0666);
}

void mount_v2(FakeRoot &root, const std::string &options)
{
    root.file("/proc/self/mountinfo",
              mount_line(22, "/", "/", "rw,relatime", "ext4 /dev/vda1 rw") +
                  mount_line(23, "/", "/proc", "rw,relatime", "proc proc rw") +
                  mount_line(29, "/", "/sys/fs/cgroup", options, "cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot"));
}

/// v1 as systemd and init scripts mount it; `unified`: cgroup2 beside it, without controllers.
void mount_v1(FakeRoot &root, const std::string &cgroup_root, bool unified)
{
    std::string lines = mount_line(22, "/", "/", "rw,relatime", "ext4 /dev/vda1 rw");
    lines += mount_line(30, "/", "/sys/fs/cgroup", "ro,nosuid", "tmpfs tmpfs ro,mode=755");
    lines += mount_line(31, cgroup_root, "/sys/fs/cgroup/systemd", "rw", "cgroup cgroup rw,xattr,name=systemd");
    lines += mount_line(32, cgroup_root, "/sys/fs/cgroup/cpu,cpuacct", "rw", "cgroup cgroup rw,cpu,cpuacct");
    lines += mount_line(33, cgroup_root, "/sys/fs/cgroup/memory", "rw", "cgroup cgroup rw,memory");
    if (unified)
        lines += mount_line(34, cgroup_root, "/sys/fs/cgroup/unified", "rw", "cgroup2 cgroup2 rw,nsdelegate");
    root.file("/proc/self/mountinfo", lines);
}

using Environment = std::vector<std::pair<std::string, std::string>>;
Environment user_session()
{
    return {{"XDG_RUNTIME_DIR", "/run/user/1000"}, {"DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus"}};
}

/// At a terminal; the others are started by editors and scripts.
SysRoot at_terminal(SysRoot root)
{
    root.terminal = true;
    return root;
}

SysRoot v2_desktop(FakeRoot &root)
{
    base(root, "6.1.0-28-amd64", 15886, 9216, true);
    with_pressure(root);
    with_systemd(root, true);
    root.file("/proc/sys/kernel/yama/ptrace_scope", "0\n");
    mount_v2(root, "rw,nosuid,nodev,noexec,relatime");
    const std::string manager = "/user.slice/user-1000.slice/user@1000.service";
    const std::string scope = manager + "/app.slice/app-code-1234.scope";
    real_root_v2(root);
    cgroup_v2(root, {.dir = scope,
                     .current = "734003200",
                     .procs = "1234\n1240\n1300\n4711\n",
                     .controllers = "memory pids",
                     .ours = true});
    cgroup_v2(root, {.dir = manager + "/app.slice",
                     .current = "2147483648",
                     .controllers = "cpu memory pids",
                     .subtree = "cpu memory pids",
                     .ours = true});
    cgroup_v2(
        root,
        {.dir = manager, .current = "2684354560", .controllers = "cpu memory pids", .subtree = "cpu memory pids"});
    cgroup_v2(root, {.dir = "/user.slice/user-1000.slice",
                     .current = "3221225472",
                     .controllers = "cpu memory pids",
                     .subtree = "cpu memory pids"});
    cgroup_v2(root, {.dir = "/user.slice", .current = "3221225472", .subtree = "cpu memory pids"});
    root.file("/proc/self/cgroup", "0::" + scope + "\n");
    return at_terminal(root.sys_root(1000, user_session()));
}

SysRoot v2_server_root(FakeRoot &root)
{
    base(root, "6.12.9-amd64", 64301, 40960, false);
    with_pressure(root);
    with_systemd(root, false);
    mount_v2(root, "rw,nosuid,nodev,noexec,relatime");
    real_root_v2(root);
    cgroup_v2(root, {.dir = "/system.slice/ci-runner.service",
                     .max = "17179869184",
                     .current = "2147483648",
                     .procs = "800\n4711\n",
                     .controllers = "cpu memory pids",
                     .ours = true});
    cgroup_v2(root, {.dir = "/system.slice", .current = "8589934592", .subtree = "cpu memory pids", .ours = true});
    root.file("/proc/self/cgroup", "0::/system.slice/ci-runner.service\n");
    return root.sys_root(0);
}

/// Our cgroup is the root of a cgroup namespace; `options` of the mount.
SysRoot container(FakeRoot &root, const std::string &options, const std::string &max, std::uint32_t uid,
                  Environment environment)
{
    base(root, "6.8.0-51-generic", 31910, 20480, uid != 0);
    root.file("/proc/self/oom_score_adj", "0\n");
    if (uid == 0)
        root.file("/proc/self/status", "CapEff:\t00000000a80425fb\nNoNewPrivs:\t0\nSeccomp:\t2\n");
    else
        root.file("/proc/self/status", "CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
    with_pressure(root);
    mount_v2(root, options);
    cgroup_v2(root, {.dir = "", .max = max, .current = "157286400", .procs = "1\n12\n4711\n", .ours = uid == 0});
    root.file("/proc/self/cgroup", "0::/\n");
    return root.sys_root(uid, std::move(environment));
}

SysRoot v2_container(FakeRoot &root)
{
    root.file("/run/.containerenv", "engine=\"podman-4.3.1\"\nname=\"dev\"\n");
    return container(root, "rw,nosuid,nodev,noexec,relatime", "2147483648", 0, {{"container", "podman"}});
}
SysRoot k8s_pod(FakeRoot &root)
{
    root.dir("/run/secrets/kubernetes.io");
    return container(root, "ro,nosuid,nodev,noexec,relatime", "536870912", 1000,
                     {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}});
}
SysRoot read_only(FakeRoot &root)
{
    root.file("/.dockerenv", "");
    return container(root, "ro,nosuid,nodev,noexec,relatime", "1073741824", 0, {});
}

SysRoot hybrid(FakeRoot &root)
{
    base(root, "5.10.0-33-amd64", 7948, 4096, true);
    with_pressure(root);
    with_systemd(root, true);
    root.file("/proc/sys/kernel/yama/ptrace_scope", "0\n");
    mount_v1(root, "/", true);
    const std::string manager = "/user.slice/user-1000.slice/user@1000.service";
    cgroup_v1(root, manager, kUnlimitedV1, "943718400\n", false);
    cgroup_v1(root, "/user.slice/user-1000.slice", kUnlimitedV1, "1073741824\n", false);
    cgroup_v1(root, "/user.slice", kUnlimitedV1, "1610612736\n", false);
    cgroup_v1(root, "", kUnlimitedV1, "3221225472\n", false);
    root.file("/sys/fs/cgroup/unified/cgroup.controllers", "\n")
        .file("/sys/fs/cgroup/unified" + manager + "/cgroup.controllers", "\n")
        .dir("/sys/fs/cgroup/unified" + manager + "/app.slice/term.scope", kOurs);
    root.file("/proc/self/cgroup", "9:memory:" + manager + "\n4:cpu,cpuacct:/user.slice\n1:name=systemd:" + manager +
                                       "/app.slice/term.scope\n0::" + manager + "/app.slice/term.scope\n");
    return root.sys_root(1000, user_session());
}

/// The same with the system's own manager, by root.
SysRoot hybrid_root(FakeRoot &root)
{
    base(root, "5.10.0-33-amd64", 7948, 4096, false);
    with_pressure(root);
    with_systemd(root, false);
    mount_v1(root, "/", true);
    const std::string service = "/system.slice/ssh.service";
    cgroup_v1(root, service, kUnlimitedV1, "104857600\n", true);
    cgroup_v1(root, "/system.slice", kUnlimitedV1, "1073741824\n", true);
    cgroup_v1(root, "", kUnlimitedV1, "1610612736\n", true);
    root.file("/sys/fs/cgroup/unified/cgroup.controllers", "\n")
        .file("/sys/fs/cgroup/unified" + service + "/cgroup.controllers", "\n");
    root.file("/proc/self/cgroup", "9:memory:" + service + "\n4:cpu,cpuacct:/system.slice\n1:name=systemd:" + service +
                                       "\n0::" + service + "\n");
    return at_terminal(root.sys_root(0));
}

SysRoot legacy_v1(FakeRoot &root)
{
    base(root, "4.19.0-27-amd64", 3946, 2560, false);
    with_systemd(root, false);
    mount_v1(root, "/", false);
    cgroup_v1(root, "/system.slice/ssh.service", "2147483648\n", "104857600\n", true);
    cgroup_v1(root, "/system.slice", kUnlimitedV1, "1073741824\n", true);
    cgroup_v1(root, "", kUnlimitedV1, "1610612736\n", true);
    root.file("/proc/self/cgroup", "9:memory:/system.slice/ssh.service\n4:cpu,cpuacct:/system.slice\n"
                                   "1:name=systemd:/system.slice/ssh.service\n");
    return root.sys_root(0);
}

SysRoot wsl2(FakeRoot &root)
{
    base(root, "5.15.153.1-microsoft-standard-WSL2", 7841, 6656, true);
    root.file("/proc/self/oom_score_adj", "0\n").file("/proc/sys/fs/binfmt_misc/WSLInterop", "enabled\n");
    mount_v1(root, "/", true);
    cgroup_v1(root, "", kUnlimitedV1, "1073741824\n", false);
    root.file("/sys/fs/cgroup/unified/cgroup.controllers", "\n");
    root.file("/proc/self/cgroup", "5:memory:/\n2:cpu,cpuacct:/\n0::/\n");
    return root.sys_root(1000, {{"WSL_DISTRO_NAME", "Ubuntu"}, {"WSL_INTEROP", "/run/WSL/11_interop"}});
}

SysRoot no_systemd(FakeRoot &root)
{
    base(root, "6.18.44", 24105, 20480, false);
    root.file("/proc/self/status", "CapEff:\t000001fffeffffff\nNoNewPrivs:\t0\nSeccomp:\t0\n");
    with_pressure(root);
    mount_v1(root, "/", true);
    cgroup_v1(root, "/jobs/a1", "8589934592\n", "536870912\n", true);
    cgroup_v1(root, "/jobs", kUnlimitedV1, "1073741824\n", true);
    cgroup_v1(root, "", kUnlimitedV1, "2147483648\n", true);
    root.file("/sys/fs/cgroup/unified/cgroup.controllers", "\n");
    root.file("/proc/self/cgroup", "8:pids:/\n4:memory:/jobs/a1\n1:cpu,cpuacct:/\n0::/\n");
    return root.sys_root(0);
}

SysRoot no_systemd_v2(FakeRoot &root)
{
    base(root, "6.6.69-0-lts", 1990, 1536, false);
    with_pressure(root);
    mount_v2(root, "rw,nosuid,nodev,noexec,relatime");
    real_root_v2(root);
    root.file("/proc/self/cgroup", "0::/\n");
    return root.sys_root(0);
}

constexpr std::array<Machine, 11> kMachines{{{"v2-desktop", v2_desktop, 252},
                                             {"v2-server-root", v2_server_root, 257},
                                             {"v2-container", v2_container, 0},
                                             {"hybrid", hybrid, 247},
                                             {"hybrid-root", hybrid_root, 247},
                                             {"legacy-v1", legacy_v1, 241},
                                             {"wsl2", wsl2, 0},
                                             {"k8s-pod", k8s_pod, 0},
                                             {"no-systemd", no_systemd, 0},
                                             {"no-systemd-v2", no_systemd_v2, 0},
                                             {"read-only", read_only, 0}}};

} // namespace

std::span<const Machine> machines()
{
    return kMachines;
}

const Machine &machine(std::string_view name)
{
    for (const Machine &one : kMachines)
        if (one.name == name)
            return one;
    throw std::out_of_range("no machine " + std::string(name));
}

Facts facts_of(const Machine &machine)
{
    FakeRoot root;
    const SysRoot sys_root = machine.build(root);
    const AsOrdinaryUser user(sys_root.uid != 0);
    Facts facts = probe(sys_root, kAllNeeds, {});
    if (machine.systemd_version != 0)
        facts.systemd.version = machine.systemd_version; // no manager answers in a fake tree
    return facts;
}

} // namespace dbgscope::test
