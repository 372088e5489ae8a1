// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/bytes.hpp"

namespace dbgscope {

/// The command with which `tool` ("dlv", "gdb", "gdbserver": for the gdb connected to it) changes GOMEMLIMIT in the
/// live, stopped Go program, to what suits `cap`: Go reads the variable only at the program's start. Nothing for other
/// tools, for Go before 1.19, and where the version or the right limit is not known. Tried: Go 1.19 in dlv 1.20 and gdb
/// 13, Go 1.24 in dlv 1.24 and Debian 13's gdb; the collector follows at once.
[[nodiscard]] std::optional<std::string> go_memlimit_command(std::string_view tool, std::string_view go_version,
                                                             Limit cap);

} // namespace dbgscope
