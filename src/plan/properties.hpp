// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"

namespace dbgscope {

/// What `-p NAME=VALUE` means: a property of the scope, or something dbgscope applies itself before exec because a
/// scope has no such property.
using PropertyEffect = std::variant<ScopeProperty, SetOomScore, SetRlimit, SetNice, EnvChange, ChangeDirectory>;

/// Reads one assignment in the spelling of unit files and of `systemd-run --scope -p` (systemd 252 to 260), as
/// "MemoryMax=512M". An empty value means what it means there: the default, or an empty list.
///
/// A percentage of memory or tasks becomes systemd's `…Scale` property (UINT32_MAX = 100 %), so the manager resolves
/// it; limit_of() tells what it will be. `User=` and `Group=` stay what systemd makes of them on a scope: the owner of
/// a delegated cgroup. The identity of the command is `--uid` and `--gid`.
///
/// Errors: usage (unknown name with a suggestion, a property only services have, a bad value), unsupported (a legal
/// property that cannot be sent).
[[nodiscard]] Result<std::vector<PropertyEffect>> parse_property(std::string_view assignment);

/// Every name parse_property takes, sorted: for suggestions and completion.
[[nodiscard]] std::vector<std::string> property_names();

/// The bytes a memory property allows: `MemoryMax` as sent, `MemoryMaxScale` as the manager will round it (down to
/// whole pages of 4 KiB). `total_bytes` is MemTotal.
[[nodiscard]] Limit limit_of(const ScopeProperty &property, std::uint64_t total_bytes);

} // namespace dbgscope
