// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "session/registry.hpp"

// Which of the user's own live sessions a word means.
namespace dbgscope {

struct LiveSessions {
    std::optional<Registry> registry; ///< nothing: no session was ever recorded here
    std::vector<LiveSession> sessions;
};

/// Those of the effective user. None is no error; a directory that cannot be trusted or read is.
[[nodiscard]] Result<LiveSessions> live_sessions();

/// The session whose id is `word`, or the only one whose "ID.PID" starts with it: two plain cgroups may bear one id.
/// Errors: not_found, usage (several; the cause lists them).
[[nodiscard]] Result<LiveSession> choose_session(const std::vector<LiveSession> &sessions, std::string_view word);

/// The session that is meant when none is named: there is only one. `form`: how one is named, for the hint.
/// Errors: not_found, usage (several; the cause lists them).
[[nodiscard]] Result<LiveSession> only_session(const std::vector<LiveSession> &sessions, std::string_view form);

/// The newest one whose debuggee is held, or the only one there is. Errors: as only_session().
[[nodiscard]] Result<LiveSession> held_session(const std::vector<LiveSession> &sessions, std::string_view form);

} // namespace dbgscope
