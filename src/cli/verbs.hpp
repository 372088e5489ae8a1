// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/request.hpp"
#include "profile/load.hpp"

// One function a verb. `options.rest` holds what follows the verb.
namespace dbgscope {

/// A verb that takes the options of a launch too; `options.rest` of its function is what follows.
struct CommonVerb {
    std::string_view name;
    std::string_view form;    ///< "stop ID...|--port PORT|--all"
    std::string_view summary; ///< one line of --help
    Result<int> (*run)(ParsedOptions options, const Invocation &invocation);
};
/// In the order of --help. What is no debugger's name, and not in own_verbs().
[[nodiscard]] std::span<const CommonVerb> common_verbs();

[[nodiscard]] Result<int> launch_verb(Tool tool, ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> status_verb(ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> profile_verb(ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> ps_verb(ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> stop_verb(ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> more_verb(ParsedOptions options, const Invocation &invocation);
[[nodiscard]] Result<int> set_verb(ParsedOptions options, const Invocation &invocation);

/// The variable of the caller's environment, or empty.
[[nodiscard]] std::string_view variable(const Invocation &invocation, std::string_view name);

/// The configuration's layers as this call finds them.
[[nodiscard]] LayerSources sources_for(const Invocation &invocation, Settings options,
                                       std::string builtin_profile = "default");
/// With the options before the verb.
[[nodiscard]] inline LayerSources sources_for(const Invocation &invocation)
{
    return sources_for(invocation, invocation.given);
}

/// debuggers.NAME of the tool.
[[nodiscard]] Key debugger_key(Tool tool);

/// Facts from --facts FILE. Errors: not_found, config.
[[nodiscard]] Result<Facts> load_facts(const std::string &path);

/// Writes all of `text` to stdout (never on a launch path). Errors: system (EPIPE, ENOSPC, …).
[[nodiscard]] Result<void> print(std::string_view text);

} // namespace dbgscope
