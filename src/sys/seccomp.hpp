// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "dbgscope/error.hpp"
#include "sys/fd.hpp"

// Seccomp user notification (seccomp_unotify(2), Linux 5.5 for "continue"): how the watcher learns of a new debuggee
// before the first instruction of its program.
namespace dbgscope {

/// A filter that notifies on ptrace(PTRACE_TRACEME) and ptrace(PTRACE_DETACH) and allows everything else, 32-bit and
/// x32 calls too. With `go_starts` it also notifies on the sched_getaffinity(2) with which Go's runtime counts the
/// processors before it does anything else: of itself, into a buffer of 8192 bytes (runtime/os_linux.go,
/// getproccount), which nobody else asks for. With `allocations` on each mmap(2) of at least 1 MiB that is to be used:
/// writable, of no file, and not merely reserved.
class PtraceFilter {
  public:
    /// Changes nothing yet. Errors: as install(), where libseccomp's questions to the kernel show it.
    [[nodiscard]] static Result<PtraceFilter> build(bool go_starts = false, bool allocations = false);
    /// Puts it on this thread and everything it starts. Sets no_new_privs only where CAP_SYS_ADMIN is not in force,
    /// because the kernel then demands it. Returns the listener.
    /// Errors: unsupported (kernel without user notification; EBUSY: we are inside somebody else's listener already),
    /// denied, system.
    [[nodiscard]] Result<UniqueFd> install() const;

  private:
    struct Release {
        void operator()(void *filter) const;
    };
    explicit PtraceFilter(void *filter) : filter_(filter) {}
    std::unique_ptr<void, Release> filter_; ///< scmp_filter_ctx
};

/// Whether CAP_SYS_ADMIN is in this process's effective set; if not, PtraceFilter::install() sets no_new_privs.
[[nodiscard]] bool has_cap_sys_admin();

enum class PtraceCall : std::uint8_t { trace_me, detach, go_start, allocate, other };

struct PtraceNotice {
    std::uint64_t id = 0; ///< of the notification, for the answer
    pid_t thread = 0;     ///< who calls; 0: in a pid namespace that cannot be seen from here
    PtraceCall call = PtraceCall::other;
    pid_t target = 0;        ///< detach: the thread let go
    std::uint64_t bytes = 0; ///< allocate
};

/// The listener's end that answers. Nothing that can block may happen between receive() and an answer: a Go debugger
/// holds its fork lock meanwhile.
class PtraceListener {
  public:
    explicit PtraceListener(UniqueFd fd) : fd_(std::move(fd)) {}
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// Nothing: the caller is gone again (ENOENT), or there is nothing to receive.
    [[nodiscard]] std::optional<PtraceNotice> receive() const;
    /// False once the caller has died or its call was interrupted: pid and target may mean another process by now.
    [[nodiscard]] bool valid(std::uint64_t id) const;
    /// Lets the call happen. The caller may be gone (ENOENT): normal, its call starts again if a signal interrupted it.
    void let_continue(std::uint64_t id) const;
    /// Lets each call happen, until nobody is left under the filter.
    void let_all_continue() const;
    /// The call fails with `error_number`.
    void refuse(std::uint64_t id, int error_number) const;

  private:
    UniqueFd fd_;
};

/// The version of libseccomp this was linked with: "2.5.4".
[[nodiscard]] std::string seccomp_library();

} // namespace dbgscope
