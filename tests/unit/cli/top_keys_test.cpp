// SPDX-License-Identifier: Apache-2.0
#include "cli/top_keys.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace dbgscope {
namespace {

using Keys = std::vector<TopKey>;

Keys typed(std::string_view bytes)
{
    TopKeys keys;
    Keys all;
    for (const char byte : bytes)
        if (const auto key = keys.feed(byte))
            all.push_back(*key);
    return all;
}

TEST(TopKeys, Letters)
{
    EXPECT_EQ(typed("hc+sjkq"), (Keys{TopKey::hold, TopKey::go_on, TopKey::more, TopKey::snapshot, TopKey::down,
                                      TopKey::up, TopKey::quit}));
    EXPECT_EQ(typed("HQ xyz\r\n\t\x7f\xc3\xbc"), Keys{});
}

TEST(TopKeys, Arrows)
{
    EXPECT_EQ(typed("\x1b[A\x1b[B"), (Keys{TopKey::up, TopKey::down}));
    EXPECT_EQ(typed("\x1bOA\x1bOB"), (Keys{TopKey::up, TopKey::down}));
    EXPECT_EQ(typed("\x1b[1;5Bq"), (Keys{TopKey::down, TopKey::quit})); // with Ctrl
}

TEST(TopKeys, NoLetterOfASequenceIsAKey)
{
    EXPECT_EQ(typed("\x1b[3~\x1b[15~\x1b[200~"), Keys{});
    EXPECT_EQ(typed("\x1b[c\x1b[0h\x1bOs"), Keys{}); // their last bytes alone would be keys
    EXPECT_EQ(typed("\x1b[\x1b[Aq"), (Keys{TopKey::up, TopKey::quit}));
}

TEST(TopKeys, EscapeAndThenAKey)
{
    EXPECT_EQ(typed("\x1bq"), Keys{TopKey::quit});
    EXPECT_EQ(typed("\x1b\x1bq"), Keys{TopKey::quit});
}

} // namespace
} // namespace dbgscope
