// SPDX-License-Identifier: Apache-2.0
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>

#include <fmt/core.h>

#include "config.h"
#include "kernel/reader.hpp"
#include "sys/fd.hpp"
#include "tools/doctor/checks.hpp"

// What `heap`, `goroutines` and `growth` may see: one finding a rung, from what needs least to what needs most.
namespace dbgscope {
namespace {

constexpr const char *kParanoid = "/proc/sys/kernel/perf_event_paranoid";
constexpr const char *kBtf = "/sys/kernel/btf/vmlinux";

/// process_vm_readv(2) wants PTRACE_MODE_ATTACH; Documentation/admin-guide/LSM/Yama.rst.
CheckFinding go_finding(const DoctorInput &input)
{
    constexpr const char *kLooked = "/proc/sys/kernel/yama/ptrace_scope and CapEff";
    const HostFacts &host = input.facts.host;
    const int scope = host.yama_ptrace_scope.value_or(0);
    if (scope == 0 || (scope <= 2 && host.cap_sys_ptrace))
        return {.looked_at = kLooked,
                .found = host.cap_sys_ptrace ? "who holds a Go program's memory can be read, of every user's programs"
                                             : "who holds a Go program's memory can be read, of one's own programs"};
    CheckFinding finding{
        .level = CheckLevel::note,
        .looked_at = kLooked,
        .found = fmt::format("who holds a Go program's memory cannot be read: kernel.yama.ptrace_scope is {}", scope),
        .matters = "`dbgscope heap`, `goroutines` and the line that names the holder at a hold need it",
        .cure = "`sudo dbgscope heap`, or as root: sysctl kernel.yama.ptrace_scope=0"};
    if (scope == 1)
        finding.cure = "start sessions with --wait; or `sudo dbgscope heap`, or as root: sysctl "
                       "kernel.yama.ptrace_scope=0";
    else if (scope == 3)
        finding.cure = "it stays until the next boot: take it out of /etc/sysctl.d and reboot";
    return finding;
}

enum class Sampling { with_kernel, user, denied, missing };

/// perf_event_open(2) on ourselves, as `growth` opens it.
Sampling try_sampling()
{
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_PAGE_FAULTS_MIN;
    attr.sample_period = 1;
    attr.disabled = 1;
    for (const Sampling sampling : {Sampling::with_kernel, Sampling::user}) {
        attr.exclude_kernel = sampling == Sampling::user ? 1 : 0;
        const UniqueFd event(static_cast<int>(::syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
        if (event.valid())
            return sampling;
    }
    return errno == EACCES || errno == EPERM ? Sampling::denied : Sampling::missing;
}

/// Documentation/admin-guide/sysctl/kernel.rst; Debian's 3 and Ubuntu's 4 keep it for root.
Sampling expected_sampling(std::optional<int> paranoid, bool root)
{
    if (!paranoid)
        return Sampling::missing;
    if (root || *paranoid <= 1)
        return Sampling::with_kernel;
    return *paranoid == 2 ? Sampling::user : Sampling::denied;
}

CheckFinding growth_finding(const DoctorInput &input)
{
    Reader reader(input.root.root);
    std::optional<int> paranoid;
    if (const auto text = reader.read(kParanoid)) {
        int level = 0;
        if (std::from_chars(text->data(), text->data() + text->size(), level).ec == std::errc{})
            paranoid = level;
    }
    const Sampling sampling =
        input.root.root.empty() ? try_sampling() : expected_sampling(paranoid, input.facts.host.cap_sys_admin);
    const std::string setting = paranoid ? fmt::format("kernel.perf_event_paranoid is {}", *paranoid) : "";
    const std::string looked = input.root.root.empty() ? fmt::format("tried, and {}", kParanoid) : kParanoid;
    switch (sampling) {
    case Sampling::with_kernel:
        return {.looked_at = looked, .found = "who grows the memory of a C program can be sampled"};
    case Sampling::user:
        return {.level = CheckLevel::note,
                .looked_at = looked,
                .found = "who grows the memory of a C program can be sampled, but for what system calls touch first: " +
                         setting,
                .matters = "memory that is read(2) into is missing in what `dbgscope growth` names; how much, it says",
                .cure = "`sudo dbgscope growth`, or as root: sysctl kernel.perf_event_paranoid=1"};
    case Sampling::denied:
        return {.level = CheckLevel::note,
                .looked_at = looked,
                .found = "who grows the memory of a C program cannot be sampled: " +
                         (paranoid && *paranoid > 2 ? setting : "perf_event_open is refused, as containers do"),
                .matters = "`dbgscope growth` needs it",
                .cure = paranoid && *paranoid > 2
                            ? "`sudo dbgscope growth`, or as root: sysctl kernel.perf_event_paranoid=2"
                            : "in a container: allow perf_event_open in its seccomp profile"};
    case Sampling::missing: break;
    }
    return {.level = CheckLevel::note,
            .looked_at = looked,
            .found = "who grows the memory of a C program cannot be sampled: this kernel has no perf_event_open",
            .matters = "`dbgscope growth` needs it",
            .cure = "a kernel with CONFIG_PERF_EVENTS"};
}

/// The last rung: `alloc.*`.
CheckFinding bpf_finding(const DoctorInput &input)
{
    Reader reader(input.root.root);
    CheckFinding finding{.level = CheckLevel::note,
                         .looked_at = fmt::format("{}, CapEff and how dbgscope was built", kBtf),
                         .found = "what a debuggee asks of the kernel cannot be seen there (BPF): ",
                         .matters = "alloc.large_mapping, alloc.reclaim_stall and alloc.oom_victims need it"};
    if (DBGSCOPE_BPF == 0) {
        finding.found += "dbgscope was built without it";
        finding.cure = "a build where clang, bpftool and libbpf-dev are installed";
    } else if (!reader.exists(kBtf)) {
        finding.found += "the kernel does not describe its types (no BTF)";
        finding.cure = "a kernel with CONFIG_DEBUG_INFO_BTF";
    } else if (input.facts.host.user_namespace) {
        finding.found += "it takes capabilities of the machine, and these are a user namespace's";
        finding.cure = "run as root outside of it: not in a rootless container";
    } else if (!input.facts.host.may_load_programs()) {
        finding.found += "it takes CAP_BPF and CAP_PERFMON";
        finding.cure = "run as root, or in a container with these two and bpf(2) in its seccomp profile";
    } else {
        return {.looked_at = finding.looked_at,
                .found =
                    "what a debuggee asks of the kernel can be seen there (BPF): waits for reclaim, victims of the "
                    "OOM killer, and large mappings where it takes programs at its functions"};
    }
    return finding;
}

} // namespace

CheckFindings check_inside(const DoctorInput &input)
{
    return {go_finding(input), growth_finding(input), bpf_finding(input)};
}

} // namespace dbgscope
