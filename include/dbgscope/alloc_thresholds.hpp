// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dbgscope/fields.hpp"

namespace dbgscope {

/// What of the debuggee's allocations is told while it runs (`alloc.*`). 0 and false: not watched.
struct AllocThresholds {
    std::uint64_t large_mapping_bytes = 0; ///< asked of the kernel in one piece, to be written to
    std::int64_t reclaim_stall_us = 0;     ///< of all its threads within one second
    std::uint64_t kernel_memory_bytes = 0; ///< the kernel's own memory for it has grown by so much
    bool oom_victims = false;
    bool operator==(const AllocThresholds &) const = default;
    [[nodiscard]] bool any() const { return *this != AllocThresholds{}; }
};

void fields(auto &visit, Is<AllocThresholds> auto &thresholds)
{
    visit("large_mapping_bytes", thresholds.large_mapping_bytes);
    visit("reclaim_stall_us", thresholds.reclaim_stall_us);
    visit("kernel_memory_bytes", thresholds.kernel_memory_bytes);
    visit("oom_victims", thresholds.oom_victims);
}

} // namespace dbgscope
