// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/facts.hpp"

// Debuggers and tool chains in PATH.
namespace dbgscope {

/// A file as the kernel tells files apart: whatever its name, link or mount.
struct SelfFile {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const SelfFile &) const = default;
};

/// Our own executable (/proc/self/exe); nothing where /proc is not mounted.
[[nodiscard]] std::optional<SelfFile> self_file();

/// The file a path leads to, links followed; nothing: there is none.
[[nodiscard]] std::optional<SelfFile> file_at(const std::string &path);

/// The next file named `name` in `path_variable` that is a regular file, may be executed by us and is not `self`; links
/// are followed. Empty elements of PATH are the working directory; an empty PATH is "/usr/local/bin:/usr/bin:/bin".
/// `configured` (debuggers.NAME) is used instead when not empty: a path as it stands, a bare word searched as `name`
/// is. lldb-server and lldb-dap are also found under their versioned names, the highest first, and lldb-dap as
/// lldb-vscode, where nothing bears the name itself. path unknown: absent (nowhere), denied (found, never executable),
/// malformed (`configured` is dbgscope itself).
[[nodiscard]] ToolFacts find_tool(std::string_view name, std::string_view path_variable, std::string_view configured,
                                  const std::optional<SelfFile> &self);

/// "1.20.2" from `dlv version`, "13.1" from `gdb --version`, "go1.19.8" from `go version`: the last word that looks
/// like a version on the first line that has one. Empty: none.
[[nodiscard]] std::string parse_tool_version(std::string_view output);

/// What the tool at `path` prints with these arguments: no stdin, stderr discarded, at most 4 KiB of stdout. It is
/// killed with all it started at the deadline, or when it has said as much. Unknown: absent (it cannot be run),
/// malformed (no answer in time).
[[nodiscard]] Fact<std::string> tool_output(const std::string &path, std::vector<std::string> arguments,
                                            std::chrono::milliseconds deadline);

/// Runs the tool at `path` for its version: no stdin, stderr discarded, at most 4 KiB of stdout. It is killed at the
/// deadline. Unknown: absent (it cannot be run), malformed (no answer in time, or no version in it).
[[nodiscard]] Fact<std::string> tool_version(std::string_view name, const std::string &path,
                                             std::chrono::milliseconds deadline = std::chrono::milliseconds(2000));

} // namespace dbgscope
