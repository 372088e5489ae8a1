// SPDX-License-Identifier: Apache-2.0
#include "session/paths.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(SessionPaths, OfRootDoNotDependOnTheEnvironment)
{
    const SessionPaths paths = session_paths({.uid = 0,
                                              .xdg_runtime_dir = "/run/user/1000",
                                              .xdg_state_home = "/home/dev/state",
                                              .home = "/home/dev",
                                              .run_user_exists = true});
    EXPECT_EQ(paths.live, "/run/dbgscope");
    EXPECT_EQ(paths.history, "/var/lib/dbgscope/history.jsonl");
    EXPECT_EQ(paths.instead, std::vector<std::string>{"/dev/shm/dbgscope-0"}); // in a container with a read-only root
    EXPECT_FALSE(paths.shared);
}

TEST(SessionPaths, OfAUser)
{
    const SessionPaths set =
        session_paths({.uid = 1000, .xdg_runtime_dir = "/run/u", .xdg_state_home = "/state", .home = "/home/dev"});
    EXPECT_EQ(set.live, "/run/u/dbgscope");
    EXPECT_EQ(set.history, "/state/dbgscope/history.jsonl");
    EXPECT_EQ(set.instead, (std::vector<std::string>{"/state/dbgscope/live", "/dev/shm/dbgscope-1000"}));
    EXPECT_FALSE(set.shared);

    const SessionPaths unset = session_paths({.uid = 1000, .home = "/home/dev", .run_user_exists = true});
    EXPECT_EQ(unset.live, "/run/user/1000/dbgscope");
    EXPECT_EQ(unset.history, "/home/dev/.local/state/dbgscope/history.jsonl");
    EXPECT_FALSE(unset.shared);
}

TEST(SessionPaths, SnapshotsLieBesideTheHistory)
{
    EXPECT_EQ(snapshots_beside(session_paths({.uid = 0})), "/var/lib/dbgscope/snapshots");
    EXPECT_EQ(snapshots_beside(session_paths({.uid = 1000, .xdg_state_home = "/state"})), "/state/dbgscope/snapshots");
    EXPECT_EQ(snapshots_beside(SessionPaths()), "");
}

TEST(SessionPaths, WithoutARuntimeDirectoryLieInTmp)
{
    const SessionPaths paths = session_paths({.uid = 1001, .home = "/home/dev"});
    EXPECT_EQ(paths.live, "/tmp/dbgscope-1001");
    EXPECT_TRUE(paths.shared);
}

TEST(SessionPaths, RelativeOnesDoNotCount)
{
    const SessionPaths paths =
        session_paths({.uid = 1001, .xdg_runtime_dir = "run", .xdg_state_home = "../state", .home = "home"});
    EXPECT_EQ(paths.live, "/tmp/dbgscope-1001");
    EXPECT_EQ(paths.history, "");
}

} // namespace
} // namespace dbgscope
