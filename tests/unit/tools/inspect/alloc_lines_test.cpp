// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/alloc_lines.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "dbgscope/bytes.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr AllocLines::Time kBegin{1h};
constexpr AllocThresholds kAsked{.large_mapping_bytes = 256 * kMiB,
                                 .reclaim_stall_us = 200'000,
                                 .kernel_memory_bytes = 64 * kMiB,
                                 .oom_victims = true};

alloc_event event(alloc_kind kind, const char *name, std::uint64_t bytes = 0)
{
    alloc_event event{};
    event.kind = kind;
    event.pid = 7;
    event.bytes = bytes;
    std::strncpy(&event.name[0], name, sizeof event.name); // NOLINT: as the kernel does, full without an end
    return event;
}

alloc_event stall(std::uint64_t ms, std::uint64_t within_ms)
{
    alloc_event stalled = event(ALLOC_STALL, "x");
    stalled.stall_ns = ms * 1'000'000;
    stalled.span_ns = within_ms * 1'000'000;
    return stalled;
}

TEST(AllocLines, NothingHappensWithoutAnEvent)
{
    AllocLines lines(kAsked);
    EXPECT_EQ(lines.next(kBegin), std::nullopt);
    EXPECT_EQ(lines.due(), std::nullopt);
    lines.note(KernelMemory{.bytes = 500 * kMiB, .largest = {}}); // where it begins
    EXPECT_EQ(lines.next(kBegin), std::nullopt);
}

TEST(AllocLines, EachKindHasItsWords)
{
    AllocLines mapping(kAsked), stalled(kAsked), kernel(kAsked), victim(kAsked);
    mapping.note(event(ALLOC_MAPPING, "big", kGiB));
    EXPECT_EQ(mapping.next(kBegin), "big (pid 7) has mapped 1G of memory at once");
    stalled.note(stall(210, 480));
    stalled.note(alloc_totals{.reclaims = 57, .stall_ns = 3'200'000'000});
    EXPECT_EQ(stalled.next(kBegin), "the debuggee's threads have waited 210ms within 480ms for memory to be reclaimed; "
                                    "so far 3s 200ms, in 57 reclaims");
    kernel.note(KernelMemory{.bytes = kMiB, .largest = {}});
    kernel.note(KernelMemory{.bytes = 81 * kMiB, .largest = "page tables", .largest_bytes = 61 * kMiB});
    EXPECT_EQ(kernel.next(kBegin),
              "the kernel's own memory for the debuggee has grown by 80M to 81M, 61M of it page tables");
    alloc_event killed = event(ALLOC_VICTIM, "hog", 150 * kMiB);
    killed.file_bytes = kMiB;
    victim.note(killed);
    EXPECT_EQ(victim.next(kBegin),
              "the kernel has ended hog (pid 7) for memory: 150M of its own, 1M of files and shared");
}

TEST(AllocLines, NeverTwoWithinASecondWhateverTheirKinds)
{
    AllocLines lines(kAsked);
    lines.note(event(ALLOC_MAPPING, "big", kGiB));
    lines.note(stall(210, 480));
    lines.note(event(ALLOC_VICTIM, "hog"));
    EXPECT_TRUE(lines.next(kBegin)->starts_with("the kernel has ended")); // what cannot be seen later comes first
    EXPECT_EQ(lines.due(), kBegin + 1s);
    EXPECT_EQ(lines.next(kBegin + 999ms), std::nullopt);
    EXPECT_TRUE(lines.next(kBegin + 1s)->starts_with("the debuggee's threads"));
    EXPECT_EQ(lines.next(kBegin + 1s), std::nullopt);
    EXPECT_TRUE(lines.next(kBegin + 2s)->starts_with("big "));
    EXPECT_EQ(lines.next(kBegin + 3s), std::nullopt);
    EXPECT_EQ(lines.due(), std::nullopt) << "nothing is left: it may sleep";
}

TEST(AllocLines, ThoseThatFollowAreCounted)
{
    AllocLines lines(kAsked);
    lines.note(event(ALLOC_MAPPING, "big", kGiB));
    lines.note(alloc_totals{.mappings = 15, .mapped_bytes = 20 * kGiB});
    EXPECT_EQ(lines.next(kBegin), "big (pid 7) has mapped 1G of memory at once; and 14 more such mappings, 20G in all");
    lines.note(alloc_totals{.mappings = 18, .mapped_bytes = 23 * kGiB}); // no event: the kernel's side is quiet, too
    EXPECT_EQ(lines.next(kBegin + 500ms), std::nullopt);
    EXPECT_EQ(lines.next(kBegin + 1s), "the debuggee has made 3 more mappings of 256M or more, 3G together");
    EXPECT_EQ(lines.next(kBegin + 2s), std::nullopt);
    lines.note(event(ALLOC_VICTIM, "a"));
    lines.note(event(ALLOC_VICTIM, "b"));
    EXPECT_TRUE(lines.next(kBegin + 3s)->ends_with("; and 1 more"));
}

TEST(AllocLines, KernelMemoryCountsFromTheLastLineOrFromWhereItFellTo)
{
    AllocLines lines(kAsked);
    for (const std::uint64_t mib : {10, 80, 20}) // 80: gone again before it could be told
        lines.note(KernelMemory{.bytes = mib * kMiB, .largest = {}});
    EXPECT_EQ(lines.next(kBegin), std::nullopt);
    lines.note(KernelMemory{.bytes = 5 * kMiB, .largest = {}});
    lines.note(KernelMemory{.bytes = 69 * kMiB, .largest = {}});
    EXPECT_EQ(lines.next(kBegin), "the kernel's own memory for the debuggee has grown by 64M to 69M");
    lines.note(KernelMemory{.bytes = 132 * kMiB, .largest = {}});
    EXPECT_EQ(lines.next(kBegin + 1s), std::nullopt);
    lines.note(KernelMemory{.bytes = 133 * kMiB, .largest = {}});
    EXPECT_EQ(lines.next(kBegin + 2s), "the kernel's own memory for the debuggee has grown by 64M to 133M");
}

TEST(AllocLines, ANameIsAnybodysText)
{
    AllocLines lines(kAsked);
    lines.note(event(ALLOC_MAPPING, "sixteen\n\33[31mbyte", kGiB));
    const auto line = lines.next(kBegin);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->find('\n'), std::string::npos);
    EXPECT_EQ(line->find('\33'), std::string::npos);
}

} // namespace
} // namespace dbgscope
