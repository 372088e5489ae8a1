// SPDX-License-Identifier: Apache-2.0
#include "plan/heap_profile.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

struct Case {
    Facts facts;
    Request request;
    WatchPlan plan;
    Case()
    {
        facts.host.uid = 1000;
        facts.host.yama_ptrace_scope = 0;
        request.tool = Tool::dlv;
        plan.watch.emplace();
        plan.watch->split = true;
        plan.watch->cap = Limit(128 * kMiB);
    }
    Case &when(const char *word)
    {
        request.settings.set(Key::heap_profile, {std::string(word), {Layer::option, "--heap-profile"}});
        return *this;
    }
    std::uint64_t rate()
    {
        plan_heap_profile(facts, request, plan);
        return plan.watch->heap_profile_rate;
    }
};

TEST(HeapProfile, TheRateFitsTheCap)
{
    EXPECT_EQ(heap_profile_rate(Limit(128 * kMiB)), 128 * kKiB);
    EXPECT_EQ(heap_profile_rate(Limit(500 * kMiB)), 256 * kKiB);
    EXPECT_EQ(heap_profile_rate(Limit(kMiB)), 128 * kKiB);
    EXPECT_EQ(heap_profile_rate(Limit(64 * kGiB)), 512 * kKiB);
    EXPECT_EQ(heap_profile_rate(Limit()), 512 * kKiB);
}

TEST(HeapProfile, AutoIsForGoWithACapAndSplit)
{
    EXPECT_EQ(Case().rate(), 128 * kKiB);
    Case gdb;
    gdb.request.tool = Tool::gdb;
    EXPECT_EQ(gdb.rate(), 0U);
    gdb.facts.debuggee =
        DebuggeeFacts{.path = "app", .size_bytes = {}, .is_go = true, .go_version = {}, .default_godebug = {}};
    EXPECT_EQ(gdb.rate(), 128 * kKiB);
    Case uncapped;
    uncapped.plan.watch->cap = Limit();
    EXPECT_EQ(uncapped.rate(), 0U);
    EXPECT_TRUE(uncapped.plan.left_out.empty());
    Case together;
    together.plan.watch->split = false;
    EXPECT_EQ(together.rate(), 0U);
}

TEST(HeapProfile, OffIsOffAndOnNeedsSplitAlone)
{
    EXPECT_EQ(Case().when("off").rate(), 0U);
    Case on = Case().when("on");
    on.request.tool = Tool::gdb;
    on.plan.watch->cap = Limit();
    EXPECT_EQ(on.rate(), 512 * kKiB);
    Case together = Case().when("on");
    together.plan.watch->split = false;
    EXPECT_EQ(together.rate(), 0U);
    ASSERT_EQ(together.plan.notices.size(), 1U);
    EXPECT_EQ(together.plan.notices[0].text, "--heap-profile has no effect: it needs split");
}

TEST(HeapProfile, YamaIsALadder)
{
    struct {
        int scope;
        bool capability, wait, works;
    } constexpr kRows[] = {{0, false, false, true}, {1, false, false, false}, {1, false, true, true},
                           {1, true, false, true},  {2, false, true, false},  {2, true, false, true},
                           {3, true, true, false}};
    for (const auto &row : kRows) {
        Case one;
        one.facts.host.yama_ptrace_scope = row.scope;
        one.facts.host.cap_sys_ptrace = row.capability;
        one.plan.watch->wait = row.wait;
        EXPECT_EQ(one.rate() != 0, row.works) << row.scope << row.capability << row.wait;
        EXPECT_EQ(one.plan.left_out.size(), row.works ? 0U : 1U);
    }
    Case yama;
    yama.facts.host.yama_ptrace_scope = 1;
    (void)yama.rate();
    EXPECT_NE(yama.plan.left_out.at(0).text.find("--wait"), std::string::npos);
    EXPECT_NE(yama.plan.left_out.at(0).text.find("set runtime.disableMemoryProfiling = false"), std::string::npos);
    yama.plan.left_out.clear();
    yama.request.call.headless = true; // no prompt
    (void)yama.rate();
    EXPECT_EQ(yama.plan.left_out.at(0).text.find("set runtime"), std::string::npos);
}

struct AtThePrompt : Case {
    AtThePrompt()
    {
        facts.host.yama_ptrace_scope = 1;
        request.own_directory = "/run/user/1000/dbgscope";
        request.call.verb = "exec";
        request.arguments = {"exec", "./prog", "--", "--init", "x"};
    }
    bool init()
    {
        (void)rate();
        return plan.init.has_value();
    }
};

TEST(HeapProfile, WhereTheWatcherMayNotDlvDoesIt)
{
    AtThePrompt one;
    ASSERT_TRUE(one.init());
    EXPECT_TRUE(one.plan.left_out.empty());
    EXPECT_EQ(one.plan.watch->heap_profile_rate, 0U) << "the filter need not tell";
    const auto &file = std::get<WriteInitFile>(one.plan.init->action);
    EXPECT_EQ(file.path, "/run/user/1000/dbgscope/heap-profile-128k.dlv");
    EXPECT_EQ(file.text, "set runtime.disableMemoryProfiling = false\nset runtime.MemProfileRate = 131072\n");
    Execute execute{.path = "/usr/bin/dlv", .arguments = {"dlv", "exec", "./prog"}};
    std::vector<Step> steps;
    add_init_file(one.plan.init, execute, steps);
    EXPECT_EQ(execute.arguments, (std::vector<std::string>{"dlv", "--init", file.path, "exec", "./prog"}));
    EXPECT_EQ(steps.size(), 1U);
}

TEST(HeapProfile, AnInitFileOnlyWhereDlvReadsOneAndTheUserHasNone)
{
    for (const std::vector<std::string> &own :
         {std::vector<std::string>{"exec", "--init", "mine", "./prog"}, {"--init=mine", "exec", "./prog"}}) {
        AtThePrompt one;
        one.request.arguments = own;
        EXPECT_FALSE(one.init());
        EXPECT_EQ(one.plan.left_out.size(), 1U);
    }
    AtThePrompt headless, trace, attach, gdb, old, nowhere, off, root, strict;
    headless.request.call.headless = true;
    trace.request.call.verb = "trace";
    attach.request.call.kind = CallKind::attach;
    gdb.request.tool = Tool::gdb;
    old.facts.debuggee = DebuggeeFacts{
        .path = "p", .size_bytes = {}, .is_go = true, .go_version = std::string("go1.16.5"), .default_godebug = {}};
    nowhere.request.own_directory.clear();
    (void)off.when("off");
    root.facts.host.cap_sys_ptrace = true;
    strict.facts.host.yama_ptrace_scope = 2;
    for (AtThePrompt *one : {&headless, &trace, &attach, &gdb, &old, &nowhere, &off, &root, &strict})
        EXPECT_FALSE(one->init());
}

} // namespace
} // namespace dbgscope
