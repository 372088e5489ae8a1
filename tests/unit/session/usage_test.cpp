// SPDX-License-Identifier: Apache-2.0
#include "session/usage.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "../launch/host.hpp"

namespace dbgscope {
namespace {

using test::TemporaryDirectory;

SessionRecord record_in(const TemporaryDirectory &tree, int version, bool split)
{
    SessionRecord record;
    record.place.scope = tree / "x.scope";
    record.place.version = version;
    record.place.divided = split;
    record.cap = Limit(512 * kMiB);
    return record;
}

TEST(Usage, OfASplitSessionIsTheDebuggees)
{
    const TemporaryDirectory tree;
    tree.write("x.scope/memory.max", "1073741824\n");
    tree.write("x.scope/debuggee/memory.max", "536870912\n");
    tree.write("x.scope/debuggee/memory.high", "max\n");
    tree.write("x.scope/debuggee/memory.current", "104857600\n");
    tree.write("x.scope/debuggee/memory.peak", "209715200\n");
    tree.write("x.scope/debuggee/memory.stat", "active_file 1048576\n");
    tree.write("x.scope/debuggee/cgroup.events", "populated 1\nfrozen 1\n");
    SessionRecord record = record_in(tree, 2, true);
    const Usage usage = read_usage(record);
    EXPECT_EQ(usage.current_bytes, 100 * kMiB);
    EXPECT_EQ(usage.peak_bytes, 200 * kMiB);
    EXPECT_EQ(usage.cap, Limit(512 * kMiB));
    EXPECT_EQ(usage.scope_limit, Limit(kGiB));
    EXPECT_EQ(usage.high, Limit());
    EXPECT_EQ(usage.kept_bytes(), 99 * kMiB);
    EXPECT_TRUE(usage.frozen);

    record.debuggee_peak_bytes = 300 * kMiB; // of an earlier debuggee whose cgroup was emptied
    EXPECT_EQ(read_usage(record).peak_bytes, 300 * kMiB);
    record.place.divided = false;
    EXPECT_EQ(read_usage(record).cap, Limit(kGiB));
    EXPECT_EQ(read_usage(record).current_bytes, std::nullopt);
}

TEST(Usage, OnV1WithAFuseTheLimitIsTheLine)
{
    const TemporaryDirectory tree;
    tree.write("x.scope/memory.limit_in_bytes", "9223372036854771712\n");
    tree.write("x.scope/debuggee/memory.limit_in_bytes", "509607936\n"); // 486M
    tree.write("x.scope/debuggee/memory.memsw.limit_in_bytes", "509607936\n");
    tree.write("x.scope/debuggee/memory.usage_in_bytes", "104857600\n");
    SessionRecord record = record_in(tree, 1, true);
    EXPECT_EQ(read_usage(record).cap, Limit(486 * kMiB)); // no fuse: it is what it says
    record.fuse = Limit(486 * kMiB);
    EXPECT_EQ(read_usage(record).cap, Limit(512 * kMiB));
    EXPECT_EQ(read_usage(record).memory_limit, Limit(486 * kMiB));
    EXPECT_EQ(read_usage(record).scope_limit, Limit());
    tree.write("x.scope/debuggee/memory.limit_in_bytes", "1073741824\n"); // just raised
    EXPECT_EQ(read_usage(record).cap, Limit(kGiB));
}

TEST(Usage, OfACgroupThatIsGoneIsUnknown)
{
    const TemporaryDirectory tree;
    const Usage usage = read_usage(record_in(tree, 2, true));
    EXPECT_EQ(usage.current_bytes, std::nullopt);
    EXPECT_EQ(usage.cap, std::nullopt);
    EXPECT_EQ(usage.kept_bytes(), std::nullopt);
    EXPECT_FALSE(read_usage(SessionRecord{}).cap);
}

TEST(Usage, WithoutACgroupIsOfTheProcesses)
{
    SessionRecord record;
    record.backend = "none";
    record.cap = Limit(128 * kMiB);
    EXPECT_EQ(read_usage(record).current_bytes, std::nullopt);
    record.debuggees = {::getpid()};
    const Usage usage = read_usage(record);
    EXPECT_GT(usage.current_bytes.value_or(0), 4096U);
    EXPECT_EQ(usage.cap, record.cap);
    EXPECT_FALSE(usage.stopped);
}

} // namespace
} // namespace dbgscope
