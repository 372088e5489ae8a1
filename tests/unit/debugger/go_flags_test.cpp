// SPDX-License-Identifier: Apache-2.0
#include "debugger/go_flags.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using Words = std::vector<std::string>;

TEST(SplitQuoted, IsThatOfTheGoCommand)
{
    const struct {
        const char *text;
        Words words;
    } cases[] = {
        {"", {}},
        {" \t\r\n", {}},
        {"a b", {"a", "b"}},
        {" a\tb\nc ", {"a", "b", "c"}},
        {"'a b' c", {"a b", "c"}},
        {"\"a 'b'\" c", {"a 'b'", "c"}},
        {"a'b c'", {"a'b", "c'"}}, // a quote inside a word is itself
        {"'a'b", {"a", "b"}},      // the quote ends the word
        {"''", {""}},
        {R"('a\' b)", {R"(a\)", "b"}}, // nothing is unescaped
    };
    for (const auto &[text, words] : cases)
        EXPECT_EQ(split_quoted(text).value_or(Words{"open"}), words) << text;
    for (const char *open : {"'", "a 'b", "'a\"", "'a' 'b", "\"a'"}) {
        const auto read = split_quoted(open);
        ASSERT_FALSE(read) << open;
        EXPECT_EQ(read.error(), *open == '"' ? '"' : '\'') << open;
    }
}

TEST(GoFlags, AreJudgedAsGoDoes)
{
    for (const char *good : {"", "-w", "-ldflags", "-count=1", "--trimpath"})
        for (const std::optional<int> minor : {std::optional<int>(), std::optional(19), std::optional(24)})
            EXPECT_EQ(read_goflags(good, minor).error, "") << good;
    EXPECT_EQ(read_goflags("'-ldflags=-s -w' -mod=mod", 24).words, (Words{"-ldflags=-s -w", "-mod=mod"}));
    EXPECT_EQ(read_goflags("\"-tags=a b\"", {}).words, Words{"-tags=a b"});
    for (const char *bad : {"mod", "-tags a", "-nosuch", "-", "--", "---v", "-=x", "'-ldflags=-s", "''"})
        for (const int minor : {19, 24}) {
            EXPECT_NE(read_goflags(bad, minor).error, "") << bad;
            EXPECT_TRUE(read_goflags(bad, minor).words.empty()) << bad;
        }
    EXPECT_EQ(read_goflags("'-ldflags=-s -w'", 19).error, "non-flag \"'-ldflags=-s\""); // tried with Go 1.19.8
    EXPECT_EQ(read_goflags("\"-tags=a b\"", 19).error, R"(non-flag "\"-tags=a")");
    EXPECT_EQ(read_goflags("'-trimpath'", 19).error, "non-flag \"'-trimpath'\"");
    EXPECT_EQ(read_goflags("'-trimpath", 24).error, "unterminated ' string"); // quoted.Split
    EXPECT_EQ(read_goflags("-ldflags='-s -w'", 24).error, "unknown flag -w'");
    EXPECT_TRUE(goflags_take_quotes({}) && goflags_take_quotes(24) && !goflags_take_quotes(19));
}

std::string effects_of(const Words &words)
{
    const BuildEffects effects = build_effects(words);
    return (effects.trims ? "trims" : "") + effects.strips;
}

TEST(BuildEffects, AreWhatADebuggerMisses)
{
    const struct {
        Words words;
        const char *effects;
    } cases[] = {
        {{}, ""},
        {{"-trimpath"}, "trims"},
        {{"--trimpath=1"}, "trims"},
        {{"-trimpath=false"}, ""},
        {{"-trimpath", "-trimpath=0"}, ""},
        {{"trimpath", "---trimpath"}, ""},
        {{"-ldflags=-s -w"}, "-s"},
        {{"--ldflags=-w=true"}, "-w"},
        {{"-ldflags", "-X a=b -w"}, "-w"},
        {{"-ldflags=-s=false -w=F"}, ""},
        {{"-ldflags=all=-s"}, "-s"},
        {{"-ldflags= net=-w"}, "-w"},
        {{"-ldflags=-X 'main.a=b -s'"}, ""}, // one word of the linker's
        {{"-ldflags=-extldflags -s"}, ""},   // a value
        {{"-ldflags=-X=a=b -s"}, "-s"},
        {{"-ldflags=-s", "-ldflags=-X a=b"}, ""}, // the last one counts
        {{"-ldflags=-s", "-ldflags=net=-v"}, "-s"},
        {{"-ldflags=-s", "-ldflags="}, ""},
        {{"-ldflags"}, ""},
        {{"-s", "-w", "-v"}, ""},
    };
    for (const auto &[words, effects] : cases)
        EXPECT_EQ(effects_of(words), effects) << (words.empty() ? "" : words[0]);
}

} // namespace
} // namespace dbgscope
