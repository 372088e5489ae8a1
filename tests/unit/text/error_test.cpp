// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "dbgscope/error.hpp"

namespace dbgscope {
namespace {

TEST(ErrorLine, EscapesControlCharacters)
{
    EXPECT_EQ(to_line({.operation = "read", .subject = "/a\n\x1b[2J", .cause = "gone", .hint = "look"}),
              "cannot read /a\\x0a\\x1b[2J: gone (look)");
}

} // namespace
} // namespace dbgscope
