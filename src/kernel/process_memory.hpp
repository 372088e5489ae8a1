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
/// The same without what is in swap: anonymous and shared pages that are in memory.
[[nodiscard]] std::optional<std::uint64_t> parse_resident_memory(std::string_view status);
[[nodiscard]] std::optional<std::uint64_t> resident_memory_of(pid_t pid, const std::string &proc = "/proc");
/// What RLIMIT_DATA counts: private memory that can be written, used or not, but for stacks (VmData).
[[nodiscard]] std::optional<std::uint64_t> parse_mapped_data(std::string_view status);
[[nodiscard]] std::optional<std::uint64_t> mapped_data_of(pid_t pid, const std::string &proc = "/proc");
/// "THP_enabled:\t0" says that it may not: prctl(PR_SET_THP_DISABLE), as a launch with a fuse does. True also where the
/// kernel does not tell (before Linux 5.0).
[[nodiscard]] bool parse_may_have_huge_pages(std::string_view status);
[[nodiscard]] bool may_have_huge_pages(pid_t pid, const std::string &proc = "/proc");
/// Pages in memory, those of files too: the second number of /proc/PID/statm. 0: it has ended, or has given them back.
[[nodiscard]] std::uint64_t resident_pages_of(pid_t pid, const std::string &proc = "/proc");

} // namespace dbgscope
