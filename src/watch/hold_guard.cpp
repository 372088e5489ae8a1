// SPDX-License-Identifier: Apache-2.0
#include "watch/hold_guard.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace dbgscope {
namespace {

/// Standard error and locks above all: clients wait for the one, `dbgscope ps` looks at the others.
void close_all_but(unsigned low, unsigned high)
{
    const bool closed = (low == 0 || ::close_range(0, low - 1, 0) == 0) &&
                        (high == low + 1 || ::close_range(low + 1, high - 1, 0) == 0) &&
                        ::close_range(high + 1, ~0U, 0) == 0; // Linux 5.9
    for (unsigned fd = 0; !closed && fd < 65536; ++fd)
        if (fd != low && fd != high)
            (void)::close(static_cast<int>(fd));
}

[[noreturn]] void guard(int lifeline, int directory, const std::function<void()> &let_go)
{
    close_all_but(static_cast<unsigned>(std::min(lifeline, directory)),
                  static_cast<unsigned>(std::max(lifeline, directory)));
    char nothing = 0;
    ssize_t got = 0;
    do
        got = ::read(lifeline, &nothing, 1);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        let_go();
    ::_exit(0);
}

} // namespace

Result<HoldGuard> HoldGuard::start(int directory, const std::function<void()> &let_go)
{
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail(errno_error(errno, "make", "a pipe"));
    const UniqueFd reading(ends[0]);
    HoldGuard started;
    started.lifeline_ = UniqueFd(ends[1]);
    const pid_t child = ::fork();
    if (child < 0)
        return fail(errno_error(errno, "fork", "a guard"));
    if (child == 0)
        guard(reading.get(), directory, let_go);
    started.child_ = child;
    return started;
}

void HoldGuard::end()
{
    const pid_t child = std::exchange(child_, 0);
    if (child <= 0)
        return;
    (void)::kill(child, SIGKILL);
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR)
        ;
    lifeline_.reset();
}

} // namespace dbgscope
