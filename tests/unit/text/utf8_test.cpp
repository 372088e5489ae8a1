// SPDX-License-Identifier: Apache-2.0
#include "dbgscope/utf8.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(Utf8, WellFormed)
{
    for (const char *const good : {"", "plain", "\x7f", "\xc2\x80", "\xc3\xa4", "\xe2\x82\xac", "\xef\xbf\xbf",
                                   "\xf0\x9f\x90\x9b", "\xf4\x8f\xbf\xbf"})
        EXPECT_TRUE(is_utf8(good)) << good;
}

TEST(Utf8, IllFormed)
{
    for (const char *const bad : {"\x80", "\xff", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xe2\x82",
                                  "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xe2z"})
        EXPECT_FALSE(is_utf8(bad));
}

TEST(Utf8, EveryByteRoundTrips)
{
    std::string all;
    for (int i = 0; i < 256; ++i)
        all += static_cast<char>(i);
    for (const std::string &text : {all, std::string("\xe2\x82"), std::string("\\"), std::string("\\x2d\xff\\")}) {
        EXPECT_TRUE(is_utf8(escape_bytes(text)));
        EXPECT_EQ(unescape_bytes(escape_bytes(text)), text);
    }
    EXPECT_EQ(escape_bytes("a\xff\\\xc3\xa4"), "a\\xff\\x5c\xc3\xa4");
}

TEST(Utf8, UnescapeRefusesWhatEscapeNeverWrites)
{
    for (const char *const bad : {"\\", "\\x", "\\xf", "\\xfg", "\\n", "\\\\"})
        EXPECT_EQ(unescape_bytes(bad), std::nullopt) << bad;
}

TEST(Printable, NothingIsHiddenOrPutInAnotherOrder)
{
    EXPECT_EQ(printable("a\u202eb\u2066c\u2069"), "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6c\\xe2\\x81\\xa9");
    EXPECT_EQ(printable("root\u200b"), "root\\xe2\\x80\\x8b");
    EXPECT_EQ(printable("\ufeff\u00ad\u2028\U000e0041"),
              "\\xef\\xbb\\xbf\\xc2\\xad\\xe2\\x80\\xa8\\xf3\\xa0\\x81\\x81");
    EXPECT_EQ(printable("\u05d0\u0627 \u20ac \U0001f600"), "\u05d0\u0627 \u20ac \U0001f600");
}

TEST(Printable, TheLinesOfATextStay)
{
    EXPECT_EQ(printable_lines("a\tb\r\nc\rd\n\x1b[2J\n"), "a\tb\r\nc\\x0dd\n\\x1b[2J\n");
    EXPECT_EQ(printable_lines("no end\u200b"), "no end\\xe2\\x80\\x8b");
    EXPECT_EQ(printable_lines(""), "");
}

TEST(Printable, NothingReachesTheTerminalThatItWouldObey)
{
    EXPECT_EQ(printable("a\x1b[31m\nb\t\x7f"), "a\\x1b[31m\\x0ab\\x09\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "\\xc2\\x9b"
              "31m"); // C1 CSI as UTF-8
    EXPECT_EQ(printable("\x9b"
                        "31m"),
              "\\x9b"
              "31m"); // and as a bare byte
    EXPECT_EQ(printable("dev-\\x2d\xc3\xa4"), "dev-\\x2d\xc3\xa4");
}

} // namespace
} // namespace dbgscope
