// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"
#include "tools/inspect/memory.hpp"
#include "tools/inspect/program.hpp"

namespace dbgscope {

/// Whether there is what it takes to look into this program as a Go program.
/// Errors: unsupported (not Go; stripped of symbols or of debug information), with what to do about it.
[[nodiscard]] Result<void> check_go_program(const Program &program);

/// runtime.buildVersion: "go1.19.8"; empty: unknown.
[[nodiscard]] std::string go_version(const Memory &memory, const Program &program);

} // namespace dbgscope
