// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"
#include "sys/bus.hpp"

namespace dbgscope {

/// Sets properties of a slice or scope live, all or none: what `systemctl set-property` does. A unit that is not loaded
/// is loaded. `runtime`: until the next boot only, else a drop-in file is written as well (scopes: always `runtime`).
/// Errors: denied, not_found, refused, unsupported (an unknown property), timeout, system.
[[nodiscard]] Result<void> set_unit_properties(const ManagerAddress &manager, const std::string &unit,
                                               const std::vector<ScopeProperty> &properties, bool runtime,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(5));

} // namespace dbgscope
