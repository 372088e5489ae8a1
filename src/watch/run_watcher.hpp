// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "launch/watcher_link.hpp"

namespace dbgscope {

/// The watcher's whole life, from the launcher's introduction to the end of the session. The process should have freed
/// what launching needed. Returns the exit status: 0 beside the debugger; under --wait the debugger's own, 137 when its
/// debuggee was killed for memory, and a signal that ended the debugger is raised again.
[[nodiscard]] int run_watcher(WatchStart start);

} // namespace dbgscope
