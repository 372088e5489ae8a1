// SPDX-License-Identifier: Apache-2.0
#include "kernel/sweep.hpp"

#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using test::TemporaryDirectory;

constexpr const char *kStat = "4711 (a) b) S 1 4711 4711 0 -1 4194304 144 0 0 0 0 0 0 0 20 0 1 0 123456 2658304 170\n";

TEST(SessionName, IsReadFromItsName)
{
    EXPECT_EQ(parse_session_name("dbgscope.run-p12-00ff.12-345"), (SessionName{"run-p12-00ff", {12, 345}}));
    EXPECT_EQ(parse_session_name("dbgscope.my.unit@x.1-18446744073709551615"),
              (SessionName{"my.unit@x", {1, 18446744073709551615U}}));
}

TEST(SessionName, IsNothingElse)
{
    for (const char *name : {"",
                             ".",
                             "dbgscope",
                             "dbgscope.",
                             "dbgscope.leaf",
                             "dbgscope.12-345",
                             "dbgscope..12-345",
                             "dbgscope.a.12",
                             "dbgscope.a.12-",
                             "dbgscope.a.-345",
                             "dbgscope.a.12-345x",
                             "dbgscope.a.12-345-6",
                             "dbgscope.a.012-345",
                             "dbgscope.a.0-345",
                             "dbgscope.a.12-0345",
                             "dbgscope.a.+12-345",
                             "dbgscope.a. 12-345",
                             "Dbgscope.a.12-345",
                             "dbgscope.a.2147483648-345",
                             "dbgscope.a.12-18446744073709551616",
                             "xdbgscope.a.12-345"})
        EXPECT_EQ(parse_session_name(name), std::nullopt) << name;
}

std::size_t sweep(const TemporaryDirectory &tree)
{
    auto parent = open_at(AT_FDCWD, tree / "cgroup", O_RDONLY | O_DIRECTORY);
    return sweep_dead_sessions(parent->get(), tree / "proc");
}

TEST(Sweep, RemovesOnlyDirectoriesOfDeadSessions)
{
    const TemporaryDirectory tree;
    tree.write("proc/4711/stat", kStat);
    tree.write("proc/5/stat", "torn");
    for (const char *name : {"dbgscope.a.4711-123456", // alive
                             "dbgscope.b.4711-123455", // its pid has been taken by another process
                             "dbgscope.c.4712-1",      // dead
                             "dbgscope.d.5-1",         // cannot be judged
                             "dbgscope.leaf", "dbgscope.e.12-345x", "somebody.else"})
        std::filesystem::create_directories(tree / ("cgroup/" + std::string(name)));
    tree.write("cgroup/dbgscope.file.4713-1", "a file of that name is no cgroup");

    EXPECT_EQ(sweep(tree), 2U);
    EXPECT_FALSE(std::filesystem::exists(tree / "cgroup/dbgscope.b.4711-123455"));
    EXPECT_FALSE(std::filesystem::exists(tree / "cgroup/dbgscope.c.4712-1"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(tree / "cgroup"), {}), 6);
    EXPECT_EQ(sweep(tree), 0U);
}

TEST(Sweep, RemovesChildrenFirstAndLeavesWhatHoldsProcesses)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const test::HostCgroup parent(test::own_cgroup().memory.chain.back().dir);
    const std::string dead = parent.path() + "/dbgscope.dead.4194300-1";
    const std::string held = parent.path() + "/dbgscope.held.4194301-1";
    for (const std::string &path : {dead, dead + "/debugger", dead + "/debuggee", dead + "/debuggee/inner", held,
                                    held + "/debugger", held + "/debuggee"})
        ASSERT_EQ(::mkdir(path.c_str(), 0755), 0) << path;
    auto directory = open_at(AT_FDCWD, parent.path(), O_RDONLY | O_DIRECTORY);
    const auto child = test::in_child([&] {
        if (!write_at(AT_FDCWD, held + "/debugger/tasks", "0"))
            return 1;
        return static_cast<int>(10 + sweep_dead_sessions(directory->get()));
    });
    EXPECT_EQ(child.status, 11);
    EXPECT_FALSE(std::filesystem::exists(dead));
    EXPECT_TRUE(std::filesystem::exists(held + "/debuggee")) << "a session of another pid namespace may need it";
}

} // namespace
} // namespace dbgscope
