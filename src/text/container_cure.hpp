// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// What helps in this kind of container (HostFacts::container), done where it is started; empty: not known.
namespace dbgscope {

/// Who is to make cgroups there.
struct CgroupMaker {
    unsigned uid = 0;
    int version = 2; ///< of the hierarchy that carries memory
};

/// What makes a read-only cgroup file system writable.
[[nodiscard]] std::string writable_cgroupfs_cure(std::string_view container, CgroupMaker maker);
/// What lets that user make cgroups where the file system is writable.
[[nodiscard]] std::string own_cgroup_cure(std::string_view container, CgroupMaker maker);
/// What gives it the memory controller, where the cgroup file system is writable.
[[nodiscard]] std::string controller_cure(std::string_view container);
/// What mounts a cgroup file system where there is none.
[[nodiscard]] std::string mounted_cgroupfs_cure(std::string_view container);
/// What gives CAP_SYS_PTRACE.
[[nodiscard]] std::string ptrace_cure(std::string_view container);
/// What starts it without an AppArmor profile.
[[nodiscard]] std::string unconfined_cure(std::string_view container);
/// What tells outside of it which limits it has; empty: not known.
[[nodiscard]] std::string limits_inquiry(std::string_view container);
/// What shows the limits above it; empty: nothing that a person can ask for.
[[nodiscard]] std::string machines_cgroups_cure(std::string_view container);

} // namespace dbgscope
