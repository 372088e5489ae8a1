// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"

// Where the debugger awaits its clients.
namespace dbgscope {

/// "port-taken": something has the port already. The client chose it, so another one would not be found: nothing is
/// changed. "listens-everywhere": gdbserver binds every address whatever host it is given (gdb 13, remote-utils.cc).
[[nodiscard]] std::vector<Notice> listen_notices(const Facts &facts, const DebuggerCall &call);

/// How long a `dlv dap` may wait for its client, which is its only one. 0: for ever, as every other server may.
[[nodiscard]] std::int64_t client_timeout_ms(const Settings &settings, const DebuggerCall &call);

} // namespace dbgscope
