// SPDX-License-Identifier: Apache-2.0
#include "watch/run_watcher.hpp"

#include <sys/wait.h>

#include <utility>

#include "watch/watcher.hpp"

namespace dbgscope {
namespace {

constexpr int kFailed = 125;
constexpr int kKilledForMemory = 137; // 128 + SIGKILL, as a shell would say of the debuggee

int parent_status(const Watcher &watcher)
{
    const auto status = watcher.wait_status();
    if (!status)
        return kFailed;
    if (watcher.debuggee_killed_for_memory())
        return kKilledForMemory;
    if (!WIFSIGNALED(*status))
        return WEXITSTATUS(*status);
    Signals::end_by(WTERMSIG(*status));
    return 128 + WTERMSIG(*status); // a signal whose default is not to end a process
}

} // namespace

int run_watcher(WatchStart start)
{
    const bool wait = start.order.wait;
    Watcher watcher(std::move(start));
    if (watcher.introduced() || wait) { // a parent passes signals on even without a scope
        watcher.run();
        watcher.finish();
    }
    return wait ? parent_status(watcher) : 0;
}

} // namespace dbgscope
