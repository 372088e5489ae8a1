// SPDX-License-Identifier: Apache-2.0
#include "sys/seccomp.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

/// A process under the filter runs `body`; `answer` is called for each notification. Returns its exit status.
int under_filter(const std::function<int()> &body, const std::function<void(PtraceListener &)> &answer)
{
    const pid_t outer = ::fork();
    if (outer == 0) { // the filter stays in this process
        const auto filter = PtraceFilter::build();
        auto fd = filter ? filter->install() : Result<UniqueFd>(fail(filter.error()));
        if (!fd)
            ::_exit(99);
        PtraceListener listener(std::move(*fd));
        std::thread watcher([&] {
            pollfd entry{.fd = listener.fd(), .events = POLLIN, .revents = 0};
            while (::poll(&entry, 1, 5000) > 0 && (entry.revents & POLLIN) != 0)
                answer(listener);
        });
        const pid_t child = ::fork();
        if (child == 0)
            ::_exit(body());
        int status = 0;
        while (::waitpid(child, &status, 0) == child && WIFSTOPPED(status))
            (void)::ptrace(PTRACE_CONT, child, nullptr, nullptr);
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    int status = 0;
    (void)::waitpid(outer, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void allow(PtraceListener &listener)
{
    if (const auto notice = listener.receive())
        listener.let_continue(notice->id);
}

/// As a container's profile does: seccomp(2) is EPERM from now on.
bool refuse_seccomp()
{
    sock_filter code[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                          {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_seccomp},
                          {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
                          {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(PtraceFilter, ARefusalIsNotTakenForAnOldKernel)
{
    const pid_t child = ::fork();
    if (child == 0) {
        if (!refuse_seccomp())
            ::_exit(99);
        const auto filter = PtraceFilter::build();
        auto fd = filter ? filter->install() : Result<UniqueFd>(fail(filter.error()));
        const bool told = !fd && fd.error().kind == ErrorKind::denied && fd.error().cause.contains("is refused here") &&
                          fd.error().hint.contains("share one limit now");
        ::_exit(told ? 0 : 1);
    }
    int status = 0;
    (void)::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(PtraceFilter, TellsOfTraceMeAndLetsItHappen)
{
    const auto body = [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 7 : 1; };
    EXPECT_EQ(7, under_filter(body, [](PtraceListener &listener) {
                  const auto notice = listener.receive();
                  if (notice && notice->call == PtraceCall::trace_me && notice->thread > 0 &&
                      listener.valid(notice->id))
                      listener.let_continue(notice->id);
              }));
}

TEST(PtraceFilter, CallCanBeRefused)
{
    const auto body = [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1 && errno == EPERM ? 7 : 1; };
    EXPECT_EQ(7, under_filter(body, [](PtraceListener &listener) {
                  if (const auto notice = listener.receive())
                      listener.refuse(notice->id, EPERM);
              }));
}

TEST(PtraceFilter, OtherRequestsAreNotSeen)
{
    // Without an answer the call would wait for ever.
    const auto body = [] {
        ::alarm(5);
        return ::ptrace(PTRACE_PEEKUSER, ::getppid(), nullptr, nullptr) == -1 && errno == ESRCH ? 7 : 1;
    };
    EXPECT_EQ(7, under_filter(body, [](PtraceListener &) {}));
}

TEST(PtraceFilter, NoNewPrivsOnlyWithoutCapSysAdmin)
{
    const auto body = [] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == (has_cap_sys_admin() ? 0 : 1) ? 7 : 1; };
    EXPECT_EQ(7, under_filter(body, allow));
}

#if defined(__x86_64__)
/// getpid(2) by the 32-bit system call gate, as a 32-bit helper makes it; -ENOSYS on kernels without it.
long getpid32()
{
    long result = 20;                                                                // __NR_getpid of i386
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11"); // NOLINT
    return result;
}

TEST(PtraceFilter, ThirtyTwoBitCallsWorkUnderIt)
{
    const auto body = [] {
        const auto answered = static_cast<int>(getpid32());
        return answered == ::getpid() || answered == -ENOSYS ? 7 : 1;
    };
    EXPECT_EQ(7, under_filter(body, allow));
}
#endif

} // namespace
} // namespace dbgscope
