// SPDX-License-Identifier: Apache-2.0
#include "probe/host.hpp"
#include "kernel/cgroup_files.hpp"
#include "kernel/parse.hpp"
#include "kernel/proc_files.hpp"

#include <linux/capability.h>

#include <algorithm>
#include <charconv>

namespace dbgscope {
namespace {

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.remove_suffix(1);
    while (!text.empty() && (text.front() == '\t' || text.front() == ' '))
        text.remove_prefix(1);
    return text;
}

template <class Number> bool parse(std::string_view text, Number &number, int base = 10)
{
    text = trimmed(text);
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return code == std::errc{} && end == text.data() + text.size();
}

Fact<int> small_number(const Reader::Text &text, std::string_view path, int highest, int lowest = 0)
{
    if (!text)
        return unknown(text.error(), path);
    int number = 0;
    if (!parse(*text, number) || number < lowest || number > highest)
        return malformed(path, *text);
    return number;
}

// CapEff:	000001fffeffffff
// NoNewPrivs:	0
// Seccomp:	2
void read_status(Reader &reader, HostFacts &host)
{
    const auto status = reader.read(kSelfStatus);
    if (!status) {
        host.seccomp_mode = unknown(status.error(), kSelfStatus);
        return;
    }
    host.seccomp_mode = Fact<int>(Why::absent, "/proc/self/status has no Seccomp:");
    const auto effective = status_value(*status, "CapEff");
    std::uint64_t capabilities = 0;
    if (effective && parse(*effective, capabilities, 16)) {
        const auto has = [capabilities](unsigned bit) { return (capabilities >> bit & 1U) != 0; };
        host.cap_sys_ptrace = has(CAP_SYS_PTRACE);
        host.cap_sys_admin = has(CAP_SYS_ADMIN);
        host.cap_sys_resource = has(CAP_SYS_RESOURCE);
        host.cap_bpf = has(CAP_BPF) && has(CAP_PERFMON);
    }
    if (const auto value = status_value(*status, "NoNewPrivs"))
        host.no_new_privs = trimmed(*value) == "1";
    if (const auto value = status_value(*status, "Seccomp"))
        host.seccomp_mode = small_number(trimmed(*value), "/proc/self/status Seccomp", 2);
}

bool contains_microsoft(std::string_view text)
{
    return text.find("microsoft") != std::string_view::npos || text.find("Microsoft") != std::string_view::npos;
}

/// Two independent signs: a custom kernel drops the name, sudo and ssh drop the variables, systemd may drop the binfmt
/// entry, and a container inside WSL sees the kernel's name only. /proc/version repeats the kernel's name.
Wsl detect_wsl(Reader &reader, const SysRoot &root, std::string_view kernel)
{
    const bool variables = !root.variable("WSL_INTEROP").empty() || !root.variable("WSL_DISTRO_NAME").empty();
    bool named = contains_microsoft(kernel);
    if (!named && !variables)
        return Wsl::no; // the usual machine: nothing more is read
    if (!named)
        if (const auto version = reader.read("/proc/version"))
            named = contains_microsoft(*version);
    const bool interop = reader.exists("/proc/sys/fs/binfmt_misc/WSLInterop") ||
                         reader.exists("/proc/sys/fs/binfmt_misc/WSLInterop-late") || reader.exists("/run/WSL");
    if (static_cast<int>(named) + static_cast<int>(variables) + static_cast<int>(interop) < 2)
        return Wsl::no;
    // WSL1: "4.4.0-19041-Microsoft"; WSL2: "5.15.90.1-microsoft-standard-WSL2", or a kernel of the user's own.
    return kernel.ends_with("-Microsoft") ? Wsl::wsl1 : Wsl::wsl2;
}

// engine="podman-4.3.1"
std::string engine_of(std::string_view containerenv)
{
    while (!containerenv.empty()) {
        std::string_view line = next_line(containerenv);
        if (!line.starts_with("engine=\""))
            continue;
        line.remove_prefix(8);
        if (const auto name = line.substr(0, line.find_first_of("-\"")); !name.empty())
            return std::string(name);
    }
    return "podman";
}

/// PID 1's own `container=`, readable for root and the same user only.
std::string container_of_init(Reader &reader)
{
    const auto environment = reader.read(kInitEnvironment, Records::many);
    std::string_view text = environment ? *environment : std::string_view{};
    while (!text.empty()) {
        const auto end = text.find('\0');
        const std::string_view entry = text.substr(0, end);
        if (entry.starts_with("container="))
            return std::string(entry.substr(10));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return {};
}

/// The initial PID and UTS namespaces have fixed inode numbers (PROC_PID_INIT_INO, PROC_UTS_INIT_INO in
/// include/linux/proc_ns.h). A runtime's mark file in both is left over from an image that became a machine's disk.
bool in_initial_namespaces(const Reader &reader)
{
    return reader.link(kSelfPidNamespace) == "pid:[4026531836]" && reader.link(kSelfUtsNamespace) == "uts:[4026531838]";
}

/// What the runtime's mark files say, or empty.
std::string container_of_marks(Reader &reader)
{
    std::string name;
    if (const auto text = reader.read("/run/.containerenv"))
        name = engine_of(*text);
    else if (reader.exists("/.dockerenv"))
        name = "docker";
    return !name.empty() && in_initial_namespaces(reader) ? std::string() : name;
}

/// Sandboxes have neither marks nor variables: bubblewrap stays as the first process of its own pid namespace.
std::string container_of_sandbox(Reader &reader)
{
    if (reader.exists("/.flatpak-info"))
        return "flatpak";
    const auto name = reader.read(kInitName);
    return name && trimmed(*name) == "bwrap" ? "bubblewrap" : "";
}

// 1208 1207 0:243 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1…
/// What only the mounts show. containerd by itself (ctr, nerdctl) leaves no mark, but its snapshotter's directory below
/// the root. Of a chroot(2) into a plain directory no mount can be seen at "/"; the file has only what is below.
std::string container_of_mounts(Reader &reader)
{
    const auto mounts = reader.read(kSelfMounts, Records::many);
    std::string_view text = mounts ? *mounts : std::string_view{};
    const bool any = !text.empty();
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        const std::vector<std::string> words = split_words(line);
        if (words.size() > 4 && words[4] == "/")
            return line.contains("/io.containerd.") ? "containerd" : "";
    }
    return any ? "chroot" : "";
}

/// VS Code's and GitHub's development containers are engines' containers with a configuration of their own.
std::string container_of_editor(const SysRoot &root)
{
    if (root.variable("CODESPACES") == "true")
        return "codespaces";
    return root.variable("REMOTE_CONTAINERS") == "true" ? "devcontainer" : "";
}

/// The most specific sign first. "wsl" is not a container here: it has a fact of its own.
Fact<std::string> detect_container(Reader &reader, const SysRoot &root)
{
    if (const std::string editor = container_of_editor(root); !editor.empty())
        return editor;
    if (!root.variable("KUBERNETES_SERVICE_HOST").empty() || reader.exists("/run/secrets/kubernetes.io"))
        return std::string("kubernetes");
    std::string name = container_of_marks(reader);
    if (name.empty())
        name = root.variable("container");
    if (name.empty())
        if (const auto text = reader.read("/run/systemd/container"))
            name = trimmed(*text);
    if (name.empty())
        name = container_of_init(reader);
    if (name.empty())
        name = container_of_sandbox(reader);
    if (name.empty())
        name = container_of_mounts(reader);
    if (name.empty() || name == "wsl")
        return Why::absent;
    return name;
}

struct KernelVersion {
    int major = 0, minor = 0;
    auto operator<=>(const KernelVersion &) const = default;
};

// 6.1.0-28-amd64
Fact<KernelVersion> version_of(std::string_view release)
{
    if (release.empty())
        return {Why::absent, "the kernel's release is unknown"};
    KernelVersion version;
    const char *const end = release.data() + release.size();
    const auto major = std::from_chars(release.data(), end, version.major);
    if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.' ||
        std::from_chars(major.ptr + 1, end, version.minor).ec != std::errc{})
        return malformed("/proc/sys/kernel/osrelease", release);
    return version;
}

