// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/facts.hpp"
#include "kernel/mountinfo.hpp"
#include "kernel/reader.hpp"

namespace dbgscope {

/// v2: where a launch moves the processes of a cgroup so that it may have children with limits.
inline constexpr const char *kLeafName = "dbgscope.leaf";

/// Our own cgroup: the held directory, its path in the file system and as /proc/self/cgroup names it.
struct OwnDirectory {
    int fd;
    const std::string &dir;
    const std::string &path;
};

/// What we may do in our own cgroup without a manager. Only asks (access(2), reads); nothing is created.
[[nodiscard]] Delegation read_delegation(Reader &reader, const CgroupMount &mount, const OwnDirectory &own);

} // namespace dbgscope
