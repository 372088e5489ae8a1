// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// What was being done to a cgroup directory when the kernel said no.
enum class CgroupOperation {
    open,   ///< the parent directory
    create, ///< mkdir
    enable, ///< write cgroup.subtree_control
    limit,  ///< write a control file
    enter,  ///< write cgroup.procs or tasks
    vacate, ///< move another process into the leaf
};

/// The same errno means different things to different operations: EBUSY of `enable` is the no-internal-process rule,
/// of v1's `limit` memory that cannot be reclaimed (Documentation/admin-guide/cgroup-v2.rst, kernel/cgroup/cgroup.c).
/// `subject` is the directory or file. Kind as errno_error chooses it.
[[nodiscard]] Error cgroup_error(CgroupOperation operation, int error_number, std::string subject);

} // namespace dbgscope
