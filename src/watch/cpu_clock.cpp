// SPDX-License-Identifier: Apache-2.0
#include "watch/cpu_clock.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace dbgscope {
namespace {

constexpr std::size_t kMostProcesses = 8;

/// Nobody else uses it in a watcher; ignored, it would be lost before signalfd(2) sees it, so it is only blocked.
int own_signal()
{
    return SIGRTMIN + 3;
}

} // namespace

CpuClock::~CpuClock()
{
    for (const auto &[pid, timer] : timers_)
        (void)::timer_delete(timer);
}

bool CpuClock::open()
{
    if (fd_.valid())
        return true;
    sigset_t set;
    (void)::sigemptyset(&set);
    (void)::sigaddset(&set, own_signal());
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) == 0)
        fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    drain(); // what a timer that is deleted by now has left
    return fd_.valid();
}

void CpuClock::follow(const std::vector<pid_t> &pids)
{
    std::erase_if(timers_, [&pids](const auto &entry) {
        const bool left = std::ranges::find(pids, entry.first) == pids.end();
        if (left)
            (void)::timer_delete(entry.second);
        return left;
    });
    for (const pid_t pid : pids) {
        clockid_t clock{};
        timer_t timer{};
        sigevent event{};
        event.sigev_notify = SIGEV_SIGNAL;
        event.sigev_signo = own_signal();
        if (timers_.size() >= kMostProcesses || timers_.contains(pid) || ::clock_getcpuclockid(pid, &clock) != 0)
            continue;
        if (open() && ::timer_create(clock, &event, &timer) == 0)
            timers_.emplace(pid, timer);
    }
    if (timers_.empty())
        fd_.reset();
}

void CpuClock::arm(std::chrono::milliseconds used)
{
    itimerspec after{};
    after.it_value.tv_sec = static_cast<time_t>(used.count() / 1000);
    after.it_value.tv_nsec = static_cast<long>(used.count() % 1000) * 1'000'000;
    for (const auto &[pid, timer] : timers_)
        (void)::timer_settime(timer, 0, &after, nullptr); // ESRCH: it has ended
}

std::chrono::nanoseconds CpuClock::used() const
{
    std::chrono::nanoseconds sum{0};
    for (const auto &[pid, timer] : timers_) {
        clockid_t clock{};
        timespec used{};
        if (::clock_getcpuclockid(pid, &clock) == 0 && ::clock_gettime(clock, &used) == 0)
            sum += std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    }
    return sum;
}

void CpuClock::drain()
{
    signalfd_siginfo info{};
    while (fd_.valid() && ::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    }
}

} // namespace dbgscope
