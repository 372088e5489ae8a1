// SPDX-License-Identifier: Apache-2.0
#include "watch/hold_guard.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "sys/close_all.hpp"

namespace dbgscope {
namespace {

[[noreturn]] void guard(int lifeline, int directory, const std::function<void()> &let_go)
{
    // Standard error and locks above all: clients wait for the one, `dbgscope ps` looks at the others.
    const std::array keep{std::min(lifeline, directory), std::max(lifeline, directory)};
    close_all_but(0, keep);
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
