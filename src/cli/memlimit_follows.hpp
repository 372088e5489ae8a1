// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "session/registry.hpp"
#include "session/usage.hpp"

// GOMEMLIMIT of Go programs that no client has a command for follows their session's cap.
namespace dbgscope {

/// What a session under `cap` has chosen; the runtime's INT64_MAX where that is none. As the kernel has a cap: in whole
/// pages.
[[nodiscard]] std::uint64_t memlimit_under(Limit cap);

/// What may be in force where this session, and nobody else, has set it: at the start, or with the cap until now.
/// `before`: as the session was until the change.
[[nodiscard]] std::vector<std::uint64_t> own_memlimits(const SessionRecord &record, const Usage &before);

/// Writes what suits `cap` into the session's debuggees; nothing where record.gomemlimit_ours is none. A line each, for
/// the user, of what was changed, and of what was not and why.
[[nodiscard]] std::vector<std::string> let_memlimit_follow(const LiveSession &session, const Usage &before, Limit cap);

} // namespace dbgscope
