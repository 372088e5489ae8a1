// SPDX-License-Identifier: Apache-2.0
#include "plan/listen.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "debugger/call.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

std::string said(const Facts &facts, const DebuggerCall &call)
{
    std::string text;
    for (const Notice &notice : listen_notices(facts, call))
        text += notice.id + ": " + notice.text + '\n';
    return text;
}

TEST(TakenPort, NamesWhoHasItAndTheCure)
{
    Facts facts;
    const DebuggerCall call = read_call(Tool::dlv, {"dap", "--listen=127.0.0.1:4040"});
    EXPECT_EQ(said(facts, call), "");
    facts.taken_port = PortFacts{4040, "node (pid 7)", ""};
    EXPECT_EQ(said(facts, call), "port-taken: node (pid 7) listens on port 4040 already\n");
    facts.taken_port = PortFacts{4040, "dlv (pid 7)", "dlv-debug-p7"};
    EXPECT_EQ(said(facts, call), "port-taken: dlv (pid 7) of session dlv-debug-p7 listens on port 4040 already: "
                                 "dbgscope stop --port 4040 ends it\n");
    facts.taken_port = PortFacts{4040, "", ""};
    EXPECT_EQ(said(facts, call), "port-taken: something listens on port 4040 already\n");
}

TEST(Gdbserver, ListensEverywhereWhateverItIsTold)
{
    const auto everywhere = [](const char *comm) {
        return said({}, read_call(Tool::gdbserver, {"--once", comm, "p"})).starts_with("listens-everywhere: ");
    };
    for (const char *host : {"localhost:1234", "127.0.0.1:1234", "[::1]:1234", "tcp:localhost:1234"})
        EXPECT_TRUE(everywhere(host)) << host;
    for (const char *every : {":1234", "0.0.0.0:1234", "[::]:1234", "*:1234", "tcp::1234", "-", "stdio", "/dev/ttyS0"})
        EXPECT_FALSE(everywhere(every)) << every;
    EXPECT_EQ(said({}, read_call(Tool::dlv, {"dap", "--listen=localhost:1234"})), "");
}

TEST(ClientTimeout, IsForDlvDapAlone)
{
    Settings settings;
    const DebuggerCall dap = read_call(Tool::dlv, {"dap"});
    EXPECT_EQ(client_timeout_ms(settings, dap), 0);
    settings.set(Key::client_timeout, {std::chrono::microseconds(90s), {Layer::option, "--client-timeout"}});
    EXPECT_EQ(client_timeout_ms(settings, dap), 90'000);
    settings.set(Key::client_timeout, {std::chrono::microseconds(0), {Layer::option, "--client-timeout"}}); // never
    EXPECT_EQ(client_timeout_ms(settings, dap), 0);
    settings.set(Key::client_timeout, {std::chrono::microseconds(90s), {Layer::option, "--client-timeout"}});
    EXPECT_EQ(client_timeout_ms(settings, read_call(Tool::dlv, {"exec", "--headless", "p"})), 0);
    EXPECT_EQ(client_timeout_ms(settings, read_call(Tool::lldb_dap, {})), 0);
    settings.set(Key::client_timeout, {std::chrono::microseconds::max(), {Layer::option, "--client-timeout"}});
    EXPECT_EQ(client_timeout_ms(settings, dap), 0);
}

} // namespace
} // namespace dbgscope
