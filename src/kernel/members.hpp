// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// Who belongs to a session where no cgroup tells: what it started has inherited its DBGSCOPE_SESSION.
namespace dbgscope {

/// "DBGSCOPE_SESSION=dlv-debug-p4711-5f0c9b1d8e7a2c34"
[[nodiscard]] std::string session_mark(const std::string &session);

/// Whether the environment a process was started with holds `assignment` ("NAME=VALUE"). False also where it is not
/// ours to see.
[[nodiscard]] bool was_started_with(pid_t pid, std::string_view assignment, const std::string &proc = "/proc");
/// Every process of which that is true, but for those that have ended.
[[nodiscard]] std::vector<pid_t> pids_started_with(std::string_view assignment, const std::string &proc = "/proc");
/// SIGKILL to each of them, again until nothing is left but what is `spared`, for at most `patience`. True: nothing is.
bool kill_started_with(std::string_view assignment, const std::function<bool(pid_t)> &spared,
                       std::chrono::milliseconds patience);

} // namespace dbgscope
