// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "session/registry.hpp"
#include "session/usage.hpp"

// What `ps` and `top` say of a session besides its record.
namespace dbgscope {

/// From the start time of the debugger, which no clock setting moves. Nothing: not known.
[[nodiscard]] std::optional<std::int64_t> age_s(const SessionRecord &record);

/// What can be seen goes before what the record says: "running", "held", "ended", "unwatched", …
[[nodiscard]] std::string state_of(const LiveSession &session, const Usage &usage);

} // namespace dbgscope
