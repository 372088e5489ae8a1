// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dbgscope/bytes.hpp"
#include "dbgscope/fields.hpp"

// What is true of this machine, as far as probe/ could see. Plain data: no I/O, no clock.
namespace dbgscope {

/// Why a fact has no value.
enum class Why {
    not_asked, ///< nobody needed it for this run
    absent,    ///< the file, tool or interface does not exist
    denied,    ///< EACCES, EPERM, EROFS
    disabled,  ///< it exists and is switched off (EOPNOTSUPP, psi=0)
    malformed, ///< its text is not what the kernel's documentation says
    assumed,   ///< switched off by --assume no-X
};
constexpr std::array<Named<Why>, 6> enum_names(Why)
{
    return {{{Why::not_asked, "not asked"},
             {Why::absent, "absent"},
             {Why::denied, "denied"},
             {Why::disabled, "disabled"},
             {Why::malformed, "malformed"},
             {Why::assumed, "assumed"}}};
}

/// "does not exist", "not permitted", …: for people.
[[nodiscard]] const char *why_words(Why why);

/// A value, or the reason why it is unknown.
template <class T> class Fact {
  public:
    Fact() = default;
    Fact(T value) : value_(std::move(value)) {}
    Fact(Why why, std::string detail = {}) : why_(why), detail_(std::move(detail)) {}
    [[nodiscard]] bool known() const { return value_.has_value(); }
    explicit operator bool() const { return known(); }
    const T &operator*() const { return *value_; }
    const T *operator->() const { return &*value_; }
    [[nodiscard]] T value_or(T other) const { return value_ ? *value_ : std::move(other); }
    [[nodiscard]] Why why() const { return why_; }                      ///< meaningful only when !known()
    [[nodiscard]] const std::string &detail() const { return detail_; } ///< e.g. "open /sys/…: Permission denied"
    bool operator==(const Fact &) const = default;

  private:
    std::optional<T> value_;
    Why why_ = Why::not_asked;
    std::string detail_;
};

/// One line of a PSI file (Documentation/accounting/psi.rst): percentages over 10/60/300 s, total in µs.
struct PressureLine {
    double avg10 = 0, avg60 = 0, avg300 = 0;
    std::uint64_t total_us = 0;
    bool operator==(const PressureLine &) const = default;
};
struct Pressure {
    PressureLine some, full;
    bool operator==(const Pressure &) const = default;
};

enum class Layout { none, v1, hybrid, v2 };
constexpr std::array<Named<Layout>, 4> enum_names(Layout)
{
    return {{{Layout::none, "none"}, {Layout::v1, "v1"}, {Layout::hybrid, "hybrid"}, {Layout::v2, "v2"}}};
}

/// One visible cgroup on the way from the mount's root (or the namespace root) down to our own.
struct CgroupLevel {
    std::string path;            ///< as in /proc/self/cgroup: "/" or "/a.slice/b.scope"; control characters kept
    std::string dir;             ///< directory in the file system: "/sys/fs/cgroup/a.slice/b.scope"
    Fact<Limit> max;             ///< memory.max | memory.limit_in_bytes
    Fact<Limit> high;            ///< v2 only
    Fact<Limit> swap_max;        ///< v2 memory.swap.max; v1: memory.memsw.limit_in_bytes (memory + swap)
    Fact<std::uint64_t> current; ///< memory.current | memory.usage_in_bytes
    Fact<std::uint64_t> swap_current;
    Fact<std::uint64_t> peak;          ///< memory.peak | memory.max_usage_in_bytes
    Fact<std::uint64_t> inactive_file; ///< reclaimable part of `current`, from memory.stat
    Fact<Pressure> memory_pressure;
    bool operator==(const CgroupLevel &) const = default;
};

/// The memory controller as this process sees it.
struct MemoryHierarchy {
    int version = 0;                    ///< 1 or 2: which hierarchy carries the memory controller; 0: none visible
    std::string mount;                  ///< mount point, "/sys/fs/cgroup" | "/sys/fs/cgroup/memory"
    std::vector<CgroupLevel> chain;     ///< outermost first, our own cgroup last; never empty when version != 0
    Limit effective;                    ///< minimum of all `max` (and v1 hierarchical_memory_limit)
    std::optional<std::size_t> binding; ///< index into chain of the level that sets `effective`
    Fact<std::uint64_t> headroom;       ///< min over levels of max − current; unknown when no level has a limit
    [[nodiscard]] bool v2() const { return version == 2; }
    /// Whether limits above chain.front() are unseen. v2's real root alone has no memory.max; v1's memory.stat tells.
    [[nodiscard]] bool hidden_above() const
    {
        return v2() && !chain.empty() && (chain.front().max || chain.front().max.why() != Why::absent);
    }
    bool operator==(const MemoryHierarchy &) const = default;
};

/// What we may do in our own cgroup without any manager.
struct Delegation {
    bool read_only = false;               ///< the cgroup mount is read-only (containers)
    bool can_create = false;              ///< mkdir below our own cgroup would be permitted
    bool namespace_root = false;          ///< our cgroup is the root of a cgroup namespace (not the real root)
    bool real_root = false;               ///< our cgroup is the real root of the hierarchy: no internal-process rule
    std::vector<std::string> controllers; ///< v2: cgroup.controllers of our cgroup (in dbgscope.leaf: of its parent)
    std::vector<std::string> subtree_control; ///< v2: cgroup.subtree_control of our cgroup
    Fact<std::uint64_t> other_processes;      ///< v2: processes beside us in our own cgroup.procs
    std::string detail;                       ///< why not, when can_create is false
    bool operator==(const Delegation &) const = default;
};

struct CgroupFacts {
    Layout layout = Layout::none;
    MemoryHierarchy memory;
    Delegation delegation;     ///< of the hierarchy that carries memory
    std::string unified_mount; ///< cgroup2 mount: "/sys/fs/cgroup", "/sys/fs/cgroup/unified", or empty
    std::string unified_dir;   ///< our own directory in it, or empty when it lies outside the mount
    std::string self;          ///< /proc/self/cgroup as read, for never-nest and for bug reports
    /// The slice that a scope of that manager would go to, and all above it. Nothing: not asked, or not visible here.
    std::optional<MemoryHierarchy> system_place, user_place;
    bool operator==(const CgroupFacts &) const = default;
};

struct MemoryFacts {
    Fact<std::uint64_t> total_bytes, available_bytes, swap_total_bytes, swap_free_bytes;
    Fact<std::uint64_t> swappiness; ///< 0..200
    Fact<Pressure> pressure;        ///< /proc/pressure/memory
    Fact<Pressure> cpu_pressure, io_pressure;
    bool operator==(const MemoryFacts &) const = default;
};

/// A systemd manager and how it can be reached.
struct ManagerFacts {
    Fact<std::string> socket; ///< private socket: "/run/systemd/private", "/run/user/1000/systemd/private"
    Fact<std::string> bus;    ///< bus address or socket to fall back to
    Fact<std::vector<std::string>> controllers; ///< user manager: controllers delegated to user@UID.service
    bool operator==(const ManagerFacts &) const = default;
};
struct SystemdFacts {
    bool booted = false; ///< /run/systemd/system exists (sd_booted(3))
    Fact<int> version;   ///< 252; only when asked
    ManagerFacts system, user;
    bool operator==(const SystemdFacts &) const = default;
};

enum class Wsl { no, wsl1, wsl2 };
constexpr std::array<Named<Wsl>, 3> enum_names(Wsl)
{
    return {{{Wsl::no, "no"}, {Wsl::wsl1, "wsl1"}, {Wsl::wsl2, "wsl2"}}};
}

struct HostFacts {
    std::uint32_t uid = 0, gid = 0;
    std::string kernel;          ///< uname release
    Fact<std::string> container; ///< "docker", "podman", "lxc", "kubernetes", "systemd-nspawn", … ; absent = none seen
    Wsl wsl = Wsl::no;           ///< needs two signs
    bool cap_sys_resource = false, cap_sys_admin = false, cap_sys_ptrace = false;
    bool cap_bpf = false; ///< with CAP_PERFMON, which a program that traces takes, too
    bool no_new_privs = false;
    Fact<int> yama_ptrace_scope;   ///< 0..3
    Fact<int> perf_event_paranoid; ///< -1..4; beyond 2 sampling is root's alone (Debian, Ubuntu)
    Fact<int> seccomp_mode;        ///< 0 none, 1 strict, 2 filter (/proc/self/status Seccomp)
    int oom_score_adj = 0;
    Fact<bool> seccomp_notify;   ///< a seccomp filter can hand calls to another process: Linux 5.5
    Fact<bool> pidfd;            ///< pidfd_open(2): Linux 5.3
    Fact<bool> cgroup_kill;      ///< cgroup.kill in the v2 hierarchy, where one is mounted: Linux 5.14
    bool terminal = false;       ///< stdin or stderr is one: somebody may be looking
    bool user_namespace = false; ///< we have capabilities in one alone, as in rootless containers: not for perf and BPF
    bool operator==(const HostFacts &) const = default;

