// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <string>

// What files below /proc are called (proc(5)): of one's own process, of the first one, and of any other what is opened
// or kept as it is. What is parsed has its reader: process.hpp, process_stat.hpp, process_memory.hpp, threads.hpp.
namespace dbgscope {

/// "docker-default (enforce)"; since Linux 5.8. "unconfined" where no profile holds.
inline constexpr const char *kSelfAppArmor = "/proc/self/attr/apparmor/current";
inline constexpr const char *kSelfCgroup = "/proc/self/cgroup";
inline constexpr const char *kSelfCommand = "/proc/self/cmdline";
inline constexpr const char *kSelfDescriptors = "/proc/self/fd/"; ///< and a number: opens the same file anew
inline constexpr const char *kSelfExecutable = "/proc/self/exe";  ///< a link
inline constexpr const char *kSelfLimits = "/proc/self/limits";
inline constexpr const char *kSelfMounts = "/proc/self/mountinfo";
inline constexpr const char *kSelfOomScore = "/proc/self/oom_score_adj";
inline constexpr const char *kSelfPidNamespace = "/proc/self/ns/pid";   ///< a link: "pid:[4026531836]"
inline constexpr const char *kSelfUserNamespace = "/proc/self/ns/user"; ///< a link
inline constexpr const char *kSelfUtsNamespace = "/proc/self/ns/uts";   ///< a link
inline constexpr const char *kSelfStat = "/proc/self/stat";
inline constexpr const char *kSelfStatus = "/proc/self/status";
inline constexpr const char *kInitCgroup = "/proc/1/cgroup";
inline constexpr const char *kInitEnvironment = "/proc/1/environ";
inline constexpr const char *kInitName = "/proc/1/comm";

enum class ProcessFile {
    auxiliary, ///< what the kernel tells a program at its start
    cgroup,
    executable, ///< a link; opened, it is the very file that is mapped, whatever its name stands for by now
    maps,
    memory,
    page_counts,
    page_map,
    root, ///< a link to its root directory
    status,
};
/// "/proc/4711/exe".
[[nodiscard]] std::string process_file(pid_t pid, ProcessFile file, const std::string &proc = "/proc");

/// The TCP sockets of a network namespace: below /proc of our own, below /proc/PID of that process'.
inline constexpr std::array kTcpTables{"/net/tcp", "/net/tcp6"};

} // namespace dbgscope
