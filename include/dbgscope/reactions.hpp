// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbgscope/fields.hpp"

// `on:` of the configuration.
namespace dbgscope {

/// What is done when something happens, besides what the watcher does anyway: words of actions, "exec /path word…".
struct Reactions {
    std::vector<std::string> pressure, growth, held, killed, drift;
    std::int64_t deadline_ms = 0; ///< of each command
    bool operator==(const Reactions &) const = default;
};

void fields(auto &visit, Is<Reactions> auto &on)
{
    visit("pressure", on.pressure);
    visit("growth", on.growth);
    visit("held", on.held);
    visit("killed", on.killed);
    visit("drift", on.drift);
    visit("deadline_ms", on.deadline_ms);
}

} // namespace dbgscope
