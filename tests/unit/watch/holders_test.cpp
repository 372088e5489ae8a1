// SPDX-License-Identifier: Apache-2.0
#include "watch/holders.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(Holders, TakesWholeLinesAndLeavesTheRest)
{
    std::string text = "say no snapshot\nwho who holds it: main.a\nheld-by main.a main.go:13\ngrown-by f f.c:7\nsnap";
    LookNews news;
    take_look_lines(text, news);
    EXPECT_EQ(news.say, std::vector<std::string>{"no snapshot"});
    EXPECT_EQ(news.who, std::vector<std::string>{"who holds it: main.a"});
    EXPECT_EQ(news.held_by, "main.a main.go:13");
    EXPECT_EQ(news.grown_by, "f f.c:7");
    EXPECT_EQ(news.snapshot, "");
    EXPECT_EQ(text, "snap");
    text += "shot /var/lib/x y\n";
    take_look_lines(text, news);
    EXPECT_EQ(news.snapshot, "/var/lib/x y");
    EXPECT_EQ(text, "");
}

TEST(Holders, OtherLinesAreLeftOut)
{
    std::string text = "\nsay\nshout x\n say x\n";
    LookNews news;
    take_look_lines(text, news);
    EXPECT_EQ(news.say, std::vector<std::string>{""});
    EXPECT_EQ(news.held_by + news.snapshot + text, "");
}

} // namespace
} // namespace dbgscope
