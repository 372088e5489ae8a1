// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "kernel/threads.hpp"
#include "tools/inspect/goroutines.hpp"
#include "tools/inspect/target.hpp"

namespace dbgscope {

struct StackBounds {
    std::uint64_t low = 0, high = std::numeric_limits<std::uint64_t>::max();
    [[nodiscard]] bool contain(std::uint64_t address) const { return address >= low && address < high; }
};

/// The stack of a thread that stands still, by the sizes of its frames, as far as debug information goes and at most 64
/// deep: where it stands, plus one like the others, then return addresses.
[[nodiscard]] std::vector<std::uint64_t> walk_stack(const Target &target, const ThreadPlace &place,
                                                    const StackBounds &bounds);

/// Gives the goroutines that were running when their process was made to stand still the stacks of their threads.
void read_running_stacks(const Target &target, Goroutines &goroutines);

} // namespace dbgscope
