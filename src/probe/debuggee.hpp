// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/facts.hpp"
#include "dbgscope/request.hpp"

// What the program to be debugged says of itself, read from its file before it runs.
namespace dbgscope {

/// The file `call.program` stands for: as written, or, where the tool searches PATH and the working directory has no
/// such file, the one in `path_variable`. Empty when the command line names none.
[[nodiscard]] std::string locate_debuggee(const DebuggerCall &call, std::string_view path_variable);

/// Reads .go.buildinfo of an ELF file of any class and byte order, in both forms: inline strings (Go 1.18 and later)
/// and pointers (1.13 to 1.17). At most about 1.1 MiB is read, whatever the file claims. go_version unknown: absent (no
/// such file, or no Go program), denied, malformed (not a regular ELF file, or damaged). default_godebug: empty when
/// the build recorded none, as before Go 1.21.
[[nodiscard]] DebuggeeFacts read_debuggee(const std::string &path);

/// For verbs that build: the version of the `go` in PATH, from its own build information; nothing is run. A tool chain
/// from 1.21 on may switch to a newer one that go.mod names, so there the version is the least that will be used;
/// `gotoolchain` is the variable GOTOOLCHAIN, and a version named by it is taken as it stands.
/// go_version unknown: absent (no go in PATH), denied, malformed (a script).
[[nodiscard]] DebuggeeFacts read_go_toolchain(std::string_view path_variable, std::string_view gotoolchain);

} // namespace dbgscope