    /// Documentation/admin-guide/sysctl/kernel.rst: up to there users may sample their own. Debian has 3, Ubuntu 4.
    static constexpr int kParanoidForUsers = 2;
    [[nodiscard]] bool may_sample() const
    {
        return perf_event_paranoid.value_or(0) <= kParanoidForUsers || (cap_sys_admin && !user_namespace);
    }
    /// Programs for the kernel (BPF) that trace it.
    [[nodiscard]] bool may_load_programs() const { return (cap_sys_admin || cap_bpf) && !user_namespace; }
};

/// A debugger or tool chain found in PATH.
struct ToolFacts {
    std::string name;             ///< "dlv"
    Fact<std::string> path;       ///< absolute; never dbgscope itself (device and inode compared)
    Fact<std::string> version;    ///< "1.20.2", only when asked
    bool skipped_self = false;    ///< an earlier entry of PATH was dbgscope
    bool gains_privilege = false; ///< setuid, setgid or file capabilities: no_new_privs would take them away
    bool operator==(const ToolFacts &) const = default;
};

/// What the debuggee's file says of itself (.go.buildinfo, ELF).
struct DebuggeeFacts {
    std::string path;
    Fact<std::uint64_t> size_bytes;
    bool is_go = false;
    Fact<std::string> go_version;      ///< "go1.19.8" from the binary, or the tool chain's for verbs that build
    Fact<std::string> default_godebug; ///< "panicnil=1,…" (build setting DefaultGODEBUG, Go 1.21+)
    bool from_toolchain = false;       ///< go_version is the tool chain's, nothing has been built yet
    bool operator==(const DebuggeeFacts &) const = default;
};

/// The TCP port that the debugger is to listen on, where something listens there already.
struct PortFacts {
    std::uint32_t port = 0;
    std::string holder;  ///< "dlv (pid 123)", "a process of user 1000" where it cannot be looked into
    std::string session; ///< id of the session of ours that has it; empty: none
    bool operator==(const PortFacts &) const = default;
};

/// The process that a debugger attaches to, where its memory is counted elsewhere than ours.
struct AttachedFacts {
    std::uint32_t pid = 0;
    std::string path;  ///< its memory cgroup: "/system.slice/a.service", "/../b" outside of our namespace
    Fact<Limit> limit; ///< the lowest that is not ours as well; outside of our namespace its own cgroup's alone
    bool operator==(const AttachedFacts &) const = default;
};

struct Facts {
    CgroupFacts cgroup;
    MemoryFacts memory;
    SystemdFacts systemd;
    HostFacts host;
    std::vector<ToolFacts> tools;
    std::optional<DebuggeeFacts> debuggee;
    std::optional<PortFacts> taken_port;
    std::optional<AttachedFacts> attached;
    bool operator==(const Facts &) const = default;
};

inline constexpr int kFactsSchema = 1;

void fields(auto &visit, Is<PressureLine> auto &line)
{
    visit("avg10", line.avg10);
    visit("avg60", line.avg60);
    visit("avg300", line.avg300);
    visit("total_us", line.total_us);
}

void fields(auto &visit, Is<Pressure> auto &pressure)
{
    visit("some", pressure.some);
    visit("full", pressure.full);
}

void fields(auto &visit, Is<CgroupLevel> auto &level)
{
    visit("path", level.path);
    visit("dir", level.dir);
    visit("max", level.max);
    visit("high", level.high);
    visit("swap_max", level.swap_max);
    visit("current", level.current);
    visit("swap_current", level.swap_current);
    visit("peak", level.peak);
    visit("inactive_file", level.inactive_file);
    visit("memory_pressure", level.memory_pressure);
}

void fields(auto &visit, Is<MemoryHierarchy> auto &memory)
{
    visit("version", memory.version);
    visit("mount", memory.mount);
    visit("chain", memory.chain);
    visit("effective", memory.effective);
    visit("binding", memory.binding);
    visit("headroom", memory.headroom);
}

void fields(auto &visit, Is<Delegation> auto &delegation)
{
    visit("read_only", delegation.read_only);
    visit("can_create", delegation.can_create);
    visit("namespace_root", delegation.namespace_root);
    visit("real_root", delegation.real_root);
    visit("controllers", delegation.controllers);
    visit("subtree_control", delegation.subtree_control);
    visit("other_processes", delegation.other_processes);
    visit("detail", delegation.detail);
}

void fields(auto &visit, Is<CgroupFacts> auto &cgroup)
{
    visit("layout", cgroup.layout);
    visit("memory", cgroup.memory);
    visit("delegation", cgroup.delegation);
    visit("unified_mount", cgroup.unified_mount);
    visit("unified_dir", cgroup.unified_dir);
    visit("self", cgroup.self);
    visit("system_place", cgroup.system_place);
    visit("user_place", cgroup.user_place);
}

void fields(auto &visit, Is<MemoryFacts> auto &memory)
{
    visit("total_bytes", memory.total_bytes);
    visit("available_bytes", memory.available_bytes);
    visit("swap_total_bytes", memory.swap_total_bytes);
    visit("swap_free_bytes", memory.swap_free_bytes);
    visit("swappiness", memory.swappiness);
    visit("pressure", memory.pressure);
    visit("cpu_pressure", memory.cpu_pressure);
    visit("io_pressure", memory.io_pressure);
}

void fields(auto &visit, Is<ManagerFacts> auto &manager)
{
    visit("socket", manager.socket);
    visit("bus", manager.bus);
    visit("controllers", manager.controllers);
}

void fields(auto &visit, Is<SystemdFacts> auto &systemd)
{
    visit("booted", systemd.booted);
    visit("version", systemd.version);
    visit("system", systemd.system);
    visit("user", systemd.user);
}

void fields(auto &visit, Is<HostFacts> auto &host)
{
    visit("uid", host.uid);
    visit("gid", host.gid);
    visit("kernel", host.kernel);
    visit("container", host.container);
    visit("wsl", host.wsl);
    visit("cap_sys_resource", host.cap_sys_resource);
    visit("cap_sys_admin", host.cap_sys_admin);
    visit("cap_sys_ptrace", host.cap_sys_ptrace);
    visit("cap_bpf", host.cap_bpf);
    visit("no_new_privs", host.no_new_privs);
    visit("yama_ptrace_scope", host.yama_ptrace_scope);
    visit("perf_event_paranoid", host.perf_event_paranoid);
    visit("seccomp_mode", host.seccomp_mode);
    visit("oom_score_adj", host.oom_score_adj);
    visit("seccomp_notify", host.seccomp_notify);
    visit("pidfd", host.pidfd);
    visit("cgroup_kill", host.cgroup_kill);
    visit("terminal", host.terminal);
    visit("user_namespace", host.user_namespace);
}

void fields(auto &visit, Is<ToolFacts> auto &tool)
{
    visit("name", tool.name);
    visit("path", tool.path);
    visit("version", tool.version);
    visit("skipped_self", tool.skipped_self);
    visit("gains_privilege", tool.gains_privilege);
}

void fields(auto &visit, Is<AttachedFacts> auto &attached)
{
    visit("pid", attached.pid);
    visit("path", attached.path);
    visit("limit", attached.limit);
}

void fields(auto &visit, Is<PortFacts> auto &taken)
{
    visit("port", taken.port);
    visit("holder", taken.holder);
    visit("session", taken.session);
}

void fields(auto &visit, Is<DebuggeeFacts> auto &debuggee)
{
    visit("path", debuggee.path);
    visit("size_bytes", debuggee.size_bytes);
    visit("is_go", debuggee.is_go);
    visit("go_version", debuggee.go_version);
    visit("default_godebug", debuggee.default_godebug);
    visit("from_toolchain", debuggee.from_toolchain);
}

void fields(auto &visit, Is<Facts> auto &facts)
{
    visit.schema(kFactsSchema);
    visit("cgroup", facts.cgroup);
    visit("memory", facts.memory);
    visit("systemd", facts.systemd);
    visit("host", facts.host);
    visit("tools", facts.tools);
    visit("debuggee", facts.debuggee);
    visit("taken_port", facts.taken_port);
    visit("attached", facts.attached);
}

} // namespace dbgscope
