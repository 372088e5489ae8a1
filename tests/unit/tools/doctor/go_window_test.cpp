// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/go_window.hpp"

#include <gtest/gtest.h>

namespace dbgscope::test {
namespace {

TEST(GoWindow, ReadsVersions)
{
    EXPECT_EQ(read_version("1.20.2"), (ToolVersion{1, 20, 2}));
    EXPECT_EQ(read_version("v1.27"), (ToolVersion{1, 27, 0}));
    EXPECT_EQ(read_version("1.24.0-rc.1"), (ToolVersion{1, 24, 0}));
    for (const char *bad : {"", "1", "v", "x.1", ".1", "-1.2", "99999999999.1"})
        EXPECT_FALSE(read_version(bad).has_value()) << bad;
}

struct Row {
    ToolVersion dlv;
    GoWindow window;
};
class GoWindowTable : public testing::TestWithParam<Row> {};
// Both ends of each run of releases.
INSTANTIATE_TEST_SUITE_P(
    All, GoWindowTable,
    testing::Values(Row{{1, 20, 0}, {18, 20}}, Row{{1, 20, 2}, {18, 20}}, Row{{1, 21, 0}, {18, 21}},
                    Row{{1, 21, 1}, {19, 21}}, Row{{1, 21, 2}, {19, 21}}, Row{{1, 22, 0}, {19, 22}},
                    Row{{1, 22, 1}, {19, 22}}, Row{{1, 23, 0}, {21, 23}}, Row{{1, 23, 1}, {21, 23}},
                    Row{{1, 24, 0}, {21, 24}}, Row{{1, 24, 2}, {21, 24}}, Row{{1, 25, 0}, {21, 24}},
                    Row{{1, 25, 1}, {22, 25}}, Row{{1, 25, 2}, {22, 25}}, Row{{1, 26, 0}, {24, 26}},
                    Row{{1, 26, 3}, {24, 26}}, Row{{1, 27, 0}, {25, 27}}, Row{{1, 27, 1}, {25, 27}}));

TEST_P(GoWindowTable, HasTheRelease)
{
    EXPECT_EQ(go_window(GetParam().dlv), GetParam().window);
}

TEST(GoWindow, KnowsWhatItDoesNotKnow)
{
    EXPECT_FALSE(go_window({1, 19, 1}).has_value());
    EXPECT_FALSE(go_window({1, 28, 0}).has_value());
    EXPECT_FALSE(go_window({2, 20, 0}).has_value());
    EXPECT_EQ(go_window({1, 22, 9}), (GoWindow{19, 22})) << "a later patch release";
    EXPECT_EQ(go_window({1, 24, 9}), (GoWindow{21, 24}));
}

TEST(GoWindow, NamesTheNewestFittingDlv)
{
    EXPECT_EQ(dlv_for_go(18), "1.21.0");
    EXPECT_EQ(dlv_for_go(20), "1.22.1");
    EXPECT_EQ(dlv_for_go(24), "1.26.3");
    EXPECT_EQ(dlv_for_go(27), "1.27.1");
    EXPECT_EQ(dlv_for_go(17), "");
    EXPECT_EQ(dlv_for_go(28), "");
}

} // namespace
} // namespace dbgscope::test
