// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/plan.hpp"

namespace dbgscope {

/// The plan in words, a reason beside every step: what `--dry-run` prints.
[[nodiscard]] std::string plan_text(const LaunchPlan &plan);

/// The plan for machines: `--dry-run --json`. One JSON object, "schema": 1, UTF-8 (other bytes are replaced).
[[nodiscard]] std::string plan_json(const LaunchPlan &plan);

/// "512M", "0.5", "yes", "[/dev/sda 1048576]": a bus value for people.
[[nodiscard]] std::string bus_value_text(const std::string &property, const BusValue &value);

} // namespace dbgscope
