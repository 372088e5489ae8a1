// SPDX-License-Identifier: Apache-2.0
#include "watch/open_session.hpp"

#include <csignal>

#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "kernel/cgroup_tree.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

/// A process that waits to be killed.
class Sleeper {
  public:
    Sleeper() : pid_(::fork())
    {
        if (pid_ == 0)
            for (;;)
                (void)::pause();
    }
    Sleeper(const Sleeper &) = delete;
    Sleeper &operator=(const Sleeper &) = delete;
    ~Sleeper()
    {
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_;
};

TEST(JoinUnified, MovesTheWholeSession)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const CgroupFacts facts = test::own_cgroup();
    if (facts.unified_dir.empty())
        GTEST_SKIP() << "needs a cgroup2 mount beside v1";
    const test::HostCgroup scope(facts.memory.chain.back().dir), unified(facts.unified_dir);
    ASSERT_TRUE(scope.made() && unified.made());
    {
        const Sleeper first, second;
        ASSERT_EQ(::mkdir((scope.path() + "/debugger").c_str(), 0755), 0);
        ASSERT_TRUE(write_at(AT_FDCWD, scope.path() + "/cgroup.procs", std::to_string(first.pid())));
        ASSERT_TRUE(write_at(AT_FDCWD, scope.path() + "/debugger/cgroup.procs", std::to_string(second.pid())));
        SessionPlace place;
        place.version = 1;
        place.scope = scope.path();
        place.unified = unified.path();
        const auto session = open_session(place);
        ASSERT_TRUE(session);
        join_unified(*session);
        EXPECT_EQ(pids_below(unified.path()).size(), 2U);
        EXPECT_EQ(pids_below(scope.path()).size(), 2U);
    }
}

} // namespace
} // namespace dbgscope
