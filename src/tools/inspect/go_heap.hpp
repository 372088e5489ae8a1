// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dbgscope/error.hpp"
#include "tools/inspect/memory.hpp"
#include "tools/inspect/program.hpp"

// The sampled heap profile that every Go program carries (runtime/mprof.go), read from outside.
namespace dbgscope {

/// Where things are in the runtime of one program. Sizes and offsets are the program's own: a memRecordCycle has four
/// words up to Go 1.26 and two (no byte counts: bytes are count times bucket.size) in Go 1.27.
struct GoHeapLayout {
    Field buckets;                 ///< runtime.mbuckets: the head of the list
    Field rate;                    ///< runtime.MemProfileRate
    Field cycle;                   ///< runtime.mProfCycle: the number of the profile's cycle, above one bit
    std::optional<Field> disabled; ///< runtime.disableMemoryProfiling; Go 1.17 and later
    std::optional<Field> started;  ///< runtime.mainStarted
    std::uint64_t bucket_bytes = 0, record_bytes = 0, cycle_bytes = 0;
    Field all_next, type, size, depth; ///< in runtime.bucket; the stack follows the bucket, then the record
    Field active, future;              ///< in runtime.memRecord
    Field allocs, frees;               ///< in runtime.memRecordCycle
    std::optional<Field> alloc_bytes, free_bytes;
};
/// Errors: unsupported (not Go; stripped; built without debug information; a runtime of another shape), each with what
/// to do about it.
[[nodiscard]] Result<GoHeapLayout> go_heap_layout(const Program &program);

/// Objects and bytes, of what was sampled until they are scaled.
struct HeapCount {
    double objects = 0, bytes = 0;
    HeapCount &operator+=(const HeapCount &other);
    bool operator==(const HeapCount &) const = default;
};

/// The nearest whole number; 0 for less than nothing.
[[nodiscard]] inline std::uint64_t whole(double value)
{
    return value > 0 ? static_cast<std::uint64_t>(value + 0.5) : 0;
}

/// What one stack allocated. Counts are scaled to what the sampling stands for, as runtime/pprof does.
struct HeapSample {
    std::vector<std::uint64_t> stack; ///< return addresses, the innermost first; one a function, inlined ones too
    std::uint64_t object_bytes = 0;
    HeapCount live;   ///< not freed as of the last collection
    HeapCount recent; ///< allocated since: garbage or not, nobody has looked yet
    HeapCount total;  ///< allocated since the start, published part
};

struct GoHeap {
    std::uint64_t rate = 0; ///< bytes from one sample to the next, on average
    std::vector<HeapSample> samples;
    std::uint64_t torn = 0; ///< buckets that could not be read or made no sense
    bool cut_short = false; ///< the list ended in an unreadable place, in a circle, or not at all
};
/// Bounded by 1,000,000 buckets, 1024 frames each and 16,000,000 in all, whatever the memory claims.
/// Errors: refused (the profile is switched off in this program, or it has not begun to run), not_found (the process
/// has ended).
[[nodiscard]] Result<GoHeap> read_go_heap(const Memory &memory, const GoHeapLayout &layout);

} // namespace dbgscope
