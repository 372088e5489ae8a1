// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// SHA-256 (FIPS 180-4) of a regular file, 64 lower-case hexadecimal digits. Errors keep errno; a FIFO, device or
/// directory is refused.
[[nodiscard]] Result<std::string> sha256_of_file(const std::string &path);

} // namespace dbgscope
