// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace dbgscope {

/// A function's name as people write it, from the linker's: C++ and Rust names without parameters and hashes
/// ("Server::remember", "leak::grow"). Any other is returned as it is.
[[nodiscard]] std::string function_name(const char *linkage_name);

/// Of Go's runtime, as runtime/pprof has it: its maps have a package of their own since Go 1.24, its system calls had
/// one of another name before 1.23.
[[nodiscard]] bool is_go_runtime(std::string_view function);

} // namespace dbgscope
