// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "plan/unit_name.hpp"

namespace dbgscope {
namespace {

Request request_with(Key key, const std::string &text)
{
    Request request;
    request.pid = 12;
    request.random = "ab";
    if (!text.empty())
        request.settings.set(key, {text, {Layer::option, "--x"}});
    return request;
}

TEST(ScopeUnit, IsMadeOfPrefixPidAndRandomOrExactlyAsAsked)
{
    EXPECT_EQ(*scope_unit(request_with(Key::unit, "")), "run-p12-ab.scope");
    EXPECT_EQ(*scope_unit(request_with(Key::name_prefix, "dlv-debug")), "dlv-debug-p12-ab.scope");
    EXPECT_EQ(*scope_unit(request_with(Key::unit, "x")), "x.scope");
    EXPECT_EQ(*scope_unit(request_with(Key::unit, "x.scope")), "x.scope");
}

TEST(ScopeUnit, RefusesWhatSystemdWould)
{
    for (const std::string &name :
         {std::string("a/b"), std::string("a b"), std::string("x.service"), std::string(".scope"), std::string(".."),
          std::string("a\nb"), std::string(300, 'a')})
        EXPECT_FALSE(scope_unit(request_with(Key::unit, name))) << name;
}

TEST(ScopeSlice, InheritsTheCallersSlice)
{
    Facts facts;
    facts.cgroup.self = "4:memory:/x\n1:name=systemd:/wrong.slice\n0::/user.slice/user-1000.slice/session-1.scope\n";
    Request request = request_with(Key::slice, "debug");
    EXPECT_EQ(*scope_slice(request, facts, false), "debug.slice");
    request.settings.set(Key::slice_inherit, {true, {}});
    facts.cgroup.self = "0::/user.slice/user-1000.slice/session-1.scope\n";
    EXPECT_EQ(*scope_slice(request, facts, false), "user-1000-debug.slice");
    request.settings.clear(Key::slice);
    EXPECT_EQ(*scope_slice(request, facts, false), "user-1000.slice");
    facts.cgroup.self = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n";
    EXPECT_EQ(*scope_slice(request, facts, true), "app.slice");
    facts.cgroup.self = "0::/user.slice/user-1000.slice/user@1000.service\n";
    EXPECT_EQ(*scope_slice(request, facts, true), "");
}

TEST(ScopeSlice, TheNamedHierarchyCountsOnV1)
{
    Facts facts;
    facts.cgroup.self = "1:name=systemd:/system.slice/ssh.service\n0::/\n";
    Request request = request_with(Key::slice, "");
    request.settings.set(Key::slice_inherit, {true, {}});
    EXPECT_EQ(*scope_slice(request, facts, false), "system.slice");
}

TEST(InsideSession, ComparesWholePathComponents)
{
    EXPECT_TRUE(inside_session("0::/system.slice/a-p1-x.scope\n", "a-p1-x"));
    EXPECT_TRUE(inside_session("0::/system.slice/a-p1-x.scope/debuggee\n", "a-p1-x"));
    EXPECT_TRUE(inside_session("4:memory:/jobs/dbgscope.a-p1-x.1-2\n0::/\n", "a-p1-x"));
    EXPECT_FALSE(inside_session("0::/system.slice/a-p1-xy.scope\n", "a-p1-x"));
    EXPECT_FALSE(inside_session("0::/system.slice/b-a-p1-x.scope\n", "a-p1-x"));
    EXPECT_FALSE(inside_session("0::/system.slice/a-p1-x.scope.d\n", "a-p1-x"));
    EXPECT_FALSE(inside_session("0::/system.slice/a-p1-x.scope\n", ""));
}

} // namespace
} // namespace dbgscope