/// True from `since` on, else absent with the reason. A kernel with the feature ported back is not recognised.
Fact<bool> since(const std::string &release, KernelVersion since, std::string_view feature)
{
    const Fact<KernelVersion> version = version_of(release);
    if (!version)
        return {version.why(), version.detail()};
    if (*version >= since)
        return true;
    return {Why::absent, "kernel " + release + " has no " + std::string(feature) + ", " + std::to_string(since.major) +
                             '.' + std::to_string(since.minor) + " and later have"};
}

// kill_process kill_thread trap errno user_notif trace log allow
Fact<bool> seccomp_notify(Reader &reader, const std::string &release)
{
    constexpr const char *kActions = "/proc/sys/kernel/seccomp/actions_avail";
    // SECCOMP_RET_USER_NOTIF is of 5.0; without SECCOMP_USER_NOTIF_FLAG_CONTINUE (5.5) a call cannot be let through.
    Fact<bool> known = since(release, {5, 5}, "seccomp notification that can let a call continue");
    if (const auto actions = reader.read(kActions); known && actions) {
        const std::vector<std::string> words = split_words(*actions);
        if (std::ranges::find(words, "user_notif") == words.end())
            return {Why::absent, std::string(kActions) + " does not list user_notif"};
    }
    return known;
}

} // namespace

void probe_kernel(Reader &reader, const CgroupFacts &cgroup, HostFacts &host)
{
    if (const auto release = reader.read("/proc/sys/kernel/osrelease"))
        host.kernel = trimmed(*release);
    read_status(reader, host);
    if (const auto score = reader.read(kSelfOomScore))
        if (!parse(*score, host.oom_score_adj))
            host.oom_score_adj = 0;
    host.seccomp_notify = seccomp_notify(reader, host.kernel);
    host.pidfd = since(host.kernel, {5, 3}, "pidfd_open");
    host.cgroup_kill = since(host.kernel, {5, 14}, file_name(CgroupFile::kill, 2));
    if (host.cgroup_kill && cgroup.unified_mount.empty())
        host.cgroup_kill = {Why::absent, "no cgroup v2 is mounted"};
    constexpr const char *kYama = "/proc/sys/kernel/yama/ptrace_scope";
    host.yama_ptrace_scope = small_number(reader.read(kYama), kYama, 3);
}

void probe_sampling(Reader &reader, HostFacts &host)
{
    constexpr const char *kPerf = "/proc/sys/kernel/perf_event_paranoid";
    constexpr int kStrictest = 9; // Debian adds 3, Ubuntu 4
    host.perf_event_paranoid = small_number(reader.read(kPerf), kPerf, kStrictest, -1);
    if (!host.cap_sys_admin && !host.cap_bpf)
        return;
    const std::string ours = reader.link(kSelfUserNamespace); // PROC_USER_INIT_INO, as the others above
    host.user_namespace = !ours.empty() && ours != "user:[4026531837]";
}

void probe_container(Reader &reader, const SysRoot &root, HostFacts &host)
{
    host.container = detect_container(reader, root);
}

void probe_host(Reader &reader, const SysRoot &root, HostFacts &host)
{
    probe_container(reader, root, host);
    host.wsl = detect_wsl(reader, root, host.kernel);
}

} // namespace dbgscope
