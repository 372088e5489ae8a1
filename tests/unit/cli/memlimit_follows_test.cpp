// SPDX-License-Identifier: Apache-2.0
#include "cli/memlimit_follows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace dbgscope {
namespace {

using testing::Contains;
using testing::Not;

constexpr std::uint64_t kOff = std::numeric_limits<std::int64_t>::max();

SessionRecord record_of(bool split)
{
    SessionRecord record;
    record.backend = "cgroupfs";
    record.place.scope = "/sys/fs/cgroup/x";
    record.place.divided = split;
    record.cap = Limit(512 * kMiB);
    record.scope_limit = Limit(768 * kMiB);
    record.gomemlimit_ours = Limit(300 * kMiB);
    return record;
}

TEST(MemlimitUnder, IsWhatAStartUnderThatCapWouldChoose)
{
    EXPECT_EQ(memlimit_under(Limit(512 * kMiB)), 512 * kMiB - 512 * kMiB / 10);
    EXPECT_EQ(memlimit_under(Limit(128 * kMiB)), 112 * kMiB);
    EXPECT_EQ(memlimit_under(Limit(128 * kMiB + 1)), 112 * kMiB); // the kernel cuts it to whole pages
    EXPECT_EQ(memlimit_under(Limit(32 * kMiB)), kOff);
    EXPECT_EQ(memlimit_under(Limit()), kOff);
}

TEST(OwnMemlimits, AreThoseOfTheStartAndOfTheCapUntilNow)
{
    Usage usage;
    usage.cap = Limit(256 * kMiB);
    const std::vector<std::uint64_t> ours = own_memlimits(record_of(true), usage);
    EXPECT_THAT(ours, Contains(300 * kMiB));
    EXPECT_THAT(ours, Contains(memlimit_under(Limit(512 * kMiB))));
    EXPECT_THAT(ours, Contains(memlimit_under(Limit(256 * kMiB))));
    EXPECT_THAT(ours, Not(Contains(kOff)));
}

TEST(OwnMemlimits, WithoutASplitTheDebuggersShareIsNoneOfIt)
{
    Usage usage;
    usage.cap = usage.scope_limit = Limit(kGiB);
    EXPECT_THAT(own_memlimits(record_of(false), usage), Contains(memlimit_under(Limit(768 * kMiB))));
    usage.cap = usage.scope_limit = Limit();
    EXPECT_THAT(own_memlimits(record_of(false), usage), Contains(kOff));
}

} // namespace
} // namespace dbgscope
