// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"

namespace dbgscope {

/// execve(2) of step.path, searched in PATH of `environment` as execvp(3) does where step.search_path is set and the
/// path has no slash; a text file without "#!" is given to /bin/sh. Descriptors, signal mask and dispositions stay as
/// they are. Returns only on failure: no_command (exit status 127), not_executable (126: it exists, and permission,
/// format or interpreter is wrong), system (the kernel ran out of something).
[[nodiscard]] Error execute(const Execute &step, const std::vector<std::string> &environment);

} // namespace dbgscope
