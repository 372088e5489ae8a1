// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "debugger/call.hpp"

// The data behind read_call. Sources: `dlv help VERB` 1.20.2 and delve's usage documents up to 1.27, gdb 13 main.c,
// `gdbserver --help` 13.1, `lldb-server gdbserver --help` and `lldb-vscode --help` 14.
namespace dbgscope {

/// What a flag says about the session.
enum class Means : std::uint8_t {
    nothing,
    ends,     ///< the tool prints something and exits (--help, --version)
    headless, ///< bool: serves clients
    client,   ///< its value names the client's language: gdb's mi*, dap
    attach,   ///< its value is a pid, process name or core file
    program,  ///< its value is the debuggee's file
    listen,   ///< its value is the address, or the port, where clients are awaited
    rest,     ///< what follows is the debuggee and its arguments
};

struct FlagRow {
    std::string_view name; ///< without dashes
    char letter = 0;       ///< dlv: the one-letter form
    bool takes_value = false;
    Means means = Means::nothing;
    std::string_view verb{}; ///< only there; empty: everywhere
};

struct VerbRow {
    std::string_view name;
    CallKind kind = CallKind::launch;
    bool builds = false;
    bool headless = false;
    bool names_program = false; ///< the first positional argument is the debuggee's file
};

/// How the tool reads its flags.
enum class Syntax : std::uint8_t {
    pflag,       ///< --name, --name=value, clusters of letters; flags and positionals mixed
    exact,       ///< -name or --name in full
    abbreviated, ///< -name or --name, or a unique prefix (getopt_long_only)
    leading,     ///< flags stop at the first word that is none (gdbserver)
};

struct ToolRow {
    Tool tool;
    Syntax syntax;
    EnvironmentRoute route;
    bool searches_path;
    std::string_view profile;
    std::span<const FlagRow> flags;
    std::span<const VerbRow> verbs; ///< empty: the tool has none
};

[[nodiscard]] std::span<const ToolRow> tool_table();
/// Nothing for Tool::none.
[[nodiscard]] const ToolRow *find_tool_row(Tool tool);

} // namespace dbgscope
