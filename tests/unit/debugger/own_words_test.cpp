// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debugger/call.hpp"

namespace dbgscope {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words(const std::string &line)
{
    std::istringstream in(line);
    return {std::istream_iterator<std::string>(in), {}};
}

/// What is taken, and what is left for the tool.
std::pair<std::vector<std::string>, std::vector<std::string>> take(Tool tool, const std::string &line)
{
    std::vector<std::string> arguments = words(line);
    std::vector<std::string> own = take_own_words(tool, arguments);
    return {std::move(own), std::move(arguments)};
}

TEST(OwnWords, StandWhereTheToolsFlagsMay)
{
    const auto dlv = take(Tool::dlv, "dap --dbgscope-memory-max=1G --listen=:0 --dbgscope-quiet");
    EXPECT_THAT(dlv.first, ElementsAre("--memory-max=1G", "--quiet"));
    EXPECT_THAT(dlv.second, ElementsAre("dap", "--listen=:0"));
    const auto gdb = take(Tool::gdb, "--dbgscope-quiet -q --args p --dbgscope-x");
    EXPECT_THAT(gdb.first, ElementsAre("--quiet"));
    EXPECT_THAT(gdb.second, ElementsAre("-q", "--args", "p", "--dbgscope-x"));
    const auto server = take(Tool::gdbserver, "--once --dbgscope-quiet :1234 p --dbgscope-x=1");
    EXPECT_THAT(server.first, ElementsAre("--quiet"));
    EXPECT_THAT(server.second, ElementsAre("--once", ":1234", "p", "--dbgscope-x=1"));
}

TEST(OwnWords, AreNotLookedForAmongTheDebuggees)
{
    const auto dlv = take(Tool::dlv, "exec ./p -- --dbgscope-memory-max=1G");
    EXPECT_THAT(dlv.first, IsEmpty());
    EXPECT_THAT(dlv.second, ElementsAre("exec", "./p", "--", "--dbgscope-memory-max=1G"));
    EXPECT_THAT(take(Tool::gdbserver, "- p --dbgscope-quiet").first, IsEmpty());
}

TEST(OwnWords, AlmostAreLeftToTheTool)
{
    const auto dlv = take(Tool::dlv, "--dbgscope- -dbgscope-quiet --dbgscope dbgscope-quiet");
    EXPECT_THAT(dlv.first, IsEmpty());
    EXPECT_EQ(dlv.second.size(), 4U);
}

TEST(ListenPort, IsTheLastNumber)
{
    EXPECT_EQ(listen_port("127.0.0.1:4040"), 4040);
    EXPECT_EQ(listen_port("[::1]:4040"), 4040);
    EXPECT_EQ(listen_port(":65535"), 65535);
    EXPECT_EQ(listen_port("4711"), 4711);
    EXPECT_EQ(listen_port("listen://localhost:4711"), 4711);
    for (const char *none : {"", "127.0.0.1:0", ":65536", "localhost:http", "-", "stdio", "/dev/ttyS0", "unix:/run/x:1",
                             "udp:1.2.3.4:5", ":12x", ":-1"})
        EXPECT_FALSE(listen_port(none)) << none;
}

TEST(ListenPort, ComesFromTheToolsOwnPlace)
{
    const auto listen = [](Tool tool, const std::string &line) { return read_call(tool, words(line)).listen; };
    EXPECT_EQ(listen(Tool::dlv, "dap -l 127.0.0.1:4040"), "127.0.0.1:4040");
    EXPECT_EQ(listen(Tool::dlv, "--listen=:1 exec ./p --listen=:2"), ":2");
    EXPECT_EQ(listen(Tool::dlv, "exec ./p -- --listen=:2"), "");
    EXPECT_EQ(listen(Tool::dlv, "dap --client-addr=:7"), "");
    EXPECT_EQ(listen(Tool::gdbserver, "--once localhost:1234 p :9"), "localhost:1234");
    EXPECT_EQ(listen(Tool::gdbserver, "--wrapper env A=:1 -- :1234 p"), ":1234");
    EXPECT_EQ(listen(Tool::gdbserver, "--multi :1234"), ":1234");
    EXPECT_EQ(listen(Tool::lldb_server, "gdbserver --setsid :1234 -- p"), ":1234");
    EXPECT_EQ(listen(Tool::lldb_server, "platform --listen *:1234"), "*:1234");
    EXPECT_EQ(listen(Tool::lldb_dap, "--port 4711"), "4711");
}

} // namespace
} // namespace dbgscope
