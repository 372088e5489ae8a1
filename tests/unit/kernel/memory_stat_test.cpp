// SPDX-License-Identifier: Apache-2.0
#include "kernel/memory_stat.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

constexpr const char *kV1 = "cache 1\nrss 2\ninactive_file 3\nhierarchical_memory_limit 4\ntotal_cache 1835008\n"
                            "total_rss 1744896\ntotal_rss_huge 7\ntotal_inactive_file 8\n";

TEST(MemoryStat, HasTheKeysOfV2)
{
    EXPECT_EQ(stat_of("anon 5\nfile 6\n", "anon", 2), 5U);
    EXPECT_EQ(stat_of("anon 5\nfile 6\n", "file", 2), 6U);
    EXPECT_EQ(stat_of("anon 5\n", "ano", 2), std::nullopt);
    EXPECT_EQ(stat_of("", "anon", 2), std::nullopt);
    EXPECT_EQ(stat_of("anon x\nanon 5\n", "anon", 2), 5U);
}

TEST(MemoryStat, OfV1CountsChildrenToo)
{
    EXPECT_EQ(stat_of(kV1, "anon", 1), 1744896U);
    EXPECT_EQ(stat_of(kV1, "cache", 1), 1835008U);
    EXPECT_EQ(stat_of(kV1, "inactive_file", 1), 8U);
    EXPECT_EQ(stat_of(kV1, "rss_huge", 1), 7U);
    for (const char *key : {"rss", "total_rss", "hierarchical_memory_limit"})
        EXPECT_EQ(stat_of(kV1, key, 1), std::nullopt) << key;
}

TEST(MemoryStat, LineByLine)
{
    std::string_view text = "torn\nanon 5\nfile x\nsock 7";
    for (const auto &[key, value] : {KeyValue{"anon", 5}, KeyValue{"sock", 7}}) {
        const auto pair = next_stat(text, 2);
        ASSERT_TRUE(pair);
        EXPECT_EQ(pair->key, key);
        EXPECT_EQ(pair->value, value);
    }
    EXPECT_FALSE(next_stat(text, 2));
}

TEST(DroppableBytes, AreFilesAndSlabThatCanBeReclaimed)
{
    EXPECT_EQ(droppable_bytes("anon 5\nfile 900\nshmem 400\ninactive_anon 400\nactive_file 100\ninactive_file 200\n"
                              "slab_reclaimable 30\nslab_unreclaimable 7\n",
                              2),
              330U);
    EXPECT_EQ(droppable_bytes("active_file 1\ninactive_file 2\ntotal_inactive_file 200\ntotal_active_file 100\n", 1),
              300U);
    EXPECT_EQ(droppable_bytes("active_file x\ninactive_file\n", 2), std::nullopt);
    EXPECT_EQ(droppable_bytes("", 2), std::nullopt);
}

} // namespace
} // namespace dbgscope
