// SPDX-License-Identifier: Apache-2.0
#include "tools/report/lua_table.hpp"

#include <gtest/gtest.h>

#include "tools/report/dap_log.hpp"

namespace dbgscope {
namespace {

// As nvim-dap 0.10 writes it on Neovim 0.10.4.
constexpr std::string_view kLog = R"([DEBUG] 2026-11-30 00:22:14 dap/session.lua:1872	"request"	{
  arguments = {
    adapterID = "nvim-dap",
    clientID = "neovim",
    linesStartAt1 = true
  },
  command = "initialize",
  seq = 1,
  type = "request"
}
[DEBUG] 2026-11-30 00:22:14 dap/session.lua:1068	1	{
  body = {
    exceptionBreakpointFilters = vim.empty_dict(),
    supportsConfigurationDoneRequest = true
  },
  command = "initialize",
  request_seq = 1,
  seq = 0,
  success = true,
  type = "response"
}
[DEBUG] 2026-11-30 00:22:15 dap/session.lua:1872	"request"	{
  arguments = {
    args = { '--x="y"', "-z", "both ' and \" \\ \n" },
    big = 12345678901,
    env = {
      ["A-B"] = "1"
    },
    mode = "exec",
    n = 1.5,
    neg = -3,
    program = "/tmp/a'b",
    stopOnEntry = vim.NIL
  },
  command = "launch",
  seq = 2,
  type = "request"
}
[TRACE] 2026-11-30 00:22:15 dap/x.lua:9	"Spawning debug adapter"	{
  command = "dlv",
  on_config = <function 1>,
  <metatable> = <1>{
    __index = <table 1>
  }
}
[DEBUG] 2026-11-30 00:22:17 dap/session.lua:1068	1	{
  body = {
    allThreadsStopped = true,
    hitBreakpointIds = { 1, 2 },
    reason = "breakpoint",
    threadId = 1
  },
  event = "stopped",
  type = "event"
}
)";

TEST(LuaTable, IsReadAsJson)
{
    const std::string_view text = kLog.substr(kLog.find("{\n  arguments = {\n    args"));
    ASSERT_TRUE(opens_lua_table(text));
    std::size_t length = 0;
    const auto found = read_lua_table(text, length);
    ASSERT_TRUE(found);
    EXPECT_EQ(text.substr(length, 2), "\n[");
    EXPECT_EQ(found->dump(),
              R"({"arguments":{"args":["--x=\"y\"","-z","both ' and \" \\ \n"],"big":12345678901,"env":{"A-B":"1"},)"
              R"("mode":"exec","n":1.5,"neg":-3,"program":"/tmp/a'b","stopOnEntry":null},"command":"launch","seq":2,)"
              R"("type":"request"})");
}

TEST(LuaTable, WhatIsNoneOrDamagedIsNot)
{
    std::size_t length = 0;
    EXPECT_FALSE(opens_lua_table("{\"a\": 1}"));
    EXPECT_FALSE(opens_lua_table("{\n  \"a\": 1\n}"));
    EXPECT_FALSE(opens_lua_table("{\n}"));
    EXPECT_FALSE(opens_lua_table(""));
    for (const std::string_view text :
         {"{\n  a = 1", "{\n  a = \"x\n}", "{\n  a = \"x\\", "{\n  a = }", "{\n  a 1 }", "{\n  [\"a] = 1\n}",
          "{\n  a = <fun", "{\n  a = 1 b = 2\n}", "{\n  a = -\n}", "{\n  a ="})
        EXPECT_FALSE(read_lua_table(text, length)) << text;
    EXPECT_FALSE(read_lua_table(std::string(100'000, '{'), length));
    std::string many = "{\n";
    for (int i = 0; i < 100'000; ++i)
        many += "a" + std::to_string(i) + "=1,";
    EXPECT_FALSE(read_lua_table(many + "}", length));
    EXPECT_EQ(read_lua_table("{ 1, { \"\\0651\\t\\255\" }, nil, {}, inf }", length)->dump(),
              "[1,[\"A1\\t\xef\xbf\xbd\"],null,[],null]"); // a byte that is no UTF-8
}

TEST(LuaTable, NvimDapsOwnLogIsListenedTo)
{
    const auto report = read_dap_log(kLog);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->client, "neovim");
    ASSERT_EQ(report->requests.size(), 2U);
    EXPECT_TRUE(report->requests[0].success);
    EXPECT_EQ(report->requests[1].command, "launch");
    EXPECT_FALSE(report->requests[1].answered);
    ASSERT_EQ(report->stops.size(), 1U);
    EXPECT_EQ(report->stops[0].reason, "breakpoint");
    EXPECT_EQ(report->stops[0].at_s, 3);
    EXPECT_EQ(report->messages, 4U); // the adapter's configuration is none
    EXPECT_TRUE(report->whole_seconds);
    for (std::size_t length = 0; length < kLog.size(); ++length)
        (void)read_dap_log(kLog.substr(0, length));
}

} // namespace
} // namespace dbgscope
