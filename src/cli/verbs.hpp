// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/request.hpp"

// One function a verb. `options.rest` holds what follows the verb.
namespace dbgscope {

[[nodiscard]] Result<int> launch_verb(Tool tool, ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> status_verb(ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> profile_verb(ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> ps_verb(ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> stop_verb(ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> set_verb(ParsedOptions options, const Invocation &invocation);

/// The variable of the caller's environment, or empty.
[[nodiscard]] std::string_view variable(const Invocation &invocation, std::string_view name);

/// Facts from --facts FILE. Errors: not_found, config.
[[nodiscard]] Result<Facts> load_facts(const std::string &path);

/// Writes all of `text` to stdout (never on a launch path). Errors: system (EPIPE, ENOSPC, …).
[[nodiscard]] Result<void> print(std::string_view text);

} // namespace dbgscope
