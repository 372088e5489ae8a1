// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/request.hpp"

// What a debugger's command line means: pure functions over one table (debugger/flag_table.cpp). No I/O.
namespace dbgscope {

/// Reads `arguments` (argv after the tool's name) the way the tool itself does: dlv 1.20 to 1.27 (cobra), gdbserver and
/// gdb 13 (getopt_long_only), lldb-server and lldb-dap 14 and later. Never fails: what the tool would refuse is for the
/// tool to refuse. A command line that starts nothing to debug is `pass_through`.
[[nodiscard]] DebuggerCall read_call(Tool tool, const std::vector<std::string> &arguments);

/// lldb-dap's name before LLVM 18.
constexpr std::string_view kOldLldbDap = "lldb-vscode";

/// "lldb-server-14" -> "lldb-server", as distributions install several versions; other names as they are.
[[nodiscard]] std::string_view without_version(std::string_view basename);

/// The tool of that name: "dlv", "dlv-dap", "lldb-server-14", "lldb-vscode", "gdb-multiarch", "rust-gdb",
/// "arm-none-eabi-gdb". Nothing for any other word, a path included.
[[nodiscard]] std::optional<Tool> tool_from_name(std::string_view basename);

/// The shipped profile that belongs to the tool: "dlv", "gdbserver" or "default".
[[nodiscard]] std::string_view profile_name(Tool tool);

/// The TCP port of an address as the tools write it: "127.0.0.1:4040", "[::1]:4040", ":4040", "4040", "listen://:4040".
/// Nothing for port 0, which is free by itself, a name, "-", a serial line and "unix:…".
[[nodiscard]] std::optional<std::uint16_t> listen_port(std::string_view address);

/// Takes the words "--dbgscope-NAME[=VALUE]" out of `arguments` and returns them as "--NAME[=VALUE]". They may stand
/// wherever a flag of the tool itself may: not after `--`, and not among the debuggee's arguments.
[[nodiscard]] std::vector<std::string> take_own_words(Tool tool, std::vector<std::string> &arguments);

/// How a variable reaches the debuggee.
enum class EnvironmentRoute {
    inherited, ///< the debugger passes on its own environment: it and all its helpers get the variable too
    wrapper,   ///< gdbserver: `--wrapper env NAME=VALUE --`, the debuggee alone; only where `wrapper_at` is set
};
[[nodiscard]] EnvironmentRoute environment_route(Tool tool);

/// True where the tool looks a program name without a slash up in PATH when the working directory has no such file
/// (gdb, gdbserver); dlv and lldb-server look in the working directory only.
[[nodiscard]] bool searches_path(Tool tool);

/// `word` as a shell reads it as one word: in single quotes where it has to be.
[[nodiscard]] std::string quoted_for_shell(const std::string &word);

/// A TCP port in full: 1 to 65535.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view digits);

/// The words to insert at `wrapper_at` so that gdbserver gives `assignments` ("NAME=VALUE") to the debuggee alone.
/// gdbserver joins a wrapper's words with blanks and hands them to $SHELL, so they are quoted where a shell would care.
[[nodiscard]] std::vector<std::string> wrapper_words(const std::vector<std::string> &assignments);

} // namespace dbgscope
