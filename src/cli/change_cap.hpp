// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

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

/// What has changed, for the user.
struct CapOutcome {
    std::string text;                   ///< cap_change_text()
    std::vector<std::string> memlimits; ///< let_memlimit_follow()
};
/// Changes the cap in the order that never leaves it below what is in use, tells the watcher, and lets the debuggee's
/// GOMEMLIMIT follow. `usage`: as the session is now. Errors: unsupported (no cgroup of its own), limit (more is in
/// use), those of the cgroup and the bus.
[[nodiscard]] Result<CapOutcome> change_cap(const LiveSession &session, const Usage &usage, Limit cap,
                                            const Facts &facts);
/// All of it on standard output, unless `quiet`.
[[nodiscard]] Result<int> say_change(const Result<CapOutcome> &outcome, bool quiet);

} // namespace dbgscope
