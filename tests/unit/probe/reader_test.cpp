// SPDX-License-Identifier: Apache-2.0
#include "probe/reader.hpp"

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

TEST(Reader, Numbers)
{
    std::uint64_t number = 0;
    EXPECT_TRUE(parse_number("42\n", number));
    EXPECT_EQ(number, 42U);
    EXPECT_TRUE(parse_number("18446744073709551615", number));
    for (const char *const bad :
         {"", "\n", "18446744073709551616\n", "-1\n", "+1\n", " 1\n", "1 \n", "1\n\n", "1k\n", "0x10\n", "max\n"})
        EXPECT_FALSE(parse_number(bad, number)) << bad;
}

TEST(Reader, Limits)
{
    const auto parsed = [](std::string_view text) {
        Limit limit(1);
        return parse_limit(text, limit) ? format_limit(limit) : "bad";
    };
    EXPECT_EQ(parsed("max\n"), "infinity");
    EXPECT_EQ(parsed("536870912\n"), "512M");
    EXPECT_EQ(parsed("0\n"), "0");
    EXPECT_EQ(parsed("9223372036854771712\n"), "infinity"); // 4 KiB pages
    EXPECT_EQ(parsed("9223372036854710272\n"), "infinity"); // 64 KiB pages
    EXPECT_EQ(parsed("9223372036854775807\n"), "infinity"); // before 3.19
    EXPECT_EQ(parsed("4611686018427387904\n"), "4E");
    EXPECT_EQ(parsed("maximum\n"), "bad");
    EXPECT_EQ(parsed("99999999999999999999999\n"), "bad");
}

TEST(Reader, WordsAndLines)
{
    EXPECT_EQ(split_words("cpuset cpu  memory\n"), (std::vector<std::string>{"cpuset", "cpu", "memory"}));
    EXPECT_TRUE(split_words("\n").empty());
    std::string_view text = "a\n\nb";
    EXPECT_EQ(next_line(text), "a");
    EXPECT_EQ(next_line(text), "");
    EXPECT_EQ(next_line(text), "b");
    EXPECT_TRUE(text.empty());
}

} // namespace
} // namespace dbgscope
