// SPDX-License-Identifier: Apache-2.0
#include "plan/recording.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

struct Case {
    Request request;
    WatchPlan plan;
    explicit Case(Tool tool, CallKind kind = CallKind::launch)
    {
        request.tool = tool;
        request.call.kind = kind;
        plan.watch.emplace();
    }
    bool records(const char *word = nullptr)
    {
        if (word != nullptr)
            request.settings.set(Key::record, {std::string(word), {Layer::option, "--record"}});
        plan_recording(request, plan);
        return plan.watch && plan.watch->record;
    }
};

TEST(PlanRecording, AutoIsForDebuggersThatStartAProgram)
{
    EXPECT_TRUE(Case(Tool::dlv).records());
    EXPECT_FALSE(Case(Tool::dlv, CallKind::attach).records());
    EXPECT_FALSE(Case(Tool::none).records());
}

TEST(PlanRecording, WhatIsAskedForIsDone)
{
    EXPECT_FALSE(Case(Tool::dlv).records("off"));
    EXPECT_TRUE(Case(Tool::none).records("on"));
    EXPECT_TRUE(Case(Tool::dlv, CallKind::attach).records("on"));
}

TEST(PlanRecording, WithoutAWatcherThereIsNoneWhichIsSaidWhereItWasAskedFor)
{
    Case quiet(Tool::dlv);
    quiet.plan.watch.reset();
    EXPECT_FALSE(quiet.records());
    EXPECT_TRUE(quiet.plan.notices.empty());
    Case asked(Tool::none);
    asked.plan.watch.reset();
    EXPECT_FALSE(asked.records("on"));
    ASSERT_EQ(asked.plan.notices.size(), 1U);
    EXPECT_EQ(asked.plan.notices[0].text, "--record has no effect: there is no watcher");
}

} // namespace
} // namespace dbgscope
