// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dbgscope/plan.hpp"
#include "text/words.hpp"

// Condition…= and Assert…=: what has to be true of the machine for the scope to start, systemd.unit(5).
namespace dbgscope {

/// What follows "Condition" or "Assert", in the order of their names: "ACPower", "Architecture", …
[[nodiscard]] std::span<const std::string_view> condition_kinds();

/// Whether `name` is one of these with either word in front.
[[nodiscard]] bool is_condition(std::string_view name);

/// "ConditionPathExists", "|!/etc/x" → `Conditions`; an empty value: all of them so far are taken back. The names and
/// the marks are systemd's; what the parameter means is the manager's.
[[nodiscard]] ScopeProperty condition_property(std::string_view name, std::string_view value);

} // namespace dbgscope
