// SPDX-License-Identifier: Apache-2.0
#include "watch/watch.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "watch/watcher.hpp"

namespace dbgscope {
namespace {

constexpr int kFailed = 125;
constexpr int kKilledForMemory = 137; // 128 + SIGKILL, as a shell would say of the debuggee

/// The debugger is our child: its status is known for certain.
int parent_status(pid_t child, bool killed_for_memory, const Signals &signals)
{
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return kFailed;
    if (killed_for_memory)
        return kKilledForMemory;
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    signals.restore();
    (void)::raise(WTERMSIG(status));
    return 128 + WTERMSIG(status); // a signal whose default is not to end a process
}

} // namespace

int watch(WatchStart start)
{
    const bool wait = start.order.wait;
    const pid_t debugger = start.debugger;
    Watcher watcher(std::move(start));
    if (watcher.introduced() || wait) { // a parent passes signals on even without a scope
        watcher.run();
        watcher.finish();
    }
    return wait ? parent_status(debugger, watcher.debuggee_killed_for_memory(), watcher.signals()) : 0;
}

} // namespace dbgscope
