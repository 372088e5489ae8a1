// SPDX-License-Identifier: Apache-2.0
#include "session/cap.hpp"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using testing::ElementsAre;

constexpr Limit k256(256 * kMiB), k512(512 * kMiB), k768(768 * kMiB), k1G(kGiB), k2G(2 * kGiB);

/// "unit MemoryMax=1G" or "debuggee/memory.max=1073741824"
std::vector<std::string> words(const CapChange &change)
{
    std::vector<std::string> all;
    for (const CapStep &step : change.steps)
        all.push_back(step.unit ? "unit MemoryMax=" + format_limit(step.limit) : step.file + '=' + step.value);
    return all;
}

struct Case {
    SessionRecord record;
    Usage usage;
};

/// cap 512M; whole session 768M
Case split_v2(const std::string &backend, bool fuse = true)
{
    Case start;
    start.record.backend = backend;
    start.record.place.version = 2;
    start.record.place.divided = true;
    start.record.cap = k512;
    start.record.fuse = fuse ? fuse_line_for(k512) : Limit();
    start.record.scope_limit = k768;
    start.usage.cap = k512;
    start.usage.scope_limit = k768;
    start.usage.high = start.record.fuse;
    return start;
}

TEST(FuseLine, IsBelowTheCapButNotFar)
{
    EXPECT_EQ(fuse_line_for(Limit()), Limit());
    EXPECT_EQ(fuse_line_for(k1G), Limit(kGiB - kGiB / 20));
    EXPECT_EQ(fuse_line_for(Limit(160 * kMiB)), Limit(152 * kMiB));
    EXPECT_EQ(fuse_line_for(Limit(64 * kMiB)), Limit(56 * kMiB));
    EXPECT_EQ(fuse_line_for(Limit(8 * kMiB)), Limit(4 * kMiB));
    EXPECT_EQ(fuse_line_for(Limit(0)), Limit(0));
}

TEST(CapChange, RaisesFromTheOutsideInAndThaws)
{
    const Case start = split_v2("cgroupfs");
    const CapChange change = plan_cap_change(start.record, start.usage, k1G);
    EXPECT_TRUE(change.raises);
    EXPECT_EQ(change.scope_limit, Limit(1280 * kMiB));
    EXPECT_THAT(words(change), ElementsAre("memory.max=1342177280", "debuggee/memory.max=1073741824",
                                           "debuggee/memory.high=1020054733", "debuggee/cgroup.freeze=0"));
}

TEST(CapChange, OfASystemdScopeLeavesItsOwnFilesToSystemd)
{
    const Case start = split_v2("systemd-user");
    EXPECT_THAT(words(plan_cap_change(start.record, start.usage, k1G)),
                ElementsAre("unit MemoryMax=1.2G", "debuggee/memory.max=1073741824", "debuggee/memory.high=1020054733",
                            "debuggee/cgroup.freeze=0"));
}

TEST(CapChange, LowersFromTheInsideOutAndKeepsTheWhole)
{
    const Case start = split_v2("systemd-user");
    const CapChange change = plan_cap_change(start.record, start.usage, k256);
    EXPECT_FALSE(change.raises);
    EXPECT_EQ(change.scope_limit, k768);
    EXPECT_THAT(words(change), ElementsAre("debuggee/memory.high=255013684", "debuggee/memory.max=268435456"));
}

TEST(CapChange, KeepsTheDebuggersRoomWhenRaisedTwice)
{
    Case start = split_v2("cgroupfs");
    start.usage.cap = k1G; // what the first raise has left; the record may still tell the old ones
    start.usage.scope_limit = Limit(1280 * kMiB);
    start.record.scope_limit = k512;
    EXPECT_EQ(plan_cap_change(start.record, start.usage, k2G).scope_limit, Limit(2304 * kMiB));
}

TEST(CapChange, RaisesTheWholeOnlyWhereItIsALimit)
{
    Case start = split_v2("systemd-system", false);
    start.record.scope_limit = Limit();
    start.usage.scope_limit = Limit();
    EXPECT_THAT(words(plan_cap_change(start.record, start.usage, k1G)),
                ElementsAre("debuggee/memory.max=1073741824", "debuggee/cgroup.freeze=0"));
}

TEST(CapChange, ToInfinityTakesAllOfThemAway)
{
    const Case start = split_v2("cgroupfs");
    EXPECT_THAT(words(plan_cap_change(start.record, start.usage, Limit())),
                ElementsAre("memory.max=max", "debuggee/memory.max=max", "debuggee/memory.high=max",
                            "debuggee/cgroup.freeze=0"));
}

TEST(CapChange, LeavesALiftedFuseAlone)
{
    Case start = split_v2("cgroupfs");
    start.usage.high = Limit(); // the debugger has detached
    const CapChange change = plan_cap_change(start.record, start.usage, k256);
    EXPECT_EQ(change.fuse, Limit());
    EXPECT_THAT(words(change), ElementsAre("debuggee/memory.max=268435456"));
}

Case split_v1()
{
    Case start = split_v2("cgroupfs");
    start.record.place.version = 1;
    start.usage.high.reset();
    start.usage.memory_limit = start.usage.swap_limit = start.record.fuse;
    start.usage.scope_swap_limit = k768;
    return start;
}

TEST(CapChange, OnV1SwapGoesFirstWhenRaisingAndTheWatcherMakesTheLine)
{
    const Case start = split_v1();
    EXPECT_THAT(words(plan_cap_change(start.record, start.usage, k1G)),
                ElementsAre("memory.memsw.limit_in_bytes=1342177280", "memory.limit_in_bytes=1342177280",
                            "debuggee/memory.memsw.limit_in_bytes=1073741824",
                            "debuggee/memory.limit_in_bytes=1073741824"));
    EXPECT_THAT(
        words(plan_cap_change(start.record, start.usage, k256)),
        ElementsAre("debuggee/memory.limit_in_bytes=268435456", "debuggee/memory.memsw.limit_in_bytes=268435456"));
}

