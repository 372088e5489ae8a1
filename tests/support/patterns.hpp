// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

// Regular expressions for tests: <regex> takes two seconds to compile, once is enough.
namespace dbgscope::test {

/// Group `group` of each match of `pattern` (ECMAScript; ^ and $ are of a line), in order.
[[nodiscard]] std::vector<std::string> all_matches(const std::string &text, const std::string &pattern, int group = 1);
[[nodiscard]] bool has_match(const std::string &text, const std::string &pattern);

} // namespace dbgscope::test
