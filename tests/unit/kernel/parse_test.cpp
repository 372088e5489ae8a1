// SPDX-License-Identifier: Apache-2.0
#include "kernel/parse.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(Parse, Numbers)
{
    std::uint64_t number = 0;
    EXPECT_TRUE(parse_number("42\n", number));
    EXPECT_EQ(number, 42U);
    EXPECT_TRUE(parse_number("18446744073709551615", number));
    for (const char *const bad :
         {"", "\n", "18446744073709551616\n", "-1\n", "+1\n", " 1\n", "1 \n", "1\n\n", "1k\n", "0x10\n", "max\n"})
        EXPECT_FALSE(parse_number(bad, number)) << bad;
}

TEST(Parse, Limits)
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

TEST(Parse, WordsAndLines)
{
    EXPECT_EQ(split_words("cpuset cpu  memory\n"), (std::vector<std::string>{"cpuset", "cpu", "memory"}));
    EXPECT_TRUE(split_words("\n").empty());
    std::string_view text = "a\n\nb";
    EXPECT_EQ(next_line(text), "a");
    EXPECT_EQ(next_line(text), "");
    EXPECT_EQ(next_line(text), "b");
    EXPECT_TRUE(text.empty());
}

TEST(CountOf, WholeWordsOfWholeLines)
{
    const char *const text = "low 0\noom_kill 3\noom 12\nmax x\nhigh 99999999999999999999\n";
    EXPECT_EQ(count_of(text, "oom"), 12u);
    EXPECT_EQ(count_of(text, "oom_kill"), 3u);
    for (const char *word : {"oo", "kill", "max", "high", "none", ""})
        EXPECT_EQ(count_of(text, word), std::nullopt) << word;
    EXPECT_EQ(count_of("", "oom"), std::nullopt);
}

TEST(KeyValue, OfOneLine)
{
    const auto pair = parse_key_value("inactive_file 1929216");
    ASSERT_TRUE(pair);
    EXPECT_EQ(pair->key, "inactive_file");
    EXPECT_EQ(pair->value, 1929216U);
    for (const char *line : {"", "key", "key ", "key x", "key 1 2", "key -1"})
        EXPECT_FALSE(parse_key_value(line)) << line;
}

TEST(StatusValue, OfOneLine)
{
    const char *const text = "Name:\tTgid:\nTgid:\t7\nNgid:\t0\nGroups:\t\nLast:\tx";
    EXPECT_EQ(status_value(text, "Name"), "Tgid:");
    EXPECT_EQ(status_value(text, "Tgid"), "7");
    EXPECT_EQ(status_value(text, "Groups"), "");
    EXPECT_EQ(status_value(text, "Last"), "x");
    for (const char *name : {"gid", "Tg", "None"})
        EXPECT_EQ(status_value(text, name), std::nullopt) << name;
}

} // namespace
} // namespace dbgscope
