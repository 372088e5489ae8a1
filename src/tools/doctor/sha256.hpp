// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// SHA-256 of a regular file by sha256sum(1), 64 lower-case hexadecimal digits. Errors: those of stat(2), a FIFO,
/// device or directory, system (there is no sha256sum, it cannot read the file, or takes longer than 30 s).
[[nodiscard]] Result<std::string> sha256_of_file(const std::string &path);

} // namespace dbgscope
