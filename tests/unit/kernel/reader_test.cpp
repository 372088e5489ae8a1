// SPDX-License-Identifier: Apache-2.0
#include "kernel/reader.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "fake_root.hpp"

namespace dbgscope {
namespace {

TEST(Reader, ReadsWholeFilesOfEverySize)
{
    test::FakeRoot root;
    Reader reader(root.path());
    for (const std::size_t size : {0U, 1U, 4096U, 16383U, 16384U, 16385U, 65536U, 300000U, 1048575U}) {
        root.file("/f", std::string(size, 'x'));
        for (const Records records : {Records::single, Records::many}) {
            const auto text = reader.read("/f", records);
            ASSERT_TRUE(text) << size;
            EXPECT_EQ(text->size(), size);
        }
    }
    root.file("/f", std::string(2000000, 'x'));
    EXPECT_EQ(reader.read("/f").error(), EFBIG);
}

TEST(Reader, FailuresAreErrno)
{
    test::FakeRoot root;
    Reader reader(root.path());
    root.dir("/d").file("/secret", "x", 0);
    EXPECT_EQ(reader.read("/none").error(), ENOENT);
    EXPECT_EQ(reader.read("/d").error(), EISDIR);
    const test::AsOrdinaryUser user;
    EXPECT_EQ(reader.read("/secret").error(), EACCES);
    EXPECT_EQ(reader.access("/secret", R_OK), EACCES);
    EXPECT_TRUE(reader.exists("/secret"));
}

TEST(Reader, WhyOfErrno)
{
    EXPECT_EQ(why_of(ENOENT), Why::absent);
    EXPECT_EQ(why_of(ENODEV), Why::absent); // a cgroup removed between open and read
    EXPECT_EQ(why_of(EACCES), Why::denied);
    EXPECT_EQ(why_of(EROFS), Why::denied);
    EXPECT_EQ(why_of(EOPNOTSUPP), Why::disabled);
    EXPECT_EQ(why_of(EISDIR), Why::malformed);
    EXPECT_EQ(unknown(ENOENT, "/x").detail, "read /x: No such file or directory");
    EXPECT_EQ(malformed("/x", std::string(60, 'y')).detail,
              "read /x: unexpected text \"" + std::string(40, 'y') + "…\"");
}

} // namespace
} // namespace dbgscope
