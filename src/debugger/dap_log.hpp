// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/request.hpp"

namespace dbgscope {

/// How a debugger's own log of the messages of the Debug Adapter Protocol is switched on.
struct DapLogWay {
    std::vector<std::string> words; ///< inserted into the arguments at `at`
    std::size_t at = 0;
    std::string variable;    ///< or this variable names the file
    bool ready_line = false; ///< the line that says where it listens goes to the log, too, and nowhere else
    std::string obstacle;    ///< why it is not switched on; the rest is empty then
    bool speaks_dap = false; ///< with an obstacle: this call does, so somebody has to be told
};

/// `called`: the debugger as it was called; `file`: absolute. What the caller has said of the log himself stands: VS
/// Code reads dlv's on descriptor 3. dlv 1.20 to 1.27: with --log-dest=FILE the ready line is the first line of FILE
/// and standard output stays empty (pkg/logflags); gdb from 14 on: `set debug dap-log-file`, before it starts to talk;
/// lldb-dap: LLDBDAP_LOG, lldb-vscode: LLDBVSCODE_LOG.
[[nodiscard]] DapLogWay dap_log_way(const DebuggerCall &call, std::string_view called,
                                    const std::vector<std::string> &arguments, const std::string &file);

} // namespace dbgscope
