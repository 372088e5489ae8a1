// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "dbgscope/session.hpp"

namespace dbgscope {

/// How a process that is not our child ended, as waitpid(2) would say it: from PIDFD_GET_INFO (Linux 6.15, also after
/// it has been reaped), else from field 52 of /proc/PID/stat while it is a zombie. Nothing: it cannot be known.
[[nodiscard]] std::optional<int> exit_status_of(ProcessId process, int pidfd);

} // namespace dbgscope
