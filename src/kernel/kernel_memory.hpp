// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernel/cgroup.hpp"

namespace dbgscope {

/// What the kernel holds for the processes of a cgroup: page tables, stacks, pipes, sockets, open files, directory
/// entries.
struct KernelMemory {
    std::uint64_t bytes = 0;
    std::string_view largest; ///< "page tables"; v2 alone, empty: not known
    std::uint64_t largest_bytes = 0;
};

/// Of the text of v2's memory.stat. Before 5.18 there is no sum in it: that of its parts.
[[nodiscard]] KernelMemory kernel_memory_of(std::string_view stat);

/// The cgroup's own account. Nothing: it is gone, or this kernel keeps none.
[[nodiscard]] std::optional<KernelMemory> read_kernel_memory(const Cgroup &cgroup);

} // namespace dbgscope
