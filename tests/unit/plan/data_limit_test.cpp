// SPDX-License-Identifier: Apache-2.0
#include "plan/data_limit.hpp"

#include <gtest/gtest.h>

#include "dbgscope/data_limit.hpp"

namespace dbgscope {
namespace {

struct Case {
    Facts facts;
    Request request;
    WatchPlan plan;
    Case()
    {
        facts.host.seccomp_notify = true;
        request.tool = Tool::dlv;
        plan.watch.emplace();
        plan.watch->cap = Limit(128 * kMiB);
        plan.watch->around.emplace();
        plan.watch->around->knows_debuggees = true;
    }
    Case &when(const char *word)
    {
        request.settings.set(Key::rlimit_data, {std::string(word), {Layer::option, "--rlimit-data"}});
        return *this;
    }
    Limit limit()
    {
        plan_data_limit(facts, request, plan);
        return plan.watch->around ? plan.watch->around->data_limit : Limit();
    }
    std::string notice() { return plan.notices.empty() ? "" : plan.notices[0].text; }
};

TEST(DataLimit, NothingIsBoundedUnlessAskedFor)
{
    EXPECT_FALSE(Case().limit().finite());
    EXPECT_FALSE(Case().when("off").limit().finite());
}

TEST(DataLimit, AutoLeavesTheSoftFuseToComeFirst)
{
    EXPECT_EQ(Case().when("auto").limit(), Limit(224 * kMiB)) << "128M and a quarter, and what is mapped unused";
    Case around = Case().when("auto");
    around.plan.watch->cap = Limit();
    around.plan.watch->around->limit = Limit(256 * kMiB);
    EXPECT_EQ(around.limit(), data_limit_for(Limit(256 * kMiB))) << "the container's";
    EXPECT_EQ(around.notice(), "");
    EXPECT_FALSE(data_limit_for(Limit()).finite());
    Case unbounded = Case().when("auto");
    unbounded.plan.watch->cap = Limit();
    EXPECT_FALSE(unbounded.limit().finite());
    EXPECT_EQ(unbounded.notice(), "--rlimit-data has no effect: there is no cap, and no limit around it");
}

TEST(DataLimit, ASizeIsTakenAsItIs)
{
    Case sized = Case().when("300M");
    EXPECT_EQ(sized.limit(), Limit(300 * kMiB));
    EXPECT_EQ(data_limit_words(sized.request, *sized.plan.watch),
              "; hard cap: each debuggee may map 300M (--rlimit-data)");
    EXPECT_EQ(data_limit_words(Case().request, *Case().plan.watch), "");
}

TEST(DataLimit, WhereItHasNoEffectASizeIsAnswered)
{
    Case cgroup = Case().when("300M"), automatic = Case().when("auto"), blind = Case().when("300M");
    cgroup.plan.watch->around.reset();
    automatic.plan.watch->around.reset();
    (void)cgroup.limit();
    (void)automatic.limit();
    EXPECT_EQ(cgroup.notice(), "--rlimit-data has no effect: a cgroup bounds the debuggee");
    EXPECT_EQ(automatic.notice(), "") << "auto is for where there is none";
    blind.plan.watch->around->knows_debuggees = false;
    blind.facts.host.seccomp_notify = {Why::absent, "kernel 5.0 has no notification"};
    EXPECT_FALSE(blind.limit().finite());
    EXPECT_EQ(blind.notice(), "--rlimit-data has no effect: kernel 5.0 has no notification");
}

TEST(DataLimit, WithoutAWatcherThatIsSaid)
{
    const auto said = [](Tool tool, Layer layer) {
        Case one;
        one.request.tool = tool;
        one.request.settings.set(Key::rlimit_data, {std::string("auto"), {layer, "--rlimit-data"}});
        note_no_data_limit(one.request, "there is no scope", one.plan);
        return one.notice();
    };
    EXPECT_EQ(said(Tool::dlv, Layer::option), "--rlimit-data has no effect: there is no scope");
    EXPECT_NE(said(Tool::none, Layer::option).find("-p LimitDATA=SIZE"), std::string::npos);
    EXPECT_EQ(said(Tool::none, Layer::user), "") << "a file means the debuggees";
}

} // namespace
} // namespace dbgscope
