// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "plan/expand.hpp"

namespace dbgscope {
namespace {

using Words = std::vector<std::string>;

TEST(ExpandEnvironment, FollowsSystemdsRule)
{
    const std::vector<std::pair<std::string, std::string>> environment{
        {"A", "one  two"}, {"B", "x"}, {"B", "y"}, {"E", ""}};
    const struct {
        Words in, out;
    } table[] = {
        {{"$A"}, {"one", "two"}},
        {{"${A}"}, {"one  two"}},
        {{"a${B}c${B}"}, {"aycy"}},
        {{"$E", "z"}, {"z"}},
        {{"${E}"}, {""}},
        {{"$$A"}, {"$A"}},
        {{"a$B"}, {"a$B"}},
        {{"${A"}, {"${A"}},
        {{"$"}, {"$"}},
        {{"$1"}, {"$1"}},
        {{"${1}"}, {"${1}"}},
        {{"$NONE"}, {}},
        {{"${NONE}"}, {""}},
        {{"${A}${"}, {"one  two${"}},
    };
    for (const auto &row : table)
        EXPECT_EQ(expand_environment(row.in, environment), row.out) << row.in.front();
}

} // namespace
} // namespace dbgscope
