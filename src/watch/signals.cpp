// SPDX-License-Identifier: Apache-2.0
#include "watch/signals.hpp"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace dbgscope {
namespace {

constexpr std::array kWatched{SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1};

sigset_t watched_set()
{
    sigset_t set;
    (void)::sigemptyset(&set);
    for (const int number : kWatched)
        (void)::sigaddset(&set, number);
    return set;
}

} // namespace

Signals::Signals(pid_t child) : child_(child)
{
    (void)::signal(SIGPIPE, SIG_IGN); // NOLINT: the macro's cast
    const sigset_t set = watched_set();
    (void)::sigprocmask(SIG_BLOCK, &set, nullptr);
    fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

Signals::Seen Signals::on_signal() const
{
    signalfd_siginfo info{};
    Seen seen;
    while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        const auto number = static_cast<int>(info.ssi_signo);
        if (number == SIGUSR1)
            seen.look = true;
        else if (child_ == 0)
            seen.stop |= number == SIGTERM;
        else if (info.ssi_code <= 0) // SI_USER and the like: a process sent it. dlv dies of SIGHUP and leaves orphans
            (void)::kill(child_, number == SIGHUP ? SIGTERM : number);
    }
    return seen;
}

void Signals::end_by(int signal)
{
    sigset_t set;
    (void)::sigemptyset(&set);
    (void)::sigaddset(&set, signal);
    (void)::prctl(PR_SET_DUMPABLE, 0); // NOLINT(*-vararg): the child has left its own
    (void)::signal(signal, SIG_DFL);   // NOLINT: the macro's cast
    (void)::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    (void)::raise(signal);
}

} // namespace dbgscope
