// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/inspect/goroutines.hpp"
#include "tools/inspect/target.hpp"

// Goroutines as a person reads them: those that stand at one place together.
namespace dbgscope {

struct GoroutineGroup {
    GoroutineState state = GoroutineState::other;
    std::string reason;       ///< "chan receive"; empty: not waiting
    std::vector<Frame> stack; ///< the innermost first; empty: running, not read
    bool stack_cut = false;
    Frame created_by, start;                     ///< the `go` statement, the function
    bool of_runtime = false;                     ///< one of Go's own workers
    std::optional<std::int64_t> longest_wait_ns; ///< as far as collections have seen it
    std::vector<std::uint64_t> ids;
};

struct GoroutineView {
    std::string program, go_version;
    pid_t pid = 0;                      ///< 0: a core file
    std::vector<GoroutineGroup> groups; ///< the largest first
    Goroutines raw;
};
/// Errors: those of goroutine_layout and read_goroutines.
[[nodiscard]] Result<GoroutineView> view_goroutines(const Target &target);

/// The same of what was read before. `now_ns`: then, by CLOCK_MONOTONIC; nothing: unknown, as of a core file.
[[nodiscard]] GoroutineView goroutine_view_of(const Target &target, Goroutines goroutines,
                                              std::optional<std::int64_t> now_ns);

/// By the function it was started with: one of Go's own workers.
[[nodiscard]] bool of_runtime(const std::string &function);
/// Return addresses as code, the innermost first, with inlined functions.
[[nodiscard]] std::vector<Frame> stack_frames(const std::vector<std::uint64_t> &stack, const Program &program);
/// `now_ns`: CLOCK_MONOTONIC; nothing: unknown, as of a core file.
[[nodiscard]] std::vector<GoroutineGroup> group_goroutines(const Goroutines &goroutines, const Program &program,
                                                           std::optional<std::int64_t> now_ns);

/// Go's own workers are counted, and listed where `everything`.
[[nodiscard]] std::string goroutines_text(const GoroutineView &view, bool everything);

} // namespace dbgscope
