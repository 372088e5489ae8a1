// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace dbgscope {

/// A function's name as people write it, from the linker's: C++ and Rust names without parameters and hashes
/// ("Server::remember", "leak::grow"). Any other is returned as it is.
[[nodiscard]] std::string function_name(const char *linkage_name);

} // namespace dbgscope
