// SPDX-License-Identifier: Apache-2.0
#include "plan/memlimit.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(PlanMemlimit, OnlyAGomemlimitOfOursCanBeChangedByAPerson)
{
    GoEnvironment go;
    Request request;
    EXPECT_FALSE(gomemlimit_is_live(request, go));
    go.changes.push_back({.name = "GOMEMLIMIT", .value = "460MiB"});
    EXPECT_TRUE(gomemlimit_is_live(request, go));
    request.call.verb = "dap";
    EXPECT_FALSE(gomemlimit_is_live(request, go));
    request.call.verb.clear();
    for (const std::vector<std::string> &words :
         {std::vector<std::string>{"-i=dap"}, {"-i", "dap"}, {"--interpreter=dap"}, {"-q", "-interpreter", "dap"}}) {
        request.arguments = words;
        EXPECT_FALSE(gomemlimit_is_live(request, go)) << words.front();
    }
    for (const std::vector<std::string> &words :
         {std::vector<std::string>{"-i=mi"}, {"--args", "./app", "-i=dap"}, {"dap"}, {"-i"}}) {
        request.arguments = words;
        EXPECT_TRUE(gomemlimit_is_live(request, go)) << words.front();
    }
}

TEST(PlanMemlimit, ItIsOursToChangeWhereNobodyElseCan)
{
    const GoEnvironment none, chosen{.changes = {{.name = "GOMEMLIMIT", .value = "460"}}, .reason = {}, .notices = {}};
    Request request;
    const auto ours = [&](const char *tool, const GoEnvironment &go) {
        Watch watch;
        watch.tool = tool;
        watch.go_version = "go1.19.8";
        watch.cap = Limit(512 * kMiB);
        return gomemlimit_of_ours(request, go, watch);
    };
    EXPECT_EQ(ours("dlv", chosen), Limit());
    EXPECT_EQ(ours("gdb", chosen), Limit());
    EXPECT_EQ(ours("run", chosen), Limit(460));
    EXPECT_EQ(ours("lldb-server", chosen), Limit(460));
    request.call.verb = "dap";
    EXPECT_EQ(ours("dlv", chosen), Limit(460));
    EXPECT_EQ(ours("dlv", none), Limit());
    request.call.verb.clear();
    request.arguments = {"-i=dap"};
    EXPECT_EQ(ours("gdb", chosen), Limit(460));
    for (const auto &[word, limit] : {std::pair("auto", Limit(460)), {"460", Limit()}}) {
        request.settings.set(Key::go_memlimit, {std::string(word), {Layer::option, "--here"}});
        EXPECT_EQ(ours("gdb", chosen), limit) << word;
    }
}

} // namespace
} // namespace dbgscope
