// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// Cgroups with what is below them: who is in them, ending that, removing them.
namespace dbgscope {

/// Pids listed in the text of cgroup.procs. 0 stands for a process of another pid namespace.
[[nodiscard]] std::vector<pid_t> parse_procs(const std::string &text);

/// Names of the cgroups directly below the open (O_RDONLY) directory `parent` that start with `prefix`.
[[nodiscard]] std::vector<std::string> child_cgroups(int parent, std::string_view prefix = "");

/// Processes live in `name` below `parent`, or in one of its children: maybe of another pid namespace, whose pids mean
/// nothing here.
[[nodiscard]] bool is_occupied(int parent, const std::string &name);

/// rmdir of `name` below the open directory `parent`, its children first where it has some. False: processes are in it,
/// or it cannot be removed.
bool remove_cgroup(int parent, const std::string &name);

/// Pids of `directory` and every cgroup below it. A cgroup that is gone has none.
[[nodiscard]] std::vector<pid_t> pids_below(const std::string &directory);

/// SIGKILL to everything in `directory` and below, again until nothing is left there but what is `spared`, for at most
/// `patience`. `use_cgroup_kill`: with one write to cgroup.kill (v2, since 5.14) where that hits none of the spared.
/// True: nothing is left.
bool kill_below(const std::string &directory, const std::function<bool(pid_t)> &spared, bool use_cgroup_kill,
                std::chrono::milliseconds patience);

/// rmdir of a cgroup and those below it. A killed process leaves its cgroup only when it is all gone (EBUSY until
/// then): tried for at most `patience`. True: it is not there any more.
bool remove_cgroup_at(const std::string &path, std::chrono::milliseconds patience);

} // namespace dbgscope
