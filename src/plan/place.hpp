// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"
#include "plan/budget.hpp"

// The place a session goes to is not the one it comes from: under systemd it is a slice, with limits of its own.
namespace dbgscope {

/// The same facts with the memory chain of the place that a session of that backend goes to, where it is known.
[[nodiscard]] Facts facts_at(const Facts &facts, Backend backend);

/// What the debuggee, or the command, can grow to: the cap, or a smaller limit above it.
[[nodiscard]] std::optional<Limit> cap_in_force(const Facts &here, const Request &request, const Budget &budget);

/// A debugger's cap and total are lowered below the limit of the place, and that is said.
void keep_below_place(const Facts &here, std::uint64_t reserve, Budget &budget);

/// The caller's own limit that will not hold for the session any more.
[[nodiscard]] std::optional<Notice> leaving_notice(const Facts &facts, const Facts &here, const Request &request);

/// ", below the 200M of /lim.slice", where that limit is hit together with the session's own or before it.
[[nodiscard]] std::string binding_words(const Facts &here, const std::optional<Limit> &scope_limit);

} // namespace dbgscope
