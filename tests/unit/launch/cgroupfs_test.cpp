// SPDX-License-Identifier: Apache-2.0
#include "launch/cgroupfs.hpp"

#include <sys/file.h>

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host.hpp"
#include "kernel/cgroup_error.hpp"
#include "launch/vacate.hpp"
#include "launch/verify.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using test::HostCgroup;
using test::in_child;
using test::own_cgroup;
using test::slurp;
using test::tell;

constexpr std::uint64_t kLimit = 64 * kMiB;
constexpr const char *kName = "dbgscope.test.4194300-1";

const Say kTellLine = [](std::string_view id, std::string_view line) {
    tell(std::string(id) + ": " + std::string(line) + '\n');
};

CreateCgroup wanted_v1(const std::string &parent)
{
    return {.version = 1,
            .parent = parent,
            .name = kName,
            .writes = {{"memory.limit_in_bytes", std::to_string(kLimit)},
                       {"memory.memsw.limit_in_bytes", std::to_string(kLimit), true}}};
}

std::string memory_line()
{
    const std::string self = slurp("/proc/self/cgroup");
    const auto at = self.find(":memory:");
    return self.substr(at, self.find('\n', at) - at);
}

TEST(EnteredCgroup, LimitsThenHoldsThisProcess)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const HostCgroup parent(own_cgroup().memory.chain.back().dir);
    ASSERT_TRUE(parent.made());
    const auto child = in_child([&] {
        auto made = EnteredCgroup::create(wanted_v1(parent.path()), kTellLine);
        if (!made) {
            tell(to_line(made.error()));
            return 1;
        }
        const auto verified = verify_limit({Limit(kLimit)});
        if (!verified || verified->in_force != Limit(kLimit))
            return 2;
        if (!made->limits_us_to(Limit(kLimit)) || made->limits_us_to(Limit(kLimit - kMiB)))
            return 3;
        tell(verified->file);
        ::_exit(0); // as exec: nothing is undone
    });
    EXPECT_EQ(child.status, 0);
    EXPECT_EQ(child.output, parent.path() + '/' + kName + "/memory.limit_in_bytes");
    EXPECT_EQ(slurp(parent.path() + '/' + kName + "/memory.memsw.limit_in_bytes"), std::to_string(kLimit) + '\n');
}

TEST(EnteredCgroup, LimitsUsOnlyWhileWeAreInIt)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const HostCgroup parent(own_cgroup().memory.chain.back().dir);
    const auto child = in_child([&] {
        auto made = EnteredCgroup::create(wanted_v1(parent.path()), kTellLine);
        if (!made || !made->limits_us_to(Limit(kLimit)))
            return 1;
        // what a cgroup daemon may do
        return write_at(AT_FDCWD, parent.path() + "/tasks", "0") && !made->limits_us_to(Limit(kLimit)) ? 0 : 2;
    });
    EXPECT_EQ(child.status, 0);
}

TEST(EnteredCgroup, IsUndoneWhenNotKept)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const HostCgroup parent(own_cgroup().memory.chain.back().dir);
    const auto child = in_child([&] {
        if (!write_at(AT_FDCWD, parent.path() + "/tasks", "0"))
            return 1;
        const std::string before = memory_line();
        {
            auto made = EnteredCgroup::create(wanted_v1(parent.path()), kTellLine);
            if (!made || memory_line() == before)
                return 2;
        }
        return memory_line() == before && !std::filesystem::exists(parent.path() + '/' + kName) ? 0 : 3;
    });
    EXPECT_EQ(child.status, 0) << child.output;
}

TEST(EnteredCgroup, FailedLimitLeavesNothing)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const HostCgroup parent(own_cgroup().memory.chain.back().dir);
    const auto child = in_child([&] {
        const std::string before = memory_line();
        CreateCgroup wanted = wanted_v1(parent.path());
        wanted.writes = {{"memory.limit_in_bytes", "twelve"}};
        const auto bad = EnteredCgroup::create(wanted, kTellLine);
        wanted.writes = {{"memory.max", "1", false}};
        const auto missing = EnteredCgroup::create(wanted, kTellLine);
        if (bad || missing || memory_line() != before)
            return 1;
        tell(to_line(bad.error()) + '\n' + to_line(missing.error()));
        return std::filesystem::exists(parent.path() + '/' + kName) ? 2 : 0;
    });
    EXPECT_EQ(child.status, 0);
    const std::string path = parent.path() + '/' + kName;
    EXPECT_EQ(child.output, "cannot set limit " + path +
                                "/memory.limit_in_bytes to twelve: the kernel does not accept the value\n"
                                "cannot set limit " +
                                path + "/memory.max to 1: the controller is not enabled for this cgroup");
}

TEST(EnteredCgroup, OptionalFileThatIsMissingIsSaid)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const HostCgroup parent(own_cgroup().memory.chain.back().dir);
    const auto child = in_child([&] {
        CreateCgroup wanted = wanted_v1(parent.path());
        wanted.writes.push_back({"memory.swap.max", "0", true});
        return EnteredCgroup::create(wanted, kTellLine) ? 0 : 1;
    });
    EXPECT_EQ(child.status, 0);
    EXPECT_EQ(child.output, "limit-dropped: memory.swap.max = 0 is not set: this kernel has no such file here\n");
}

