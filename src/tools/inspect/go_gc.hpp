// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "tools/inspect/memory.hpp"
#include "tools/inspect/program.hpp"

// What Go's collector is doing, read from outside. Each number is whole; together they are not of one instant while the
// program runs.
namespace dbgscope {

/// What a version of Go lacks is missing.
struct GoGc {
    std::optional<std::uint64_t> heap_live_bytes;    ///< live as of the last cycle, and allocated since
    std::optional<std::uint64_t> heap_marked_bytes;  ///< live as of the last cycle
    std::optional<std::uint64_t> goal_bytes;         ///< the next cycle begins before heap_live_bytes reaches it
    std::optional<std::uint64_t> memory_limit_bytes; ///< GOMEMLIMIT in force; nothing: none, or before Go 1.19
    std::optional<std::int32_t> percent;             ///< GOGC in force; -1: off
    std::optional<std::uint64_t> mapped_bytes;       ///< ready for use: heap, stacks and the runtime's own
    std::optional<std::uint64_t> cycles, forced_cycles;
    std::optional<std::uint64_t> pause_total_ns, longest_pause_ns; ///< longest: of the last 256
    std::optional<double> cpu_fraction;      ///< of the CPU time the program could have had since its start
    std::optional<std::uint64_t> phase;      ///< 0: off, 1: mark, 2: mark termination
    std::optional<std::uint64_t> goroutines; ///< descriptors of goroutines, dead ones that wait for reuse too
    std::optional<std::uint64_t> max_procs;  ///< GOMAXPROCS
};
[[nodiscard]] GoGc read_go_gc(const Memory &memory, const Program &program);

} // namespace dbgscope
