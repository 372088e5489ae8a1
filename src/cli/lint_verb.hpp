// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

namespace CLI {
class App;
}

namespace dbgscope {

void declare_lint(CLI::App &app);

/// `lint FILE...`: "FILE:LINE:COLUMN: severity: text [rule]" on stdout, or a JSON array. The value is 0, or 1 when
/// there is an error or a warning. Errors: a file that cannot be read, after the others have been shown.
[[nodiscard]] Result<int> lint_verb(const CLI::App &parsed, const Invocation &invocation);

} // namespace dbgscope
