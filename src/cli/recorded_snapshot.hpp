// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "session/registry.hpp"
#include "tools/inspect/snapshot.hpp"

namespace dbgscope {

/// The live session that debugs process `pid`.
[[nodiscard]] std::optional<LiveSession> session_debugging(pid_t pid);

/// Writes into the session's recording, where there is one, that the snapshot was taken, where it lies, and its largest
/// sites. What cannot be written changes nothing of the snapshot.
void record_snapshot(const SessionRecord &record, const Snapshot &snapshot, const std::string &directory);

} // namespace dbgscope
