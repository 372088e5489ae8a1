// SPDX-License-Identifier: Apache-2.0
#include "debugger/go_live_limit.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(GoMemlimitCommand, IsTheDebuggersOwn)
{
    // 1G − 10 %
    EXPECT_EQ(go_memlimit_command("dlv", "go1.19.8", Limit(kGiB)),
              "set runtime.gcController.memoryLimit.value = 966367642");
    EXPECT_TRUE(go_memlimit_command("dlv", "go1.19.8", Limit(128 * kMiB))); // no build is going on any more
    EXPECT_EQ(go_memlimit_command("gdb", "go1.24.4", Limit(kGiB)),
              "set var 'runtime.gcController'.memoryLimit.value = 966367642");
    EXPECT_EQ(go_memlimit_command("gdbserver", "go1.19", Limit()),
              "set var 'runtime.gcController'.memoryLimit.value = 9223372036854775807");
}

TEST(GoMemlimitCommand, IsNotGuessed)
{
    EXPECT_FALSE(go_memlimit_command("dlv", "go1.18.10", Limit(kGiB)));
    EXPECT_FALSE(go_memlimit_command("dlv", "", Limit(kGiB)));
    EXPECT_FALSE(go_memlimit_command("lldb-server", "go1.22", Limit(kGiB)));
    EXPECT_FALSE(go_memlimit_command("dlv", "go1.22", Limit(32 * kMiB))); // too small for one
}

} // namespace
} // namespace dbgscope
