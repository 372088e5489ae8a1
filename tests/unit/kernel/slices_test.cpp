// SPDX-License-Identifier: Apache-2.0
#include "kernel/slices.hpp"

#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "probe/place.hpp"

namespace dbgscope {
namespace {

using test::FakeRoot;

TEST(SlicePath, EachDashIsALevel)
{
    EXPECT_EQ(slice_path("lim.slice"), "/lim.slice");
    EXPECT_EQ(slice_path("a-b-c.slice"), "/a.slice/a-b.slice/a-b-c.slice");
    EXPECT_EQ(slice_path("-.slice"), "");
    EXPECT_EQ(slice_path("lim"), "");
}

/// A machine with cgroup v2, seen from a session of user 1000.
struct Tree {
    FakeRoot root;
    Facts facts;
    explicit Tree(const char *first = "0::/init.scope\n")
    {
        root.file("/proc/1/cgroup", first)
            .dir("/sys/fs/cgroup/system.slice")
            .file("/sys/fs/cgroup/lim.slice/memory.max", "209715200\n")
            .file("/sys/fs/cgroup/lim.slice/memory.current", "10485760\n")
            .file("/sys/fs/cgroup/user.slice/user-1000.slice/memory.max", "1073741824\n")
            .file("/sys/fs/cgroup/user.slice/user-1000.slice/memory.current", "0\n")
            .dir("/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice");
        facts.systemd.booted = true;
        facts.cgroup.memory.version = 2;
        facts.cgroup.memory.mount = "/sys/fs/cgroup";
        facts.cgroup.memory.chain.push_back({.path = "/", .dir = "/sys/fs/cgroup"});
    }
    Facts &look(bool user, const char *slice)
    {
        probe_place(root.sys_root(1000), user, slice, facts);
        return facts;
    }
};

TEST(ProbePlace, TheSliceOfTheManagerAndAllAboveIt)
{
    Tree tree;
    const auto place = tree.look(false, "lim.slice").cgroup.system_place;
    ASSERT_TRUE(place);
    EXPECT_EQ(place->chain.back().path, "/lim.slice");
    EXPECT_EQ(place->effective, Limit(200 * kMiB));
    EXPECT_EQ(place->headroom.value_or(0), 190 * kMiB);
    EXPECT_EQ(tree.look(false, "").cgroup.system_place->chain.back().path, "/system.slice");
    EXPECT_FALSE(tree.facts.cgroup.system_place->effective.finite());
    const auto user = tree.look(true, "").cgroup.user_place;
    ASSERT_TRUE(user);
    EXPECT_EQ(user->chain.back().path, "/user.slice/user-1000.slice/user@1000.service/app.slice");
    EXPECT_EQ(user->effective, Limit(kGiB));
    EXPECT_EQ(user->chain[*user->binding].path, "/user.slice/user-1000.slice");
}

TEST(ProbePlace, ASliceThatDoesNotRunLimitsNothingThatIsKnown)
{
    Tree tree;
    const auto place = tree.look(false, "lim-new.slice").cgroup.system_place;
    ASSERT_TRUE(place);
    EXPECT_EQ(place->chain.back().path, "/lim.slice/lim-new.slice");
    EXPECT_EQ(place->chain.back().max.why(), Why::absent);
    EXPECT_EQ(place->effective, Limit(200 * kMiB)) << "its parent does";
}

TEST(ProbePlace, AManagerMayLiveBelowTheRoot)
{
    Tree nested("0::/machine.slice/box/init.scope\n");
    const auto place = nested.look(false, "").cgroup.system_place;
    ASSERT_TRUE(place);
    EXPECT_EQ(place->chain.back().path, "/machine.slice/box/system.slice");
    Tree hidden("0::/machine.slice/box/init.scope\n");
    hidden.facts.cgroup.memory.chain.front().path = "/other";
    EXPECT_FALSE(hidden.look(false, "").cgroup.system_place) << "the mount does not show it";
}

TEST(ProbePlace, WithoutSystemdOrAUserManagersLimitsThePlaceIsOurOwn)
{
    Tree none;
    none.facts.systemd.booted = false;
    EXPECT_FALSE(none.look(false, "").cgroup.system_place);
    Tree v1;
    v1.facts.cgroup.memory.version = 1;
    EXPECT_FALSE(v1.look(true, "").cgroup.user_place);
}

} // namespace
} // namespace dbgscope
