// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace dbgscope {

/// Whether what follows "fatal error: " is one of the Go runtime's own checks, and not another program's text: clang,
/// Swift, the AWS command line and many scripts begin theirs in the same way.
[[nodiscard]] bool begins_as_go_check(std::string_view text);

} // namespace dbgscope
