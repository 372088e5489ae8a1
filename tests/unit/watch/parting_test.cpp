// SPDX-License-Identifier: Apache-2.0
#include "watch/parting.hpp"

#include <gtest/gtest.h>

#include "fake_root.hpp"

namespace dbgscope {
namespace {

constexpr pid_t kDebuggersSession = 100, kDebuggee = 200;

/// A /proc that a test fills.
class PartingOf : public ::testing::Test {
  protected:
    void process(pid_t pid, pid_t parent, pid_t group, pid_t session)
    {
        root.file("/" + std::to_string(pid) + "/stat", std::to_string(pid) + " (x) S " + std::to_string(parent) + ' ' +
                                                           std::to_string(group) + ' ' + std::to_string(session) +
                                                           " 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 1234 1 1\n");
    }
    bool lives(pid_t pid, bool in_debuggee = true) const { return lives_on(rules, pid, in_debuggee, root.path()); }

    test::FakeRoot root;
    PartingRules rules{.detached = {},
                       .forks = {},
                       .sessions = {kDebuggersSession, kDebuggee},
                       .debugger_by_itself = true,
                       .program_by_itself = true};
};

TEST_F(PartingOf, ADaemonLivesOnAndAChildDoesNot)
{
    process(300, 1, 300, 300);               // setsid
    process(301, 1, 300, 300);               // and what it started
    process(302, 1, 250, kDebuggersSession); // a child
    process(303, 1, 250, kDebuggee);         // a child, where dlv gave the program a terminal of its own
    process(304, 1, 0, 0);                   // of another pid namespace
    EXPECT_TRUE(lives(300));
    EXPECT_TRUE(lives(301));
    EXPECT_FALSE(lives(302));
    EXPECT_FALSE(lives(303));
    EXPECT_FALSE(lives(304));
    EXPECT_FALSE(lives(305)); // has ended
}

TEST_F(PartingOf, AForcedEndTakesTheDebuggeesDaemons)
{
    process(300, 1, 300, 300);
    rules.program_by_itself = false;
    EXPECT_FALSE(lives(300));
    EXPECT_TRUE(lives(300, false)); // one that gdb's own shell has started
    rules.debugger_by_itself = false;
    EXPECT_FALSE(lives(300, false));
}

TEST_F(PartingOf, WhatWasLetGoLivesOnWhateverTheEnd)
{
    rules.debugger_by_itself = rules.program_by_itself = false;
    rules.detached = {400};
    process(400, kDebuggersSession, 400, kDebuggersSession);
    process(401, 400, 401, kDebuggersSession);
    process(402, 401, 402, kDebuggersSession); // a grandchild
    process(403, 1, 400, kDebuggersSession);   // by its process group
    process(404, 1, 404, kDebuggersSession);
    for (const pid_t pid : {400, 401, 402, 403})
        EXPECT_TRUE(lives(pid)) << pid;
    EXPECT_FALSE(lives(404));
}

TEST_F(PartingOf, ForksThatGdbLetGoShareTheFateOfTheProgram)
{
    rules.forks = {500};
    process(500, 1, kDebuggee, kDebuggersSession);
    EXPECT_TRUE(lives(500));
    rules.program_by_itself = false;
    EXPECT_FALSE(lives(500));
}

TEST(PartingNames, AreNotEndless)
{
    EXPECT_EQ(names_of({}), "");
    EXPECT_EQ(names_of({"sleep (pid 1)", "make (pid 2)"}), "sleep (pid 1), make (pid 2)");
    EXPECT_EQ(names_of(std::vector<std::string>(10, "a (pid 1)")),
              "a (pid 1), a (pid 1), a (pid 1), a (pid 1), a (pid 1), a (pid 1), a (pid 1), a (pid 1) and 2 more");
}

} // namespace
} // namespace dbgscope
