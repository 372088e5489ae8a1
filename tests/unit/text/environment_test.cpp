// SPDX-License-Identifier: Apache-2.0
#include "text/environment.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(Environment, FindsWholeNamesOnly)
{
    const std::vector<std::string> environment{"PATHS=1", "PATH=/bin", "PATH=/other", "PATH"};
    EXPECT_EQ(find_variable(environment, "PATH"), "/bin");
    EXPECT_EQ(find_variable(environment, "PAT"), std::nullopt);
}

} // namespace
} // namespace dbgscope
