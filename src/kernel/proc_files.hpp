// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of one's own process, and of the first one, are called (proc(5)); of other processes see process.hpp.
namespace dbgscope {

inline constexpr const char *kSelfCgroup = "/proc/self/cgroup";
inline constexpr const char *kSelfCommand = "/proc/self/cmdline";
inline constexpr const char *kSelfDescriptors = "/proc/self/fd/"; ///< and a number: opens the same file anew
inline constexpr const char *kSelfExecutable = "/proc/self/exe";  ///< a link
inline constexpr const char *kSelfLimits = "/proc/self/limits";
inline constexpr const char *kSelfMounts = "/proc/self/mountinfo";
inline constexpr const char *kSelfOomScore = "/proc/self/oom_score_adj";
inline constexpr const char *kSelfPidNamespace = "/proc/self/ns/pid"; ///< a link: "pid:[4026531836]"
inline constexpr const char *kSelfUtsNamespace = "/proc/self/ns/uts"; ///< a link
inline constexpr const char *kSelfStat = "/proc/self/stat";
inline constexpr const char *kSelfStatus = "/proc/self/status";
inline constexpr const char *kInitCgroup = "/proc/1/cgroup";
inline constexpr const char *kInitEnvironment = "/proc/1/environ";
inline constexpr const char *kInitName = "/proc/1/comm";

} // namespace dbgscope
