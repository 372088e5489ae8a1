// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "tools/inspect/memory.hpp"
#include "tools/inspect/program.hpp"

// The goroutines of a Go program (runtime.allgs), read from outside.
namespace dbgscope {

/// Offsets in runtime.g, the program's own: they move from version to version.
struct GoroutineLayout {
    Field all;     ///< runtime.allgs: a slice of pointers
    Field reasons; ///< runtime.waitReasonStrings: an array of strings
    std::uint64_t bytes = 0;
    Field id, status, reason, since, sp, pc, bp, created_at, start, stack_low, stack_high;
    std::optional<Field> call_pc, call_bp; ///< syscallpc, and from Go 1.23 syscallbp
    std::optional<Field> parent;           ///< parentGoid: Go 1.21
    std::optional<Field> machine;          ///< m: the thread that runs it
    std::optional<Field> thread_id;        ///< procid, in runtime.m
};
/// Errors: unsupported, as go_heap_layout.
[[nodiscard]] Result<GoroutineLayout> goroutine_layout(const Program &program);

enum class GoroutineState : std::uint8_t { runnable, running, in_call, waiting, other };
[[nodiscard]] const char *state_name(GoroutineState state); ///< "waiting", …

struct Goroutine {
    std::uint64_t id = 0, parent = 0; ///< parent 0: unknown, or the runtime
    GoroutineState state = GoroutineState::other;
    std::uint64_t reason = 0;          ///< index into Goroutines::reasons; of a waiting one
    std::int64_t waiting_since_ns = 0; ///< CLOCK_MONOTONIC, as of the first collection that saw it wait; 0: unknown
    std::uint64_t created_at = 0, start = 0; ///< the `go` statement, the function
    /// The innermost first: where it stands, then return addresses. Empty: running, its registers are its thread's.
    std::vector<std::uint64_t> stack;
    bool stack_cut = false;                      ///< there is more, or it could not be followed
    std::uint64_t thread = 0;                    ///< that runs it or makes its system call; 0: none, unknown
    std::uint64_t stack_low = 0, stack_high = 0; ///< of a running one
    std::vector<std::uint64_t> left_at; ///< of a running one: from where the runtime's own stack was last gone to
};

struct Goroutines {
    std::vector<Goroutine> all; ///< but for dead ones, which wait to be used again
    std::vector<std::string> reasons;
    std::uint64_t unreadable = 0;
    bool cut_short = false; ///< more than are read
};
/// Bounded by 1,000,000 goroutines, 256 frames each and 16,000,000 in all. Frame pointers are followed (amd64, arm64),
/// within the stack and upwards only. Errors: not_found (the process has ended).
[[nodiscard]] Result<Goroutines> read_goroutines(const Memory &memory, const GoroutineLayout &layout);

} // namespace dbgscope
