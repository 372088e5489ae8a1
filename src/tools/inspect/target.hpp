// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "dbgscope/error.hpp"
#include "tools/inspect/memory.hpp"
#include "tools/inspect/program.hpp"

namespace dbgscope {

/// RssAnon and RssShmem of /proc/PID/status: what the process has taken, and not read from files.
[[nodiscard]] std::optional<std::uint64_t> anonymous_bytes_of(pid_t pid, const std::string &proc = "/proc");

/// What is looked into: a process, or what is left of one.
struct Target {
    std::unique_ptr<Memory> memory;
    Program program;
    pid_t pid = 0;                                     ///< 0: a core file
    std::optional<std::uint64_t> anonymous_bytes = {}; ///< anonymous_bytes_of() it
};
/// Errors: not_found, denied, unsupported (open_process_memory, Program::of_process).
[[nodiscard]] Result<Target> open_process(pid_t pid, const std::string &proc = "/proc");

} // namespace dbgscope
