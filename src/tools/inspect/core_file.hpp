// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tools/inspect/target.hpp"

namespace dbgscope {

/// What a core file (core(5)) holds of a process, and the program it ran. Pages that the core leaves out, because they
/// were still as in the file, are taken from the program.
/// Errors: not_found, denied, unsupported (not a core file of this kind of machine; `program` is another build than the
/// one that ran).
[[nodiscard]] Result<Target> open_core(const std::string &core, const std::string &program);

} // namespace dbgscope
