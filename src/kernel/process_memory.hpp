// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What one process holds, where no cgroup counts it.
namespace dbgscope {

/// Of /proc/PID/status: anonymous and shared memory, and what of it is in swap. Nothing: the process gave its memory
/// back, or the text is not that file's.
[[nodiscard]] std::optional<std::uint64_t> parse_own_memory(std::string_view status);
/// Of all the process's threads together. Nothing: it has ended, or is not ours to see.
[[nodiscard]] std::optional<std::uint64_t> own_memory_of(pid_t pid, const std::string &proc = "/proc");
/// What RLIMIT_DATA counts: private memory that can be written, used or not, but for stacks (VmData).
[[nodiscard]] std::optional<std::uint64_t> parse_mapped_data(std::string_view status);
[[nodiscard]] std::optional<std::uint64_t> mapped_data_of(pid_t pid, const std::string &proc = "/proc");

} // namespace dbgscope
