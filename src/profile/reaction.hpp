// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/profile.hpp"

// What may stand in the lists of `on:`.
namespace dbgscope {

/// "exec /path word…": a command of the user's own, the only action that is more than a word.
inline constexpr std::string_view kExecAction = "exec";

[[nodiscard]] bool is_reaction(Key key);
[[nodiscard]] bool is_command(std::string_view action);

/// What the event can lead to, besides commands.
[[nodiscard]] std::vector<std::string> reaction_words(Key key);

struct ReactionFault {
    std::string cause, hint;
};
/// Nothing: `action` is one that the event can lead to.
[[nodiscard]] std::optional<ReactionFault> reaction_fault(Key key, std::string_view action);

/// A command in one of the lists, empty: none. It is taken from the files of /etc and ~/.config alone: what a variable
/// or an option says may come from a project (an editor's settings, an .envrc).
[[nodiscard]] std::string command_among(Key key, const Value &value);

} // namespace dbgscope
