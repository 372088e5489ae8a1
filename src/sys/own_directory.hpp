// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"
#include "sys/fd.hpp"

// /tmp belongs to everybody: what bears our name there may be somebody else's trap.
namespace dbgscope {

/// A directory of this user that nobody else may write to, and no symbolic link. Errors: refused, not_found, denied,
/// system.
[[nodiscard]] Result<UniqueFd> open_own_directory(const std::string &path);

/// The same, made (0700) where it is missing.
[[nodiscard]] Result<UniqueFd> make_own_directory(const std::string &path);

} // namespace dbgscope
