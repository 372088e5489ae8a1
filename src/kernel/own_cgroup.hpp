// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "kernel/memory_chain.hpp"
#include "kernel/reader.hpp"

namespace dbgscope {

/// Our own cgroups from /proc/self/cgroup. Views into the parsed text.
struct OwnCgroups {
    std::optional<std::string_view> memory_v1; ///< path in the v1 hierarchy that carries memory
    std::optional<std::string_view> unified;   ///< path in cgroup2 ("0::/…")
};
[[nodiscard]] OwnCgroups parse_self_cgroup(std::string_view text);
/// The text of /proc/self/cgroup.
[[nodiscard]] Result<std::string> read_self_cgroup();

/// Layout, own paths, the memory chain and what we may do in our own cgroup. Decided per controller: a `:memory:` line
/// is v1, else `memory` in the cgroup.controllers of the outermost visible cgroup2 directory.
/// When memory.version is 0, delegation.detail says why.
void probe_cgroup(Reader &reader, ChainDetail detail, CgroupFacts &cgroup);

} // namespace dbgscope
