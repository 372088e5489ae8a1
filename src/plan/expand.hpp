// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dbgscope {

/// systemd's rule for command lines (systemd.service(5), "Command lines"), used only with --expand-environment=yes:
/// `${NAME}` anywhere in a word, `$NAME` as a word of its own (split at white space), `$$` is a dollar sign.
/// Unset variables become empty.
[[nodiscard]] std::vector<std::string>
expand_environment(const std::vector<std::string> &words,
                   const std::vector<std::pair<std::string, std::string>> &environment);

/// Letters, digits and "_", not beginning with a digit.
[[nodiscard]] bool is_variable_name(std::string_view text);

} // namespace dbgscope
