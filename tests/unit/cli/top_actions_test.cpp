// SPDX-License-Identifier: Apache-2.0
#include "cli/top_actions.hpp"

#include <gtest/gtest.h>

#include "../launch/host.hpp"

namespace dbgscope {
namespace {

using test::TemporaryDirectory;

/// A split session below `tree` whose watcher and debugger are alive.
LiveSession session_in(const TemporaryDirectory &tree, int version = 2)
{
    LiveSession session;
    session.record.id = "dlv-p1-2";
    session.record.place = {.version = version, .scope = tree / "x.scope", .divided = true, .debugger_leaf = true};
    session.debugger_alive = session.watcher_alive = true;
    return session;
}

void make_debuggee(const TemporaryDirectory &tree, bool frozen)
{
    tree.write("x.scope/debuggee/cgroup.freeze", "?");
    tree.write("x.scope/debuggee/cgroup.events", frozen ? "populated 1\nfrozen 1\n" : "populated 1\nfrozen 0\n");
}

std::string freeze_file(const TemporaryDirectory &tree)
{
    return test::slurp(tree / "x.scope/debuggee/cgroup.freeze");
}

std::string words(const Result<std::string> &result)
{
    return result ? *result : to_line(result.error());
}

TEST(TopActions, HoldFreezesAndContinueThaws)
{
    const TemporaryDirectory tree;
    make_debuggee(tree, false);
    EXPECT_EQ(words(go_on(session_in(tree))), "it is not held from here");
    EXPECT_EQ(freeze_file(tree), "?");
    EXPECT_TRUE(hold(session_in(tree)));
    EXPECT_EQ(freeze_file(tree), "1");
    make_debuggee(tree, true);
    EXPECT_EQ(words(hold(session_in(tree))), "it is held already");
    EXPECT_EQ(freeze_file(tree), "?");
    EXPECT_EQ(words(go_on(session_in(tree))), "it goes on");
    EXPECT_EQ(freeze_file(tree), "0");
}

TEST(TopActions, WhatTheFuseHoldsIsNotThawed)
{
    const TemporaryDirectory tree;
    make_debuggee(tree, true);
    LiveSession session = session_in(tree);
    session.record.state = SessionState::held;
    EXPECT_EQ(words(go_on(session)), "cannot continue dlv-p1-2: the fuse holds it (+ gives it more)");
    EXPECT_EQ(freeze_file(tree), "?");
    session.watcher_alive = false; // nobody else would
    EXPECT_TRUE(go_on(session));
    EXPECT_EQ(freeze_file(tree), "0");
}

TEST(TopActions, HoldNeedsV2AndASplit)
{
    const TemporaryDirectory tree;
    make_debuggee(tree, false);
    EXPECT_EQ(words(hold(session_in(tree, 1))), "cannot hold dlv-p1-2: that needs cgroup v2");
    LiveSession session = session_in(tree);
    session.record.place.divided = false; // the watcher would be frozen too
    EXPECT_EQ(words(hold(session)), "cannot hold dlv-p1-2: that needs a debuggee in a cgroup of its own");
    session.record.place = {};
    EXPECT_EQ(words(go_on(session)), "cannot continue dlv-p1-2: that needs a debuggee in a cgroup of its own");
    EXPECT_EQ(freeze_file(tree), "?");
    const TemporaryDirectory gone;
    EXPECT_EQ(hold(session_in(gone)).error().kind, ErrorKind::not_found);
}

TEST(TopActions, WithoutACapOrADebuggeeThereIsNothingToDo)
{
    const TemporaryDirectory tree;
    tree.write("x.scope/debuggee/memory.max", "max\n");
    EXPECT_EQ(words(give_more(session_in(tree))), "cannot give dlv-p1-2 more: it has no cap");
    EXPECT_EQ(words(snapshot_here(session_in(tree))), "cannot look into dlv-p1-2: nothing is being debugged");
}

} // namespace
} // namespace dbgscope
