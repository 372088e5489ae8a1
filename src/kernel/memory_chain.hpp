// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "dbgscope/facts.hpp"
#include "kernel/mountinfo.hpp"
#include "kernel/reader.hpp"

// Every visible cgroup from the mount's root to our own, what each one limits, and which limit counts.
namespace dbgscope {

/// What is read of each level: always max and high, current where it counts for the headroom; with `full` also current
/// everywhere, swap, peak, memory.stat and PSI.
enum class ChainDetail { basic, full };

/// Fills chain, effective, binding and headroom. `relative` is our cgroup below mount.root (mountinfo's below_root).
/// A level that vanished keeps its place with the reason in its facts. Returns our own directory (O_PATH); invalid when
/// it is gone.
UniqueFd read_chain(Reader &reader, const CgroupMount &mount, std::string_view relative, ChainDetail detail,
                    MemoryHierarchy &memory);

/// v1: the limit of ancestors we cannot see: `hierarchical_memory_limit` of our memory.stat.
[[nodiscard]] Fact<Limit> read_hierarchical_limit(Reader &reader, int own_directory, std::string_view path);

/// Sets effective, binding and headroom from the chain. `invisible` is v1's hierarchical limit, or unknown.
void judge_chain(MemoryHierarchy &memory, const Fact<Limit> &invisible);

} // namespace dbgscope
