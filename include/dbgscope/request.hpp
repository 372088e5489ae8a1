// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dbgscope/profile.hpp"

namespace dbgscope {

enum class Tool { none, dlv, gdbserver, gdb, lldb_server, lldb_dap };

enum class CallKind {
    launch,       ///< starts a debuggee of its own
    attach,       ///< attach, core, connect-to-running, replay, gdb -p: the debuggee is not ours to limit
    pass_through, ///< no debuggee at all (dlv version, help, …): exec'd at once
};

/// What a debugger's command line means (src/debugger). Pure function of the arguments.
struct DebuggerCall {
    Tool tool = Tool::none;
    std::string verb; ///< "exec", "dap"; empty where the tool has no verbs
    CallKind kind = CallKind::launch;
    bool builds = false;                   ///< starts a compiler (dlv debug, test; dap may)
    bool headless = false;                 ///< serves clients instead of a terminal
    std::string listen;                    ///< where clients are awaited, as written: "127.0.0.1:4040", ":0"; or empty
    std::optional<std::string> program;    ///< the debuggee's file as written, where the command line names it
    std::uint32_t attach_to = 0;           ///< the pid, where the command line names one; 0: none
    std::optional<std::size_t> wrapper_at; ///< gdbserver: index in `arguments` where "--wrapper … --" goes
};

/// One start of dbgscope that launches something.
struct Request {
    Tool tool = Tool::none;             ///< none: `run`
    std::string called;                 ///< the debugger as it was called: "dlv", "lldb-server-14", "/usr/bin/dlv"
    std::vector<std::string> arguments; ///< what follows the verb, byte for byte; for `run` the command itself
    DebuggerCall call;                  ///< meaningful when tool != none
    Settings settings;
    std::uint32_t pid = 0;         ///< our own pid; the debugger keeps it
    std::uint64_t start_ticks = 0; ///< field 22 of /proc/self/stat: with pid, unique since boot
    std::string random;            ///< 16 hex digits, for unit names
    std::vector<std::pair<std::string, std::string>> environment; ///< GODEBUG, GOMEMLIMIT, GOFLAGS … the plan looks at
    bool exact = false;  ///< as systemd-run does: a property that this systemd does not know is an error, one that does
                         ///< nothing is not mentioned
    std::string session; ///< DBGSCOPE_SESSION as inherited; empty: none
    std::string dap_logs;      ///< where the logs of the debug protocol of this user's sessions lie; empty: unknown
    std::string own_directory; ///< where what belongs to live sessions lies; empty: there is none
};

[[nodiscard]] const char *tool_name(Tool tool); ///< "dlv", … ; "run" for none

} // namespace dbgscope
