// SPDX-License-Identifier: Apache-2.0
#include "sys/inherited.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace dbgscope {
namespace {

/// Those that could end or starve our own work. Not CORE, NICE or RTPRIO: they only allow.
constexpr std::array kRaised{RLIMIT_AS,     RLIMIT_CPU,   RLIMIT_DATA,       RLIMIT_FSIZE, RLIMIT_MEMLOCK,
                             RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_SIGPENDING, RLIMIT_STACK};
/// The kernel's own default action ends a process; ignored, the call fails instead.
constexpr std::array kDeadly{SIGXFSZ, SIGXCPU};

/// Up to the hard limit; the stack, whose limit decides how an exec lays memory out, no further than its usual one.
void raise(__rlimit_resource resource, const rlimit &now)
{
    constexpr rlim_t kUsualStack = 8U << 20U;
    const rlim_t most = resource == RLIMIT_STACK ? std::min(now.rlim_max, kUsualStack) : now.rlim_max;
    const rlimit raised{.rlim_cur = most, .rlim_max = now.rlim_max};
    if (now.rlim_cur < most)
        (void)::setrlimit(resource, &raised);
}

bool is_ignored(int signal)
{
    struct sigaction now{};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN; // NOLINT: the macro's cast
}

void dispose(int signal, bool ignore)
{
    (void)::signal(signal, ignore ? SIG_IGN : SIG_DFL); // NOLINT: the macros' casts
}

bool is_pending(int signal)
{
    sigset_t now{};
    return ::sigpending(&now) == 0 && ::sigismember(&now, signal) == 1;
}

bool is_blocked(int signal)
{
    sigset_t now{};
    return ::sigprocmask(SIG_SETMASK, nullptr, &now) == 0 && ::sigismember(&now, signal) == 1;
}

} // namespace

Inherited Inherited::set_aside()
{
    Inherited was;
    was.aside_ = true;
    (void)::sigpending(&was.pending_);
    for (const int signal : {SIGXFSZ, SIGXCPU, SIGCHLD})
        was.ignored_[static_cast<std::size_t>(signal)] = is_ignored(signal);
    (void)::getrlimit(RLIMIT_STACK, &was.limits_[RLIMIT_STACK]); // main() may raise it
    was.take_again();
    return was;
}

void Inherited::take_again() const
{
    if (!aside_)
        return;
    for (const int signal : kDeadly)
        dispose(signal, true);
    dispose(SIGCHLD, false);
}

void Inherited::raise_limits()
{
    if (!aside_ || raised_)
        return;
    raised_ = true;
    for (const auto resource : kRaised) {
        rlimit &was = limits_[resource];
        if (resource == RLIMIT_STACK || ::getrlimit(resource, &was) != 0)
            continue;
        raise(resource, was);
    }
}

void Inherited::replace_limit(int resource, const rlimit &value)
{
    if (resource >= 0 && static_cast<std::size_t>(resource) < limits_.size())
        limits_[static_cast<std::size_t>(resource)] = value;
}

void Inherited::take_pending() const
{
    const timespec now{};
    if (aside_)
        while (::sigtimedwait(&pending_, nullptr, &now) > 0) {
        }
}

void Inherited::give_back() const
{
    if (!aside_)
        return;
    give_back_child_signal();
    for (const int signal : kDeadly)
        dispose(signal, ignored_[static_cast<std::size_t>(signal)]);
    give_back_pending();
    if (!raised_)
        return;
    for (const auto resource : kRaised) {
        const rlimit &was = limits_[resource];
        if (was.rlim_cur != was.rlim_max)
            (void)::setrlimit(resource, &was);
    }
}

/// A blocked SIGCHLD of a child of ours would wait in the program for whoever unblocks it first.
void Inherited::give_back_child_signal() const
{
    const bool ignored = ignored_[SIGCHLD];
    if (is_blocked(SIGCHLD) && is_pending(SIGCHLD) && ::sigismember(&pending_, SIGCHLD) != 1) {
        sigset_t child{};
        (void)::sigemptyset(&child);
        (void)::sigaddset(&child, SIGCHLD);
        const timespec now{};
        (void)::sigtimedwait(&child, nullptr, &now);
        siginfo_t info{};
        if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0)
            (void)::kill(::getpid(), SIGCHLD); // one that the caller had before his exec
    }
    if (!ignored)
        return;
    dispose(SIGCHLD, true);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) { // it would have vanished by itself
    }
}

void Inherited::give_back_pending() const
{
    for (int signal = 1; signal < NSIG; ++signal)
        if (::sigismember(&pending_, signal) == 1 && is_blocked(signal) && !is_pending(signal))
            (void)::kill(::getpid(), signal);
}

void lift_limits()
{
    for (const auto resource : kRaised) {
        rlimit now{};
        if (::getrlimit(resource, &now) != 0)
            continue;
        const rlimit none{.rlim_cur = now.rlim_cur, .rlim_max = RLIM_INFINITY};
        const bool lifted = now.rlim_max != RLIM_INFINITY && ::setrlimit(resource, &none) == 0; // CAP_SYS_RESOURCE
        raise(resource, lifted ? none : now);
    }
}

} // namespace dbgscope
