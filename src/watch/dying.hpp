// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "sys/fd.hpp"

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

/// /proc/PID/stat and status, opened and read once while there is memory: the kernel then needs none to read them
/// again.
struct ProcessFiles {
    UniqueFd stat, status;
};
/// Invalid descriptors where there is no such process.
[[nodiscard]] ProcessFiles open_process_files(int pid);
[[nodiscard]] ProcessLook look_at_process(const ProcessFiles &files);

/// False in a container with pids of its own: those of the kernel's log are others.
[[nodiscard]] bool in_initial_pid_namespace();

/// A wait status as of waitpid(2); nothing: unknown, hence false.
[[nodiscard]] bool by_sigkill(std::optional<int> wait_status);

} // namespace dbgscope
