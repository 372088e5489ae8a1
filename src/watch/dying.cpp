// SPDX-License-Identifier: Apache-2.0
#include "watch/dying.hpp"

#include <sys/wait.h>

#include <csignal>
#include <cstdint>
#include <string_view>

#include "kernel/process.hpp"
#include "kernel/process_stat.hpp"

namespace dbgscope {

ProcessLook look_at_process(int pid)
{
    const auto stat = read_process_stat(pid);
    if (!stat)
        return {};
    // The group's SIGKILL is put into every thread's own set.
    constexpr std::uint64_t kKill = std::uint64_t{1} << (SIGKILL - 1);
    const bool pending = (signals_of_thread(pid) & kKill) != 0;
    return {.there = true,
            .dying = stat->exiting() || pending,
            .killed = pending || (stat->exiting() && by_sigkill(stat->exit_code)),
            .name = stat->name};
}

bool in_initial_pid_namespace()
{
    constexpr std::string_view kInitial = "pid:[4026531836]"; // PROC_PID_INIT_INO
    return own_pid_namespace() == kInitial;
}

bool by_sigkill(std::optional<int> wait_status)
{
    return wait_status && WIFSIGNALED(*wait_status) && WTERMSIG(*wait_status) == SIGKILL;
}

} // namespace dbgscope
