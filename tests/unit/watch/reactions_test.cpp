// SPDX-License-Identifier: Apache-2.0
#include "watch/reactions.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(EventVariables, SayWhatIsKnownAndNothingElse)
{
    EventFacts facts;
    facts.text = "held: \x1b[2J\nx";
    facts.tool = "dlv";
    facts.program = "/a b";
    facts.pid = 42;
    facts.memory_bytes = 5;
    facts.cap = Limit(7);
    const std::vector<std::string> expected{
        "DBGSCOPE_EVENT=held",           "DBGSCOPE_SESSION=s",          "DBGSCOPE_EVENT_TEXT=held: \\x1b[2J\\x0ax",
        "DBGSCOPE_EVENT_TOOL=dlv",       "DBGSCOPE_EVENT_PROGRAM=/a b", "DBGSCOPE_EVENT_PID=42",
        "DBGSCOPE_EVENT_MEMORY_BYTES=5", "DBGSCOPE_EVENT_CAP_BYTES=7"};
    EXPECT_EQ(event_variables("held", "s", facts), expected);
    EXPECT_EQ(event_variables("drift", "s", {}),
              (std::vector<std::string>{"DBGSCOPE_EVENT=drift", "DBGSCOPE_SESSION=s"}));
}

TEST(Reactor, KnowsWhatIsWanted)
{
    Watch order;
    order.on.pressure = {"weight", "exec /x"};
    order.on.killed = {"stop"};
    const Reactor reactor(order);
    EXPECT_TRUE(reactor.wants(SessionEvent::pressure, "weight"));
    EXPECT_FALSE(reactor.wants(SessionEvent::pressure, "stop"));
    EXPECT_TRUE(reactor.wants(SessionEvent::killed, "stop"));
    EXPECT_TRUE(reactor.actions(SessionEvent::held).empty());
}

} // namespace
} // namespace dbgscope
