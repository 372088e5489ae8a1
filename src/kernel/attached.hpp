// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "dbgscope/facts.hpp"

namespace dbgscope {

/// Whose limit a process has that a debugger attaches to: `own` is our place. Nothing: it is in our own cgroup, has
/// gone, or lies in a hierarchy that we do not see. Its cgroup may lie outside of our namespace ("/../x"): what its own
/// root shows is read then, which takes the rights that attaching takes.
[[nodiscard]] std::optional<AttachedFacts> look_at_attached(pid_t pid, const MemoryHierarchy &own,
                                                            const std::string &root = "");

} // namespace dbgscope