TEST(EnteredCgroup, DirectoryRemovedBeforeTheLimitIsNoticed)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const HostCgroup parent(own_cgroup().memory.chain.back().dir);
    auto directory = open_at(AT_FDCWD, parent.path(), O_RDONLY | O_DIRECTORY);
    auto place = CgroupPlace::make(std::move(*directory), parent.path(), kName, 1);
    ASSERT_TRUE(place);
    ASSERT_EQ(::rmdir(place->path().c_str()), 0);
    const auto written = place->write({"memory.limit_in_bytes", "1", true});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().error_number, ENODEV);
    const auto entered = place->enter();
    ASSERT_FALSE(entered);
    EXPECT_EQ(to_line(entered.error()),
              "cannot enter cgroup " + place->path() + ": the cgroup was removed in the meantime");
}

TEST(EnteredCgroup, NamesItsParentWhenThatIsGone)
{
    const auto made = EnteredCgroup::create(wanted_v1("/sys/fs/cgroup/dbgscope-test-nowhere"), kTellLine);
    ASSERT_FALSE(made);
    EXPECT_EQ(to_line(made.error()), "cannot open cgroup /sys/fs/cgroup/dbgscope-test-nowhere: our own cgroup is gone, "
                                     "or lies outside what is mounted here");
}

TEST(EnteredCgroup, HasAPlaceInUnifiedOnHybridHosts)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const CgroupFacts facts = own_cgroup();
    if (facts.unified_dir.empty())
        GTEST_SKIP() << "needs a cgroup2 mount beside v1";
    const HostCgroup parent(facts.memory.chain.back().dir);
    const HostCgroup unified(facts.unified_dir);
    const auto child = in_child([&] {
        CreateCgroup wanted = wanted_v1(parent.path());
        wanted.unified_parent = unified.path();
        auto made = EnteredCgroup::create(wanted, kTellLine);
        if (!made)
            return 1;
        if (made->where().unified != unified.path() + '/' + kName || !std::filesystem::exists(made->where().unified))
            return 2;
        wanted.unified_parent = "/nowhere";
        wanted.name = "dbgscope.second.4194300-1";
        return EnteredCgroup::create(wanted, kTellLine) ? 0 : 3;
    });
    EXPECT_EQ(child.status, 0);
    EXPECT_THAT(child.output, testing::StartsWith("no-unified: no pressure and no kill of the whole cgroup: "));
    EXPECT_FALSE(std::filesystem::exists(unified.path() + '/' + kName));
}

/// cgroup2 of a hybrid host has no controllers, which is enough for who is where.
TEST(Vacancy, MovesEverybodyIntoTheLeafAndBack)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const CgroupFacts facts = own_cgroup();
    if (facts.unified_dir.empty())
        GTEST_SKIP() << "needs a cgroup2 mount beside v1";
    const HostCgroup parent(facts.unified_dir);
    const auto child = in_child([&] {
        if (!write_at(AT_FDCWD, parent.path() + "/cgroup.procs", "0"))
            return 1;
        auto lock = lock_cgroup(parent.path(), {"memory"});
        if (!lock || !lock->vacate)
            return 6;
        auto vacancy = Vacancy::make(lock->directory.get(), parent.path(), {});
        if (!vacancy || !slurp(parent.path() + "/cgroup.procs").empty())
            return 2;
        if (slurp(parent.path() + "/dbgscope.leaf/cgroup.procs") != std::to_string(::getpid()) + '\n')
            return 3;
        {
            const Vacancy gone = std::move(*vacancy);
        }
        if (slurp(parent.path() + "/cgroup.procs") != std::to_string(::getpid()) + '\n')
            return 4;
        return std::filesystem::exists(parent.path() + "/dbgscope.leaf") ? 5 : 0;
    });
    EXPECT_EQ(child.status, 0);
}

TEST(Vacancy, ControllerThatIsNotThereIsSaidAndEverythingIsAsBefore)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const CgroupFacts facts = own_cgroup();
    if (facts.unified_dir.empty())
        GTEST_SKIP() << "needs a cgroup2 mount beside v1";
    const HostCgroup parent(facts.unified_dir);
    const auto child = in_child([&] {
        if (!write_at(AT_FDCWD, parent.path() + "/cgroup.procs", "0"))
            return 1;
        const CreateCgroup wanted{
            .parent = parent.path(), .name = kName, .vacate_parent = true, .enable = {"memory"}, .writes = {}};
        const auto made = EnteredCgroup::create(wanted, kTellLine);
        if (made)
            return 2;
        tell(to_line(made.error()));
        return slurp(parent.path() + "/cgroup.procs") == std::to_string(::getpid()) + '\n' ? 0 : 3;
    });
    EXPECT_EQ(child.status, 0);
    EXPECT_THAT(child.output, testing::HasSubstr("the controller is not available to this cgroup"));
    EXPECT_FALSE(std::filesystem::exists(parent.path() + "/dbgscope.leaf"));
}

TEST(Vacancy, OneLauncherAtATime)
{
    const test::TemporaryDirectory directory;
    auto first = lock_cgroup(directory.path(), {"memory"});
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->vacate);
    const auto second = lock_cgroup(directory.path(), {"memory"});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::timeout);
    first->directory.reset();
    EXPECT_TRUE(lock_cgroup(directory.path(), {"memory"}));
}

TEST(Vacancy, WhereTheControllersAreEnabledLaunchersDoNotWaitForEachOther)
{
    const test::TemporaryDirectory directory;
    directory.write("cgroup.subtree_control", "cpu memory pids\n");
    const auto first = lock_cgroup(directory.path(), {"memory"});
    const auto second = lock_cgroup(directory.path(), {"memory", "pids"});
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(first->vacate || second->vacate);
    const auto third = lock_cgroup(directory.path(), {"memory", "io"}); // has to move somebody: waits for both
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().kind, ErrorKind::timeout);
}

} // namespace
} // namespace dbgscope
