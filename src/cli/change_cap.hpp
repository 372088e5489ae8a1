// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/facts.hpp"
#include "launch/unit_properties.hpp"
#include "session/registry.hpp"
#include "session/usage.hpp"

// What `set` and `more` do to a live session.
namespace dbgscope {

/// Below that nothing in it could run. Errors: limit; `word` is what was written.
[[nodiscard]] Result<void> check_smallest(const std::string &word, std::uint64_t bytes);

/// The manager that owns a session's unit.
[[nodiscard]] ManagerAddress address_of(const Facts &facts, bool user);

/// Changes the cap in the order that never leaves it below what is in use, tells the watcher, and says what has changed
/// on standard output unless `quiet`. `usage`: as the session is now. Errors: unsupported (no cgroup of its own), limit
/// (more is in use), those of the cgroup and the bus.
[[nodiscard]] Result<int> change_cap(const LiveSession &session, const Usage &usage, Limit cap, const Facts &facts,
                                     bool quiet);

} // namespace dbgscope
