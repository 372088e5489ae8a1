// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/own_verbs.hpp"

namespace dbgscope {

void declare_completion(CLI::App &app);

/// Prints the script. Errors: usage (no shell of ours).
[[nodiscard]] Result<int> completion_verb(const CLI::App &parsed, const Invocation &invocation);

/// The script for "bash", "zsh" or "fish", made from common_options() and verb_entries(); any other shell: empty.
[[nodiscard]] std::string completion_script(std::string_view shell);

} // namespace dbgscope
