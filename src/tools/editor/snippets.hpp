// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// What `dbgscope init` shows for tools whose configuration is a program, or not ours to merge into.
namespace dbgscope {

/// Lua for nvim-dap-go, and what shows a hold: notifications, a status line and a command. `dbgscope`: our own path.
[[nodiscard]] std::string nvim_snippet(const std::string &dlv_link, const std::string &dbgscope);
/// TOML for Helix' languages.toml: the whole debugger table, since Helix does not merge one. `output_mode`: this dlv
/// knows outputMode (1.21.1), which makes the program's output, and what dbgscope writes there, be shown.
[[nodiscard]] std::string helix_snippet(const std::string &dlv_link, bool output_mode);
/// Lisp for dape.
[[nodiscard]] std::string emacs_snippet(const std::string &dlv_link);
/// Lines for ~/.bashrc, ~/.zshrc or config.fish. `shims` is the directory of the links.
[[nodiscard]] std::string shell_snippet(const std::string &shims);
/// A gdb start-up file: stops in the Go runtime, SIGURG, and debug information found by build id.
[[nodiscard]] std::string_view gdb_start_file();

} // namespace dbgscope
