// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "text/json.hpp"
#include "tools/inspect/cpu_profile.hpp"
#include "tools/inspect/goroutine_view.hpp"
#include "tools/inspect/heap_view.hpp"

// What a program worked on in a window beside what it held and waited for at the instant that ended it. The two meet in
// a function's name alone: a sample knows no goroutine.
namespace dbgscope {

struct JoinedFunction {
    std::string function, file;
    std::uint64_t samples = 0;                  ///< in it: the innermost that is not the runtime's, or of a library
    std::uint64_t with_callees = 0;             ///< in it and all it called
    double heap_bytes = 0;                      ///< what it has allocated and is still there, as HeapView ranks it
    std::uint64_t goroutines = 0;               ///< that have it on their stacks; Go's own workers left out
    std::map<std::string, std::uint64_t> waits; ///< those by what they do: "running", "chan receive"
    bool innermost = false;                     ///< of one of them, but for the runtime's functions
};

/// The instant that a window ended with.
struct CpuInstant {
    Moment begin; ///< everything stood still, or the reading began
    Moment end;   ///< what was read had been read
    std::string how;
    bool still = false; ///< all that was read is as it was at `begin`

    /// From the end of the window on, until the last moment that anything of what was read can be from.
    [[nodiscard]] std::int64_t gap_us(const CpuProfile &profile) const
    {
        return ((still ? begin : end).monotonic_ns - profile.end.monotonic_ns) / 1000;
    }
};

struct CpuJoin {
    CpuProfile profile;
    CpuInstant instant;
    bool with_heap = false, with_goroutines = false;
    double heap_bytes = 0;                 ///< of all functions
    std::vector<JoinedFunction> functions; ///< what worked most first, then what holds most
};
/// `heap` and `goroutines` may be null: unknown.
[[nodiscard]] CpuJoin join_functions(CpuProfile profile, CpuInstant instant, const HeapView *heap,
                                     const GoroutineView *goroutines);

[[nodiscard]] std::string cpu_text(const CpuJoin &join);
/// {"schema": 1, "program", "pid", "window": {"begin": {"unix_ns", "monotonic_ns"}, "end": {…}}, "instant": {"begin",
/// "end", "still", "how"}, "gap_us", "period_ns", "samples", "lost", "of_others", "with_kernel", "joined_by":
/// "function", "functions": [{"function", "file", "samples", "cpu_share", "with_callees_share", "heap_bytes",
/// "goroutines", "waits": {"chan receive": 2}}]}. What is unknown is missing.
[[nodiscard]] Json cpu_json(const CpuJoin &join);

} // namespace dbgscope
