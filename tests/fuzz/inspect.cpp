// SPDX-License-Identifier: Apache-2.0
// A hostile program's memory: lists in circles, lengths of 2^60, pointers anywhere. The bytes are the memory, from
// kBase on; what the reader looks for first stands at its beginning.
#include <cstring>

#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

namespace {

constexpr std::uint64_t kBase = 0x1000;

class Bytes final : public Memory {
  public:
    Bytes(const std::uint8_t *data, std::size_t size) : data_(data), size_(size) {}
    bool read(std::uint64_t address, std::span<std::byte> out) const override
    {
        if (address < kBase || address - kBase > size_ || out.size() > size_ - (address - kBase))
            return false;
        if (!out.empty())
            std::memcpy(out.data(), data_ + (address - kBase), out.size());
        return true;
    }

  private:
    const std::uint8_t *data_;
    std::size_t size_;
};

Field word(std::uint64_t at)
{
    return {.at = at, .size = sizeof(std::uint64_t)};
}

/// Go 1.19 to 1.26; `counts`: as Go 1.27 has it, without bytes.
GoHeapLayout heap_layout(bool counts)
{
    GoHeapLayout layout;
    layout.buckets = word(kBase);
    layout.rate = word(kBase + 8);
    layout.cycle = {.at = kBase + 16, .size = 4};
    layout.disabled = Field{.at = kBase + 20, .size = 1};
    layout.bucket_bytes = 48;
    layout.cycle_bytes = counts ? 16 : 32;
    layout.record_bytes = 4 * layout.cycle_bytes;
    layout.all_next = word(8);
    layout.type = word(16);
    layout.size = word(32);
    layout.depth = word(40);
    layout.active = {.at = 0, .size = layout.cycle_bytes};
    layout.future = {.at = layout.cycle_bytes, .size = 3 * layout.cycle_bytes};
    layout.allocs = word(0);
    layout.frees = word(8);
    if (!counts) {
        layout.alloc_bytes = word(16);
        layout.free_bytes = word(24);
    }
    return layout;
}

GoroutineLayout goroutines_layout()
{
    GoroutineLayout layout;
    layout.all = {.at = kBase + 32, .size = 24};
    layout.reasons = {.at = kBase + 64, .size = 64};
    layout.bytes = 104;
    std::uint64_t at = 0;
    for (Field *field : {&layout.id, &layout.status, &layout.reason, &layout.since, &layout.sp, &layout.pc, &layout.bp,
                         &layout.created_at, &layout.start, &layout.stack_low, &layout.stack_high})
        *field = word(std::exchange(at, at + 8));
    layout.call_pc = word(at);
    layout.call_bp = word(at + 8);
    return layout;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const Bytes memory(data, size);
    for (const bool counts : {false, true})
        if (const auto heap = read_go_heap(memory, heap_layout(counts)))
            for (const HeapSample &sample : heap->samples) {
                must(sample.stack.size() <= 1024);
                must(sample.live.bytes >= 0 && sample.recent.bytes >= 0 && sample.total.bytes >= 0);
            }
    if (const auto goroutines = read_goroutines(memory, goroutines_layout()))
        for (const Goroutine &goroutine : goroutines->all)
            must(goroutine.stack.size() <= 257 && goroutine.id != 0);
    return 0;
}
