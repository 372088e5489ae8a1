// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/go_heap.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "fake_memory.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kHead = 0x1000, kRate = 0x1008, kCycle = 0x1010, kDisabled = 0x1018;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

Field word(std::uint64_t at)
{
    return {.at = at, .size = 8};
}

/// As in Go 1.19 to 1.26: bucket{next, allnext, typ, hash, size, nstk}, memRecordCycle{allocs, frees, alloc_bytes,
/// free_bytes}.
GoHeapLayout layout()
{
    GoHeapLayout layout;
    layout.buckets = word(kHead);
    layout.rate = word(kRate);
    layout.cycle = {.at = kCycle, .size = 4};
    layout.disabled = Field{.at = kDisabled, .size = 1};
    layout.bucket_bytes = 48;
    layout.cycle_bytes = 32;
    layout.record_bytes = 128;
    layout.all_next = word(8);
    layout.type = word(16);
    layout.size = word(32);
    layout.depth = word(40);
    layout.active = {.at = 0, .size = 32};
    layout.future = {.at = 32, .size = 96};
    layout.allocs = word(0);
    layout.frees = word(8);
    layout.alloc_bytes = word(16);
    layout.free_bytes = word(24);
    return layout;
}

/// As in Go 1.27: memRecordCycle{allocs, frees}.
GoHeapLayout short_layout()
{
    GoHeapLayout shorter = layout();
    shorter.cycle_bytes = 16;
    shorter.record_bytes = 64;
    shorter.active = {.at = 0, .size = 16};
    shorter.future = {.at = 16, .size = 48};
    shorter.alloc_bytes = shorter.free_bytes = std::nullopt;
    return shorter;
}

struct Counts {
    std::uint64_t allocs = 0, frees = 0;
};
/// active, future[0], future[1], future[2]
using Record = std::array<Counts, 4>;

class GoHeapTest : public ::testing::Test {
  protected:
    void SetUp() override
    {
        memory_.put(kHead, 0);
        memory_.put(kRate, 1); // every allocation: nothing to scale
        memory_.put(kCycle, 0);
        memory_.put_byte(kDisabled, 0);
    }
    void bucket(std::uint64_t at, std::uint64_t all_next, std::uint64_t size, const std::vector<std::uint64_t> &stack,
                const Record &record, bool with_bytes = true)
    {
        const std::uint64_t fields[] = {0, all_next, 1, 0xabc, size, stack.size()};
        for (const std::uint64_t field : fields)
            memory_.put(std::exchange(at, at + 8), field);
        for (const std::uint64_t pc : stack)
            memory_.put(std::exchange(at, at + 8), pc);
        for (const Counts &counts : record) {
            memory_.put(std::exchange(at, at + 8), counts.allocs);
            memory_.put(std::exchange(at, at + 8), counts.frees);
            if (with_bytes) {
                memory_.put(std::exchange(at, at + 8), counts.allocs * size);
                memory_.put(std::exchange(at, at + 8), counts.frees * size);
            }
        }
    }
    FakeMemory memory_;
};

TEST_F(GoHeapTest, WalksTheListAndKeepsStacks)
{
    memory_.put(kHead, 0x2000);
    bucket(0x2000, 0x3000, 64, {0x401000, 0x402000}, {{{10, 4}}});
    bucket(0x3000, 0, 1024, {0x403000}, {{{2, 0}}});
    const auto heap = read_go_heap(memory_, layout());
    ASSERT_TRUE(heap);
    ASSERT_EQ(heap->samples.size(), 2U);
    EXPECT_EQ(heap->samples[0].stack, (std::vector<std::uint64_t>{0x401000, 0x402000}));
    EXPECT_EQ(heap->samples[0].live, (HeapCount{6, 384}));
    EXPECT_EQ(heap->samples[0].total, (HeapCount{10, 640}));
    EXPECT_EQ(heap->samples[1].live, (HeapCount{2, 2048}));
    EXPECT_FALSE(heap->cut_short);
}

