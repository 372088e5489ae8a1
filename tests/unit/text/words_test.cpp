// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "text/words.hpp"

namespace dbgscope::values {
namespace {

using List = std::vector<std::string>;

TEST(SplitWords, BlanksAndQuotes)
{
    const std::pair<const char *, List> table[] = {
        {"", {}},
        {" \t ", {}},
        {"a  b\tc", {"a", "b", "c"}},
        {"\"a b\" 'c d'", {"a b", "c d"}},
        {"a\"b c\"d", {"ab cd"}},
        {"\"it's\"", {"it's"}},
        {"\"\" x", {"", "x"}},
        {"a\\ b", {"a b"}},
        {"\\n", {"n"}},
    };
    for (const auto &[text, expected] : table)
        EXPECT_EQ(split_words(text, Escapes::literal), expected) << text;
}

TEST(SplitWords, DecodesEscapes)
{
    EXPECT_EQ(split_words("a\\n\\t\\sb", Escapes::decoded), (List{"a\n\t b"}));
    EXPECT_EQ(split_words("\\x41\\101\\u00e9\\U0001f600\\\\\\\"", Escapes::decoded), (List{"AA\u00e9\U0001f600\\\""}));
    EXPECT_EQ(split_words("'a\\tb'", Escapes::decoded), (List{"a\tb"}));
}

TEST(SplitWords, RefusesBrokenQuoting)
{
    EXPECT_EQ(split_words("\"a", Escapes::literal).error(), "a quote is not closed");
    EXPECT_EQ(split_words("a \\", Escapes::literal).error(), "ends with a backslash");
    for (const char *text : {"\\q", "\\x4", "\\x00", "\\000", "\\777", "\\ud800", "\\U00110000", "\\u12", "\\x-1"})
        EXPECT_FALSE(split_words(text, Escapes::decoded)) << text;
}

} // namespace
} // namespace dbgscope::values
