// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dbgscope/facts.hpp"
#include "session/listeners.hpp"
#include "session/registry.hpp"

// Who has the port that a debugger is to listen on.
namespace dbgscope {

/// The process is the session's debugger, or in its cgroup.
[[nodiscard]] bool belongs(int pid, const SessionRecord &record);

/// "dlv (pid 123), node (pid 7)", or "a process of user 1000" where none of them can be looked into.
[[nodiscard]] std::string holder_words(const std::vector<PortSocket> &sockets, const std::vector<int> &holders);

/// Nothing: nobody listens there. Sessions of other users are not known, so not named.
[[nodiscard]] std::optional<PortFacts> look_at_port(std::uint16_t port);

} // namespace dbgscope