/// What is allocated counts to cycle C+2, what the sweep frees to C+1: C and C+1 are the last collection's.
TEST_F(GoHeapTest, PendingCyclesAreOfTheLastCollectionButForTheNewest)
{
    for (std::uint64_t cycle = 0; cycle < 7; ++cycle) {
        memory_.put(kCycle, cycle << 1 | (cycle & 1)); // the low bit is a flag
        memory_.put(kHead, 0x2000);
        Record record{{{100, 0}}};
        record[1 + cycle % 3] = {10, 0};         // C
        record[1 + (cycle + 1) % 3] = {5, 70};   // C+1
        record[1 + (cycle + 2) % 3] = {1000, 0}; // C+2
        bucket(0x2000, 0, 16, {0x401000}, record);
        const auto heap = read_go_heap(memory_, layout());
        ASSERT_TRUE(heap && heap->samples.size() == 1);
        EXPECT_EQ(heap->samples[0].live, (HeapCount{45, 720})) << cycle;
        EXPECT_EQ(heap->samples[0].recent, (HeapCount{1000, 16000})) << cycle;
    }
}

TEST_F(GoHeapTest, BytesComeFromTheSizeWhereTheRuntimeKeepsNone)
{
    memory_.put(kHead, 0x2000);
    bucket(0x2000, 0, 4096, {0x401000}, {{{3, 1}}}, false);
    const auto heap = read_go_heap(memory_, short_layout());
    ASSERT_TRUE(heap && heap->samples.size() == 1);
    EXPECT_EQ(heap->samples[0].live, (HeapCount{2, 8192}));
}

/// runtime/pprof: each sample stands for 1 / (1 - exp(-size / rate)) objects.
TEST_F(GoHeapTest, SamplesAreScaledAsPprofDoes)
{
    for (const std::uint64_t size : {16UL, 1024UL, 524288UL, 1UL << 20, 64UL << 20}) {
        memory_.put(kRate, 524288);
        memory_.put(kHead, 0x2000);
        bucket(0x2000, 0, size, {0x401000}, {{{7, 0}}});
        const auto heap = read_go_heap(memory_, layout());
        ASSERT_TRUE(heap && heap->samples.size() == 1);
        const double scale = 1 / (1 - std::exp(-static_cast<double>(size) / 524288));
        EXPECT_NEAR(heap->samples[0].live.objects / (7 * scale), 1, 1e-9) << size;
        EXPECT_NEAR(heap->samples[0].live.bytes / (7 * static_cast<double>(size) * scale), 1, 1e-9) << size;
    }
}

TEST_F(GoHeapTest, MoreFreedThanAllocatedIsNothing)
{
    memory_.put(kHead, 0x2000);
    bucket(0x2000, 0, 64, {0x401000}, {{{3, 5}}});
    const auto heap = read_go_heap(memory_, layout());
    ASSERT_TRUE(heap);
    EXPECT_EQ(heap->samples[0].live, HeapCount());
}

TEST_F(GoHeapTest, ACircleEnds)
{
    memory_.put(kHead, 0x2000);
    bucket(0x2000, 0x3000, 64, {0x401000}, {{{1, 0}}});
    bucket(0x3000, 0x2000, 64, {0x401000}, {{{1, 0}}});
    const auto heap = read_go_heap(memory_, layout());
    ASSERT_TRUE(heap);
    EXPECT_EQ(heap->samples.size(), 2U);
    EXPECT_TRUE(heap->cut_short);
}

TEST_F(GoHeapTest, APointerAnywhereEndsTheListAndKeepsWhatCameBefore)
{
    for (const std::uint64_t wild : {std::uint64_t{1}, std::uint64_t{0xdead0000}, kNever, kNever - 40}) {
        memory_.put(kHead, 0x2000);
        bucket(0x2000, wild, 64, {0x401000}, {{{1, 0}}});
        const auto heap = read_go_heap(memory_, layout());
        ASSERT_TRUE(heap);
        EXPECT_EQ(heap->samples.size(), 1U);
        EXPECT_TRUE(heap->cut_short);
    }
}

