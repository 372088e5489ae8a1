// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup_tree.hpp"

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using test::TemporaryDirectory;

TEST(CgroupProcs, AreParsed)
{
    EXPECT_THAT(parse_procs("12\n4711\n0\n"), testing::ElementsAre(12, 4711, 0));
    EXPECT_TRUE(parse_procs("").empty());
    EXPECT_THAT(parse_procs("x\n7\n"), testing::ElementsAre(7));
}

TEST(CgroupTree, PidsOfAllBelow)
{
    const TemporaryDirectory tree;
    tree.write("a/cgroup.procs", "1\n");
    tree.write("a/b/cgroup.procs", "2\n3\n");
    tree.write("a/b/c/cgroup.procs", "");
    tree.write("other/cgroup.procs", "9\n");
    EXPECT_THAT(pids_below(tree / "a"), testing::UnorderedElementsAre(1, 2, 3));
    EXPECT_TRUE(pids_below(tree / "none").empty());
}

TEST(CgroupTree, ChildrenByTheirPrefix)
{
    const TemporaryDirectory tree;
    for (const char *name : {"x/cgroup.procs", "xy/cgroup.procs", "z/cgroup.procs", "x.file"})
        tree.write(name, "");
    const auto names = [&](std::string_view prefix) {
        const auto parent = open_at(AT_FDCWD, tree.path(), O_RDONLY | O_DIRECTORY);
        return child_cgroups(parent->get(), prefix);
    };
    EXPECT_THAT(names(""), testing::UnorderedElementsAre("x", "xy", "z"));
    EXPECT_THAT(names("x"), testing::UnorderedElementsAre("x", "xy"));
}

TEST(CgroupTree, OccupiedWhereSomebodyLivesInAChild)
{
    const TemporaryDirectory tree;
    tree.write("a/cgroup.procs", "");
    tree.write("a/b/cgroup.procs", "0\n"); // of another pid namespace
    tree.write("empty/cgroup.procs", "");
    const auto parent = open_at(AT_FDCWD, tree.path(), O_RDONLY | O_DIRECTORY);
    EXPECT_TRUE(is_occupied(parent->get(), "a"));
    EXPECT_FALSE(is_occupied(parent->get(), "empty"));
    EXPECT_FALSE(is_occupied(parent->get(), "none"));
}

TEST(CgroupTree, RemovalSaysWhetherItIsGone)
{
    const TemporaryDirectory tree;
    std::filesystem::create_directories(tree / "empty");
    tree.write("full/a file", "");
    const auto parent = open_at(AT_FDCWD, tree.path(), O_RDONLY | O_DIRECTORY);
    EXPECT_TRUE(remove_cgroup(parent->get(), "empty"));
    EXPECT_FALSE(remove_cgroup(parent->get(), "full"));
    EXPECT_TRUE(remove_cgroup_at(tree / "empty", 0ms)) << "it is not there any more";
    EXPECT_FALSE(remove_cgroup_at(tree / "full", 0ms));
}

TEST(CgroupTree, KillsAllButTheSpared)
{
    const TemporaryDirectory tree;
    const pid_t child = ::fork();
    if (child == 0)
        for (;;)
            ::pause();
    tree.write("a/cgroup.procs", std::to_string(child) + "\n0\n");
    EXPECT_TRUE(kill_below(tree / "a", [](pid_t) { return true; }, false, 0ms)) << "all are spared";
    EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0);
    EXPECT_FALSE(kill_below(tree / "a", [](pid_t) { return false; }, false, 0ms)) << "the file goes on naming it";
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

} // namespace
} // namespace dbgscope
