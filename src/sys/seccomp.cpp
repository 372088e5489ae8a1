// SPDX-License-Identifier: Apache-2.0
#include "sys/seccomp.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>

namespace dbgscope {
namespace {

/// The other calling conventions this kernel may offer beside the native one. libseccomp kills unknown ones by default.
int add_compat_architectures(scmp_filter_ctx filter)
{
#if defined(__x86_64__)
    constexpr std::array kOthers{SCMP_ARCH_X86, SCMP_ARCH_X32};
#elif defined(__aarch64__)
    constexpr std::array kOthers{SCMP_ARCH_ARM};
#else
    constexpr std::array<std::uint32_t, 0> kOthers{};
#endif
    for (const std::uint32_t architecture : kOthers)
        if (const int code = seccomp_arch_add(filter, architecture); code < 0 && code != -EEXIST)
            return code;
    return 0;
}

constexpr scmp_datum_t kGoAffinityBytes = 64 * 1024 / 8; ///< runtime/os_linux.go: maxCPUs / 8

/// Go's heap grows by 4 MiB at a time (runtime/mheap.go), glibc maps what is larger than 128 KiB to 32 MiB by itself.
int add_allocations(scmp_filter_ctx filter)
{
    constexpr scmp_datum_t kLarge = 1 << 20, kAnonymous = MAP_ANONYMOUS, kKinds = MAP_ANONYMOUS | MAP_NORESERVE;
    const scmp_arg_cmp wanted[] = {{.arg = 1, .op = SCMP_CMP_GE, .datum_a = kLarge, .datum_b = 0},
                                   {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_WRITE, .datum_b = PROT_WRITE},
                                   {.arg = 3, .op = SCMP_CMP_MASKED_EQ, .datum_a = kKinds, .datum_b = kAnonymous}};
    return seccomp_rule_add_array(filter, SCMP_ACT_NOTIFY, SCMP_SYS(mmap), std::size(wanted), wanted);
}

int describe(scmp_filter_ctx filter, bool go_starts, bool allocations)
{
    int code = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
    if (code == 0) // the kernel's own errno instead of ECANCELED
        code = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    if (code == 0) // no speculation barrier: a debuggee must run as fast as without us
        code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    if (code == 0)
        code = add_compat_architectures(filter);
    for (const auto request : {PTRACE_TRACEME, PTRACE_DETACH}) {
        const auto value = static_cast<scmp_datum_t>(request);
        const scmp_arg_cmp first{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
        if (code == 0)
            code = seccomp_rule_add_array(filter, SCMP_ACT_NOTIFY, SCMP_SYS(ptrace), 1, &first);
    }
    const scmp_arg_cmp affinity[] = {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = 0, .datum_b = 0},
                                     {.arg = 1, .op = SCMP_CMP_EQ, .datum_a = kGoAffinityBytes, .datum_b = 0}};
    if (code == 0 && go_starts)
        code =
            seccomp_rule_add_array(filter, SCMP_ACT_NOTIFY, SCMP_SYS(sched_getaffinity), std::size(affinity), affinity);
    if (code == 0 && allocations)
        code = add_allocations(filter);
    return code;
}

/// Where a listener exists already libseccomp's probing of the kernel fails first, with EFAULT.
bool inside_a_filter(int code)
{
    return code == -EBUSY || (code == -EFAULT && ::prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER); // NOLINT(*-vararg)
}

/// libseccomp tries what the kernel offers by calls that a container's filter may refuse, and then finds nothing.
bool is_refused()
{
    seccomp_notif_sizes sizes{};
    return ::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0 && (errno == EPERM || errno == EACCES);
}

Error explain(int code)
{
    Error error = errno_error(-code, "install", "the seccomp filter");
    if (inside_a_filter(code)) {
        error.kind = ErrorKind::unsupported;
        error.cause = "this process is inside another program's seccomp listener, and there can be only one";
    } else if (code == -EPERM || code == -EACCES || is_refused()) {
        error.kind = ErrorKind::denied;
        error.cause = "seccomp(2) is refused here, by a container's filter or a security module";
    } else if (code == -EINVAL || code == -EOPNOTSUPP) {
        error.kind = ErrorKind::unsupported;
        error.cause = "this kernel has no seccomp user notification";
    }
    error.hint = "debugger and debuggee share one limit now: no cap of the debuggee's own, and no fuse";
    return error;
}

} // namespace

bool has_cap_sys_admin()
{
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
    if (::syscall(SYS_capget, &header, data.data()) != 0)
        return false;
    return (data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
}

void PtraceFilter::Release::operator()(void *filter) const
{
    seccomp_release(filter);
}

Result<PtraceFilter> PtraceFilter::build(bool go_starts, bool allocations)
{
    PtraceFilter built(seccomp_init(SCMP_ACT_ALLOW));
    if (!built.filter_)
        return fail(errno_error(ENOMEM, "install", "the seccomp filter"));
    if (const int code = describe(built.filter_.get(), go_starts, allocations); code != 0)
        return fail(explain(code));
    return built;
}

Result<UniqueFd> PtraceFilter::install() const
{
    int code = seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_NNP, has_cap_sys_admin() ? 0 : 1);
    if (code == 0)
        code = seccomp_load(filter_.get());
    const int fd = code == 0 ? seccomp_notify_fd(filter_.get()) : code;
    if (fd < 0)
        return fail(explain(fd));
    return UniqueFd(fd);
}

std::optional<PtraceNotice> PtraceListener::receive() const
{
    seccomp_notif notice{}; // must be zero, or EINVAL
    if (::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_RECV, &notice) != 0)
        return std::nullopt;
    PtraceNotice out{.id = notice.id, .thread = static_cast<pid_t>(notice.pid)};
    const auto request = static_cast<long>(notice.data.args[0]);
    const bool affinity = notice.data.nr == SCMP_SYS(sched_getaffinity) && notice.data.arch == seccomp_arch_native();
    if (affinity)
        out.call = PtraceCall::go_start;
    else if (notice.data.nr == SCMP_SYS(mmap) && notice.data.arch == seccomp_arch_native())
        out = {.id = out.id, .thread = out.thread, .call = PtraceCall::allocate, .bytes = notice.data.args[1]};
    else if (notice.data.nr != SCMP_SYS(ptrace) && notice.data.arch == seccomp_arch_native())
        out.call = PtraceCall::other;
    else if (request == PTRACE_TRACEME)
        out.call = PtraceCall::trace_me;
    else if (request == PTRACE_DETACH)
        out.call = PtraceCall::detach;
    out.target = static_cast<pid_t>(notice.data.args[1]);
    return out;
}

bool PtraceListener::valid(std::uint64_t id) const
{
    return ::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void PtraceListener::let_continue(std::uint64_t id) const
{
    seccomp_notif_resp answer{};
    answer.id = id;
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    (void)::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

void PtraceListener::let_all_continue() const
{
    pollfd entry{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    while (::poll(&entry, 1, -1) >= 0 || errno == EINTR) {
        if ((entry.revents & POLLIN) != 0) {
            if (const auto notice = receive())
                let_continue(notice->id);
        } else if (entry.revents != 0) {
            return; // POLLHUP
        }
    }
}

void PtraceListener::refuse(std::uint64_t id, int error_number) const
{
    seccomp_notif_resp answer{};
    answer.id = id;
    answer.error = -error_number;
    (void)::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

std::string seccomp_library()
{
    const scmp_version *version = ::seccomp_version();
    return fmt::format("{}.{}.{}", version->major, version->minor, version->micro);
}

} // namespace dbgscope