TEST_F(GoHeapTest, LengthsBeyondReasonAreNotBelieved)
{
    for (const std::uint64_t depth : {std::uint64_t{1025}, std::uint64_t{1} << 60, kNever}) {
        memory_.put(kHead, 0x2000);
        bucket(0x2000, 0x3000, 64, {0x401000}, {{{1, 0}}});
        memory_.put(0x2000 + 40, depth);
        bucket(0x3000, 0, 64, {0x401000}, {{{1, 0}}});
        memory_.read_bytes = 0;
        const auto heap = read_go_heap(memory_, layout());
        ASSERT_TRUE(heap);
        EXPECT_EQ(heap->samples.size(), 1U);
        EXPECT_EQ(heap->torn, 1U);
        EXPECT_LT(memory_.read_bytes, 4096U);
    }
}

TEST_F(GoHeapTest, ABucketOfAnotherKindIsPassedOver)
{
    memory_.put(kHead, 0x2000);
    bucket(0x2000, 0x3000, 64, {0x401000}, {{{1, 0}}});
    memory_.put(0x2000 + 16, 2); // blockProfile
    bucket(0x3000, 0, 64, {0x401000}, {{{1, 0}}});
    const auto heap = read_go_heap(memory_, layout());
    ASSERT_TRUE(heap);
    EXPECT_EQ(heap->samples.size(), 1U);
}

TEST_F(GoHeapTest, TellsWhoSwitchedItOff)
{
    memory_.put(kRate, 0);
    memory_.put_byte(kDisabled, 1);
    const auto by_linker = read_go_heap(memory_, layout());
    ASSERT_FALSE(by_linker);
    EXPECT_EQ(by_linker.error().kind, ErrorKind::refused);
    EXPECT_NE(by_linker.error().hint.find("--heap-profile=on"), std::string::npos);
    memory_.put_byte(kDisabled, 0);
    const auto by_program = read_go_heap(memory_, layout());
    ASSERT_FALSE(by_program);
    EXPECT_NE(by_program.error().cause.find("MemProfileRate"), std::string::npos);
}

TEST_F(GoHeapTest, SwitchedOffItHasAtMostWhatWasSampledBefore)
{
    memory_.put(kHead, 0x2000);
    bucket(0x2000, 0, 1024, {0x403000}, {{{1, 0}}});
    memory_.put(kRate, 0);
    memory_.put_byte(kDisabled, 1); // Go 1.27: one of the runtime's own
    const auto by_linker = read_go_heap(memory_, layout());
    ASSERT_FALSE(by_linker);
    EXPECT_NE(by_linker.error().cause.find("switched off"), std::string::npos);
    memory_.put_byte(kDisabled, 0); // the program's own doing, in the midst of its course
    const auto by_program = read_go_heap(memory_, layout());
    ASSERT_TRUE(by_program);
    EXPECT_EQ(by_program->samples.size(), 1U);
}

TEST_F(GoHeapTest, OneThatHasNotBegunHasNoProfileYet)
{
    GoHeapLayout begins = layout();
    begins.started = Field{.at = 0x1020, .size = 1};
    memory_.put_byte(kDisabled, 1);
    for (const std::uint64_t rate : {0UL, 512UL * 1024}) {
        memory_.put(kRate, rate);
        memory_.put_byte(0x1020, 0);
        const auto early = read_go_heap(memory_, begins);
        ASSERT_FALSE(early);
        EXPECT_NE(early.error().cause.find("has not begun"), std::string::npos);
        memory_.put_byte(0x1020, 1);
        EXPECT_EQ(read_go_heap(memory_, begins).has_value(), rate != 0);
    }
}

TEST_F(GoHeapTest, AProcessThatEndsIsAnError)
{
    const auto heap = read_go_heap(FakeMemory(), layout());
    ASSERT_FALSE(heap);
    EXPECT_EQ(heap.error().kind, ErrorKind::not_found);
}

} // namespace
} // namespace dbgscope
