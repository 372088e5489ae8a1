// SPDX-License-Identifier: Apache-2.0
#include "debugger/dap_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debugger/call.hpp"

namespace dbgscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

DapLogWay way(Tool tool, const std::vector<std::string> &arguments, std::string_view called = "")
{
    return dap_log_way(read_call(tool, arguments), called.empty() ? tool_name(tool) : called, arguments, "/d/s.log");
}

TEST(DapLogWay, DlvWritesItsReadyLineToTheLog)
{
    const DapLogWay found = way(Tool::dlv, {"--check-go-version=false", "dap", "--listen=:0"});
    EXPECT_EQ(found.obstacle, "");
    EXPECT_THAT(found.words, ElementsAre("--log", "--log-output=dap", "--log-dest=/d/s.log"));
    EXPECT_EQ(found.at, 2U) << "behind the verb";
    EXPECT_TRUE(found.ready_line);
    EXPECT_TRUE(way(Tool::dlv, {"exec", "prog", "--headless", "--", "--log-dest=3"}).ready_line);
}

TEST(DapLogWay, ADlvThatDialsTheClientListensNowhere)
{
    const DapLogWay found = way(Tool::dlv, {"dap", "--client-addr=:4711"});
    EXPECT_EQ(found.words.size(), 3U);
    EXPECT_FALSE(found.ready_line);
}

TEST(DapLogWay, WhatTheCallerSaysOfTheLogStands)
{
    const DapLogWay code = way(Tool::dlv, {"dap", "--listen=127.0.0.1:1", "--log-dest=3"});
    EXPECT_THAT(code.obstacle, StartsWith("the client reads dlv's log itself (--log-dest=3): in VS Code it is"));
    EXPECT_TRUE(code.words.empty());
    EXPECT_TRUE(code.speaks_dap);
    EXPECT_EQ(way(Tool::dlv, {"dap", "--log-dest", "f"}).obstacle, "--log-dest is given already");
    EXPECT_EQ(way(Tool::dlv, {"--log", "dap"}).obstacle, "--log is given already");
    EXPECT_EQ(way(Tool::dlv, {"dap", "--log-output=dap"}).obstacle, "--log-output is given already");
    EXPECT_EQ(way(Tool::gdb, {"-i=dap", "-iex", "set debug dap-log-file f"}).obstacle, "dap-log-file is set already");
}

TEST(DapLogWay, OnlyWhoSpeaksTheProtocolLogsIt)
{
    for (const auto &[tool, arguments] : {std::pair<Tool, std::vector<std::string>>{Tool::dlv, {"exec", "prog"}},
                                          {Tool::dlv, {"exec", "prog", "--", "--headless"}},
                                          {Tool::gdb, {"--interpreter=mi", "prog"}},
                                          {Tool::gdb, {"-i=dap", "-i=mi"}},
                                          {Tool::gdb, {"--args", "prog", "-i=dap"}},
                                          {Tool::gdbserver, {":0", "prog"}},
                                          {Tool::lldb_server, {"gdbserver", ":0"}}}) {
        const DapLogWay found = way(tool, arguments);
        EXPECT_THAT(found.obstacle, HasSubstr("protocol")) << tool_name(tool);
        EXPECT_FALSE(found.speaks_dap) << tool_name(tool);
    }
}

TEST(DapLogWay, GdbIsToldBeforeItStartsToTalk)
{
    for (const std::vector<std::string> &arguments :
         {std::vector<std::string>{"-i=dap"}, {"-i", "dap", "-q"}, {"--interpreter=dap", "prog"}}) {
        const DapLogWay found = way(Tool::gdb, arguments);
        EXPECT_THAT(found.words, ElementsAre("-iex", "set debug dap-log-file /d/s.log"));
        EXPECT_EQ(found.at, 0U);
        EXPECT_FALSE(found.ready_line);
    }
}

TEST(DapLogWay, LldbDapHasAVariableByItsName)
{
    EXPECT_EQ(way(Tool::lldb_dap, {}, "/usr/bin/lldb-dap-19").variable, "LLDBDAP_LOG");
    EXPECT_EQ(way(Tool::lldb_dap, {}, "lldb-vscode-14").variable, "LLDBVSCODE_LOG");
}

} // namespace
} // namespace dbgscope
