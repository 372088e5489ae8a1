// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "dbgscope/needs.hpp"
#include "dbgscope/request.hpp"

namespace dbgscope {

/// What make_plan will look at, and no more: a launch is about 4 ms.
struct PlanNeeds {
    Needs machine = 0;
    bool debuggee = false;             ///< Facts::debuggee: its file, or the tool chain that will build it
    std::uint32_t attached = 0;        ///< Facts::attached: of this process; 0: none
    std::optional<std::uint16_t> port; ///< Facts::taken_port: the debugger is to listen there

    bool operator==(const PlanNeeds &) const = default;
};

/// `run` chooses no default cap, so it has no use for the machine's memory, and minds pressure only where somebody
/// asked it to.
[[nodiscard]] PlanNeeds needs_of(const Request &request);

} // namespace dbgscope
