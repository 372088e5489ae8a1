// SPDX-License-Identifier: Apache-2.0
#include "plan/dap_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debugger/call.hpp"

namespace dbgscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Case {
    Request request;
    Execute execute;
    LaunchPlan plan;

    Case(Tool tool, std::vector<std::string> arguments, const char *word, Layer layer = Layer::option)
    {
        request.tool = tool;
        request.called = tool_name(tool);
        request.arguments = std::move(arguments);
        request.call = read_call(tool, request.arguments);
        request.pid = 7;
        request.start_ticks = 9;
        request.dap_logs = "/d";
        if (word != nullptr)
            request.settings.set(Key::dap_log, {std::string(word), {layer, "--dap-log"}});
        execute.arguments = request.arguments;
        execute.arguments.insert(execute.arguments.begin(), request.called);
    }
    [[nodiscard]] const KeepDapLog *made()
    {
        const std::size_t before = execute.arguments.size();
        plan_dap_log(request, "s", execute, plan);
        if (plan.steps.empty()) {
            EXPECT_EQ(execute.arguments.size(), before) << "the command is left alone";
            return nullptr;
        }
        return std::get_if<KeepDapLog>(&plan.steps.front().action);
    }
};

TEST(PlanDapLog, IsOffUnlessAskedFor)
{
    EXPECT_EQ(Case(Tool::dlv, {"dap"}, nullptr).made(), nullptr);
    for (const char *word : {"off", "no", "false"}) {
        Case off(Tool::dlv, {"dap"}, word);
        EXPECT_EQ(off.made(), nullptr) << word;
        EXPECT_TRUE(off.plan.notices.empty()) << word;
    }
}

TEST(PlanDapLog, ASessionsOwnFileIsCalledAsItsRecord)
{
    Case dap(Tool::dlv, {"dap", "--listen=127.0.0.1:0"}, "on");
    const KeepDapLog *log = dap.made();
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->path, "/d/s.7-9.log");
    EXPECT_TRUE(log->ready_line);
    EXPECT_THAT(dap.execute.arguments, ElementsAre("dlv", "dap", "--log", "--log-output=dap", "--log-dest=/d/s.7-9.log",
                                                   "--listen=127.0.0.1:0"));
    EXPECT_TRUE(dap.plan.notices.empty());
    Case named(Tool::gdb, {"-i=dap"}, "/tmp/f");
    ASSERT_NE(named.made(), nullptr);
    EXPECT_THAT(named.execute.arguments, ElementsAre("gdb", "-iex", "set debug dap-log-file /tmp/f", "-i=dap"));
}

TEST(PlanDapLog, WhereItCannotBeItIsSaidOnce)
{
    Case code(Tool::dlv, {"dap", "--log-dest=3"}, "on", Layer::user);
    EXPECT_EQ(code.made(), nullptr);
    ASSERT_EQ(code.plan.notices.size(), 1U);
    EXPECT_THAT(code.plan.notices[0].text, HasSubstr("--dap-log has no effect: the client reads dlv's log itself"));
    Case terminal(Tool::dlv, {"debug"}, "on");
    EXPECT_EQ(terminal.made(), nullptr);
    EXPECT_EQ(terminal.plan.notices.size(), 1U);
    Case lldb(Tool::lldb_dap, {}, "on");
    lldb.request.environment = {{"LLDBDAP_LOG", "/mine"}};
    EXPECT_EQ(lldb.made(), nullptr);
    EXPECT_EQ(lldb.plan.notices.size(), 1U);
}

TEST(PlanDapLog, AFileOfSettingsMeansTheDebuggersThatCan)
{
    Case terminal(Tool::dlv, {"debug"}, "on", Layer::user);
    EXPECT_EQ(terminal.made(), nullptr);
    EXPECT_TRUE(terminal.plan.notices.empty());
    EXPECT_EQ(terminal.plan.left_out.size(), 1U);
}

TEST(PlanDapLog, AnotherUserCannotReachTheSessionsFiles)
{
    Case other(Tool::dlv, {"dap"}, "on");
    other.request.settings.set(Key::uid, {std::string("dev"), {Layer::option, "--uid"}});
    EXPECT_EQ(other.made(), nullptr);
    EXPECT_EQ(other.plan.notices.size(), 1U);
    Case named(Tool::dlv, {"dap"}, "/home/dev/dap.log");
    named.request.settings.set(Key::uid, {std::string("dev"), {Layer::option, "--uid"}});
    EXPECT_NE(named.made(), nullptr);
    Case nowhere(Tool::dlv, {"dap"}, "on");
    nowhere.request.dap_logs.clear();
    EXPECT_EQ(nowhere.made(), nullptr);
}

TEST(PlanDapLog, DlvsWarningOfAnOpenPortGoesToTheLogSoItIsSaid)
{
    for (const char *address : {"--listen=:4040", "--listen=0.0.0.0:4040", "--listen=[::]:4040"}) {
        Case open(Tool::dlv, {"dap", address}, "on");
        EXPECT_NE(open.made(), nullptr);
        EXPECT_EQ(open.plan.notices.size(), 1U) << address;
    }
    for (const char *address :
         {"--listen=localhost:4040", "--listen=127.0.0.1:0", "--listen=[::1]:1", "--listen=unix:/s"}) {
        Case closed(Tool::dlv, {"dap", address}, "on");
        EXPECT_NE(closed.made(), nullptr);
        EXPECT_TRUE(closed.plan.notices.empty()) << address;
    }
}

} // namespace
} // namespace dbgscope
