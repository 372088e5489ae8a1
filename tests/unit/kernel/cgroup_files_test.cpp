// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup_files.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(CgroupFiles, AreCalledDifferentlyInEachVersion)
{
    EXPECT_STREQ(file_name(CgroupFile::limit, 1), "memory.limit_in_bytes");
    EXPECT_STREQ(file_name(CgroupFile::limit, 2), "memory.max");
    EXPECT_STREQ(file_name(CgroupFile::limit, 0), "memory.max");
    EXPECT_STREQ(file_name(CgroupFile::enter, 1), "tasks");
    EXPECT_STREQ(file_name(CgroupFile::enter, 2), "cgroup.procs");
    EXPECT_STREQ(file_name(CgroupFile::cpu_weight, 2), "cpu.weight");
}

TEST(CgroupFiles, AreNotInBothVersions)
{
    EXPECT_FALSE(has_file(CgroupFile::high, 1));
    EXPECT_TRUE(has_file(CgroupFile::high, 2));
    EXPECT_TRUE(has_file(CgroupFile::both_limit, 1));
    EXPECT_FALSE(has_file(CgroupFile::both_limit, 2));
    for (const int version : {1, 2})
        EXPECT_TRUE(has_file(CgroupFile::stat, version));
}

TEST(CgroupFiles, ControlFilesTakeWhatTheirHierarchyUnderstands)
{
    EXPECT_EQ(control_text(Limit(4096), 1), "4096");
    EXPECT_EQ(control_text(Limit(4096), 2), "4096");
    EXPECT_EQ(control_text(Limit(), 1), "-1");
    EXPECT_EQ(control_text(Limit(), 2), "max");
}

} // namespace
} // namespace dbgscope
