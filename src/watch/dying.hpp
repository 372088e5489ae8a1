// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

// What can still be seen of a process that is being killed.
namespace dbgscope {

struct ProcessLook {
    bool there = false;
    bool dying = false;  ///< SIGKILL is pending, or it is exiting, or a zombie
    bool killed = false; ///< and SIGKILL is why, as far as that can be seen
    std::string name;    ///< comm
};

/// Both are true from the moment the signal is sent, long before the memory is freed and anybody is told.
[[nodiscard]] ProcessLook look_at_process(int pid);

/// False in a container with pids of its own: those of the kernel's log are others.
[[nodiscard]] bool in_initial_pid_namespace();

/// A wait status as of waitpid(2); nothing: unknown, hence false.
[[nodiscard]] bool by_sigkill(std::optional<int> wait_status);

} // namespace dbgscope
