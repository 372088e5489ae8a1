// SPDX-License-Identifier: Apache-2.0
#include "kernel/memory_chain.hpp"

#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "not_asked.hpp"

namespace dbgscope {
namespace {

CgroupLevel level(Fact<Limit> max, Fact<std::uint64_t> current)
{
    CgroupLevel result;
    result.max = std::move(max);
    result.current = std::move(current);
    return result;
}

MemoryHierarchy judged(std::vector<CgroupLevel> chain, const Fact<Limit> &invisible = {})
{
    MemoryHierarchy memory;
    memory.version = 2;
    memory.chain = std::move(chain);
    judge_chain(memory, invisible);
    return memory;
}

TEST(JudgeChain, LowestLimitBindsAndLeastRoomCounts)
{
    // The shared slice has the higher limit and less room: its other children use it up.
    const auto memory = judged({level(Why::absent, Why::absent), level(Limit(4 * kGiB), 4 * kGiB - kMiB),
                                level(Limit(kGiB), 100 * kMiB), level(Limit(), 100 * kMiB)});
    EXPECT_EQ(memory.effective, Limit(kGiB));
    EXPECT_EQ(memory.binding, 2U);
    EXPECT_EQ(memory.headroom.value_or(0), kMiB);
}

TEST(JudgeChain, OfEqualLimitsTheOutermostBinds)
{
    EXPECT_EQ(judged({level(Limit(kGiB), kMiB), level(Limit(kGiB), kMiB)}).binding, 0U);
}

TEST(JudgeChain, NoLimitNoHeadroom)
{
    const auto memory = judged({level(Limit(), kMiB)});
    EXPECT_FALSE(memory.effective.finite());
    EXPECT_EQ(memory.binding, std::nullopt);
    EXPECT_EQ(memory.headroom.why(), Why::absent);
}

TEST(JudgeChain, UsageAboveTheLimitLeavesNothing)
{
    const auto memory = judged({level(Limit(kMiB), 2 * kMiB)});
    ASSERT_TRUE(memory.headroom);
    EXPECT_EQ(*memory.headroom, 0U);
}

TEST(JudgeChain, UnknownUsageMakesTheHeadroomUnknownUnlessAnotherLevelKnows)
{
    EXPECT_EQ(judged({level(Limit(kGiB), Why::denied)}).headroom.why(), Why::denied);
    EXPECT_EQ(judged({level(Limit(kGiB), Why::denied), level(Limit(kGiB), kMiB)}).headroom.value_or(0), kGiB - kMiB);
    EXPECT_EQ(judged({level(Limit(kGiB), kMiB), level(Limit(kGiB), Why::denied)}).headroom.value_or(0), kGiB - kMiB);
}

TEST(JudgeChain, InvisibleAncestorOfV1)
{
    const auto lower = judged({level(Limit(kGiB), 100 * kMiB)}, Fact<Limit>(Limit(512 * kMiB)));
    EXPECT_EQ(lower.effective, Limit(512 * kMiB));
    EXPECT_EQ(lower.binding, std::nullopt);
    EXPECT_EQ(lower.headroom.value_or(0), 412 * kMiB);
    const auto higher = judged({level(Limit(kGiB), 100 * kMiB)}, Fact<Limit>(Limit(2 * kGiB)));
    EXPECT_EQ(higher.binding, 0U);
}

MemoryHierarchy chain_of(test::FakeRoot &root, bool v2, std::string_view relative,
                         ChainDetail detail = ChainDetail::full)
{
    Reader reader(root.path());
    MemoryHierarchy memory;
    const UniqueFd own =
        read_chain(reader, {.v2 = v2, .memory = !v2, .root = "/", .point = "/cg"}, relative, detail, memory);
    judge_chain(memory, {});
    return memory;
}

TEST(ReadChain, EveryFileOfV2)
{
    test::FakeRoot root;
    root.file("/cg/a/memory.max", "1073741824\n")
        .file("/cg/a/memory.high", "max\n")
        .file("/cg/a/memory.current", "4096\n")
        .file("/cg/a/memory.peak", "8192\n")
        .file("/cg/a/memory.swap.max", "0\n")
        .file("/cg/a/memory.swap.current", "12\n")
        .file("/cg/a/memory.stat", "anon 1\ninactive_file_extra 5\ninactive_file 77\n")
        .file("/cg/a/memory.pressure", "some avg10=1.50 avg60=0.00 avg300=0.00 total=9\n");
    const auto memory = chain_of(root, true, "a");
    ASSERT_EQ(memory.chain.size(), 2U);
    const CgroupLevel &own = memory.chain[1];
    EXPECT_EQ(memory.chain[0].path, "/");
    EXPECT_EQ(own.path, "/a");
    EXPECT_EQ(own.dir, "/cg/a");
    EXPECT_EQ(own.max.value_or(Limit()), Limit(kGiB));
    EXPECT_TRUE(own.high && !own.high->finite());
    EXPECT_EQ(own.swap_max.value_or(Limit()), Limit(0));
    EXPECT_EQ(own.current.value_or(0), 4096U);
    EXPECT_EQ(own.swap_current.value_or(0), 12U);
    EXPECT_EQ(own.peak.value_or(0), 8192U);
    EXPECT_EQ(own.inactive_file.value_or(0), 77U);
    ASSERT_TRUE(own.memory_pressure);
    EXPECT_DOUBLE_EQ(own.memory_pressure->some.avg10, 1.5);
    EXPECT_EQ(memory.chain[0].max.detail(), "read /cg/memory.max: No such file or directory");
}

TEST(ReadChain, EveryFileOfV1)
{
    test::FakeRoot root;
    root.file("/cg/memory.limit_in_bytes", "9223372036854771712\n")
        .file("/cg/memory.memsw.limit_in_bytes", "1073741824\n")
        .file("/cg/memory.usage_in_bytes", "4096\n")
        .file("/cg/memory.max_usage_in_bytes", "8192\n")
        .file("/cg/memory.stat", "inactive_file 1\nswap 2\ntotal_swap 3\ntotal_inactive_file 4\n");
    const auto own = chain_of(root, false, "").chain.at(0);
    EXPECT_TRUE(own.max && !own.max->finite());
    EXPECT_EQ(own.high.detail(), "cgroup v1 has no memory.high");
    EXPECT_EQ(own.swap_max.value_or(Limit()), Limit(kGiB));
    EXPECT_EQ(own.current.value_or(0), 4096U);
    EXPECT_EQ(own.peak.value_or(0), 8192U);
    EXPECT_EQ(own.swap_current.value_or(0), 3U);
    EXPECT_EQ(own.inactive_file.value_or(0), 4U);
}

TEST(ReadChain, BasicLeavesTheRestUnasked)
{
    test::FakeRoot root;
    root.file("/cg/memory.max", "4096\n").file("/cg/memory.peak", "1\n");
    const auto own = chain_of(root, true, "", ChainDetail::basic).chain.at(0);
    EXPECT_TRUE(own.max);
    EXPECT_TRUE(test::not_asked(own.peak));
    EXPECT_TRUE(test::not_asked(own.memory_pressure));
}

TEST(ReadChain, GarbageIsMalformedAndNotALimit)
{
    test::FakeRoot root;
    root.file("/cg/memory.max", "99999999999999999999999999\n")
        .file("/cg/memory.high", "-1\n")
        .file("/cg/memory.current", "")
        .dir("/cg/memory.peak")
        .file("/cg/memory.stat", "inactive_file\ninactive_file x\n")
        .file("/cg/memory.pressure", "\xff\xfe\n");
    const auto memory = chain_of(root, true, "");
    const CgroupLevel &own = memory.chain.at(0);
    for (const Fact<Limit> &fact : {own.max, own.high})
        EXPECT_EQ(fact.why(), Why::malformed);
    for (const Fact<std::uint64_t> &fact : {own.current, own.peak, own.inactive_file})
        EXPECT_EQ(fact.why(), Why::malformed);
    EXPECT_EQ(own.memory_pressure.why(), Why::malformed);
    EXPECT_FALSE(memory.effective.finite());
    EXPECT_EQ(own.max.detail(), "read /cg/memory.max: unexpected text \"99999999999999999999999999\"");
}

TEST(ReadChain, ALevelThatVanishedKeepsItsPlaceAndTheOthersTheirLimits)
{
    test::FakeRoot root;
    root.file("/cg/a/memory.max", "4096\n").file("/cg/a/memory.current", "0\n");
    Reader reader(root.path());
    MemoryHierarchy memory;
    const UniqueFd own =
        read_chain(reader, {.v2 = true, .root = "/", .point = "/cg"}, "a/gone/below", ChainDetail::basic, memory);
    judge_chain(memory, {});
    EXPECT_FALSE(own.valid());
    ASSERT_EQ(memory.chain.size(), 4U);
    EXPECT_EQ(memory.chain[3].path, "/a/gone/below");
    EXPECT_EQ(memory.chain[2].max.why(), Why::absent);
    EXPECT_EQ(memory.chain[3].max.detail(), "read /cg/a/gone/below/memory.max: No such file or directory");
    EXPECT_EQ(memory.effective, Limit(4096));
}

TEST(ReadChain, DeniedFilesSaySo)
{
    test::FakeRoot root;
    root.file("/cg/a/memory.max", "4096\n", 0).file("/cg/a/b/memory.max", "8192\n").chmod("/cg/a/b", 0);
    const test::AsOrdinaryUser user;
    const auto memory = chain_of(root, true, "a/b");
    EXPECT_EQ(memory.chain.at(1).max.why(), Why::denied);
    EXPECT_EQ(memory.chain.at(2).max.why(), Why::denied);
    EXPECT_FALSE(memory.effective.finite());
}

} // namespace
} // namespace dbgscope