TEST(CapChange, OnV1SwapBesideTheCapStays)
{
    Case start = split_v1();
    start.record.fuse = Limit();
    start.usage.memory_limit = k512;
    start.usage.swap_limit = k768; // 256M of swap
    EXPECT_THAT(
        words(plan_cap_change(start.record, start.usage, k256)),
        ElementsAre("debuggee/memory.limit_in_bytes=268435456", "debuggee/memory.memsw.limit_in_bytes=536870912"));
    start.usage.swap_limit = Limit(); // unlimited, or no swap accounting
    start.usage.scope_swap_limit.reset();
    EXPECT_THAT(words(plan_cap_change(start.record, start.usage, Limit())),
                ElementsAre("memory.limit_in_bytes=-1", "debuggee/memory.limit_in_bytes=-1"));
}

TEST(CapChange, WithoutASplitIsOneLimitWithTheDebuggersShare)
{
    Case start = split_v2("systemd-user", false);
    start.record.place.divided = false;
    start.usage.cap = start.usage.scope_limit = k768;
    const CapChange raised = plan_cap_change(start.record, start.usage, k1G);
    EXPECT_TRUE(raised.raises);
    EXPECT_THAT(words(raised), ElementsAre("unit MemoryMax=1.2G"));
    const CapChange lowered = plan_cap_change(start.record, start.usage, k256);
    EXPECT_FALSE(lowered.raises);
    EXPECT_EQ(lowered.scope_limit, k512);
    start.record.backend = "cgroupfs";
    EXPECT_THAT(words(plan_cap_change(start.record, start.usage, k256)), ElementsAre("memory.max=536870912"));
}

TEST(CheckCap, RefusesToKill)
{
    Case start = split_v2("cgroupfs");
    start.record.id = "dlv-x";
    start.usage.current_bytes = 400 * kMiB;
    start.usage.file_bytes = 100 * kMiB;
    const auto check = [&](Limit wanted) {
        return check_cap(start.record, start.usage, plan_cap_change(start.record, start.usage, wanted));
    };
    EXPECT_TRUE(check(k1G));
    EXPECT_TRUE(check(Limit(300 * kMiB)));
    const auto refused = check(k256);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::limit);
    EXPECT_EQ(to_line(refused.error()),
              "cannot lower the cap of dlv-x to 256M: 400M is in use, of which 300M is no page "
              "cache and stays until the program frees it (the kernel would kill the debuggee "
              "for it)");
    start.usage.cap = k256;
    EXPECT_TRUE(check(Limit(280 * kMiB))); // raised, if not far enough
    start.usage.current_bytes.reset();
    EXPECT_TRUE(check(Limit(kMiB)));
}

TEST(LowerLimitAround, IsTheLowestAboveTheScope)
{
    const test::TemporaryDirectory tree;
    tree.write("a.slice/memory.max", "2147483648\n");
    tree.write("a.slice/b.slice/memory.max", "1073741824\n");
    tree.write("a.slice/b.slice/c.slice/memory.max", "max\n");
    SessionRecord record;
    record.place.version = 2;
    record.place.scope = tree / "a.slice/b.slice/c.slice/x.scope";
    EXPECT_EQ(lower_limit_around(record, Limit()), "1G of " + tree.path() + "/a.slice/b.slice");
    EXPECT_EQ(lower_limit_around(record, k1G), "");
    EXPECT_EQ(lower_limit_around(SessionRecord{}, k1G), "");
}

TEST(WriteStep, SaysWhatCouldNotBeWritten)
{
    const test::TemporaryDirectory tree;
    tree.write("x.scope/debuggee/memory.max", "1");
    SessionRecord record;
    record.place.scope = tree / "x.scope";
    EXPECT_TRUE(write_step(record, {.file = "debuggee/memory.max", .value = "536870912"}));
    EXPECT_EQ(test::slurp(tree / "x.scope/debuggee/memory.max"), "536870912");
    EXPECT_TRUE(write_step(record, {.file = "debuggee/cgroup.freeze", .value = "0", .optional = true}));
    const auto failed = write_step(record, {.file = "debuggee/memory.high", .value = "5"});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().error_number, ENOENT);
}

TEST(CapChange, IsTakenByTheKernelOnV1)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const test::HostCgroup scope(test::own_cgroup().memory.chain.back().dir);
    ASSERT_TRUE(scope.made());
    ASSERT_EQ(::mkdir((scope.path() + "/debuggee").c_str(), 0755), 0);
    Case start = split_v1();
    SessionRecord &record = start.record;
    record.place.scope = scope.path();
    const std::string own = scope.path() + "/debuggee/";
    for (const char *name : {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes"}) {
        ASSERT_TRUE(write_at(AT_FDCWD, scope.path() + '/' + name, std::to_string(k768.bytes())));
        ASSERT_TRUE(write_at(AT_FDCWD, own + name, std::to_string(record.fuse.bytes())));
    }
    for (const Limit wanted : {k1G, k2G, k256, Limit(), k512}) {
        const CapChange change = plan_cap_change(record, read_usage(record), wanted);
        for (const CapStep &step : change.steps) {
            const auto written = write_step(record, step);
            EXPECT_TRUE(written) << to_line(written.error());
        }
        record.cap = wanted; // as the watcher does
        EXPECT_EQ(read_usage(record).memory_limit, wanted) << format_limit(wanted);
        EXPECT_GE(*read_usage(record).scope_limit, wanted);
    }
}

} // namespace
} // namespace dbgscope
