// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"

namespace dbgscope {

/// dlv runs what it reads there: the file is written only into a directory of this user's that nobody else can write
/// to. Errors: refused (it is another's, or a symbolic link), and those of the system.
[[nodiscard]] Result<void> write_init_file(const WriteInitFile &file);

/// The step without "--init PATH".
[[nodiscard]] Execute without_init_file(const Execute &step, const std::string &path);

} // namespace dbgscope
