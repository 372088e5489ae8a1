// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/waiters.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

const Frame kLeak{.function = "main.leakForever", .file = "/src/main.go", .line = 27};

TEST(WaiterLine, NamesGoroutineLineAndThread)
{
    EXPECT_EQ(waiter_line({{.thread = 30054, .name = "leak", .goroutine = 6, .frame = kLeak}}),
              "who waits at the limit: goroutine 6, main.leakForever main.go:27 (thread 30054)");
}

TEST(WaiterLine, NamesWhatIsKnown)
{
    const Frame function{.function = "touch", .file = {}, .line = 0};
    EXPECT_EQ(waiter_line({{.thread = 7, .name = "eater", .frame = function}}),
              "who waits at the limit: touch (thread 7)");
    EXPECT_EQ(waiter_line({{.thread = 7, .name = "eater", .frame = {}}}), "who waits at the limit: thread 7 (eater)");
    EXPECT_EQ(waiter_line({{.thread = 7, .name = "leak", .goroutine = 6, .frame = {}}}),
              "who waits at the limit: goroutine 6, thread 7 (leak)");
    EXPECT_EQ(waiter_line({}), "");
}

TEST(WaiterLine, SaysThatNobodyWaitsAndWhoTookTheMost)
{
    const Frame eat{.function = "eat", .file = "/src/eater.c", .line = 70};
    EXPECT_EQ(taker_line(Waiter{.thread = 279, .name = "eater", .frame = eat}),
              "who waits at the limit: nobody at this moment; eat eater.c:70 (thread 279) has taken the most");
}

TEST(WaiterLine, IsNoAnswerOfCollectorsAndOfWhoChangesStacks)
{
    const Frame collector{.function = "runtime.gcDrain", .file = "/go/mgcmark.go", .line = 1036};
    const Waiter of_runtime{.thread = 386, .name = "leak", .goroutine = 5, .frame = collector, .of_runtime = true};
    const Waiter on_its_way{.thread = 7, .name = "leak", .goroutine = 6, .frame = {}};
    EXPECT_FALSE(of_program({}));
    EXPECT_FALSE(of_program({of_runtime, on_its_way}));
    EXPECT_TRUE(of_program({of_runtime, {.thread = 8, .name = "leak", .goroutine = 7, .frame = kLeak}}));
    EXPECT_TRUE(of_program({{.thread = 7, .name = "eater", .frame = {}}})); // without symbols, for ever
}

TEST(WaiterLine, NamesBesideACollectorWhatTheProgramDoes)
{
    const Frame flush{.function = "runtime.gcFlushBgCredit", .file = "/go/mgcmark.go", .line = 665};
    const Waiter collector{
        .thread = 2679, .name = "leak", .goroutine = 5, .frame = flush, .of_runtime = true, .collects = true};
    const Waiter runs{.thread = 2680, .name = "leak", .goroutine = 6, .frame = kLeak, .beside = true};
    const Waiter assists{.thread = 0, .name = "", .goroutine = 7, .frame = kLeak, .beside = true};
    EXPECT_EQ(
        waiter_line({collector, collector, runs, assists}),
        "who waits at the limit: Go's collector (thread 2679); beside it goroutine 6, main.leakForever main.go:27 "
        "(thread 2680); goroutine 7, main.leakForever main.go:27");
    EXPECT_EQ(waiter_line({collector}),
              "who waits at the limit: goroutine 5, runtime.gcFlushBgCredit mgcmark.go:665 (thread 2679)");
    const Waiter finalizer{.thread = 9,
                           .name = "leak",
                           .goroutine = 2,
                           .frame = {.function = "runtime.runfinq", .file = "/go/mfinal.go", .line = 8},
                           .of_runtime = true};
    EXPECT_EQ(waiter_line({collector, finalizer, assists}),
              "who waits at the limit: goroutine 5, runtime.gcFlushBgCredit mgcmark.go:665 (thread 2679); goroutine 2, "
              "runtime.runfinq mfinal.go:8 (thread 9); beside it goroutine 7, main.leakForever main.go:27");
    EXPECT_FALSE(of_program({collector, runs})) << "one that allocates itself may come yet";
}

TEST(WaiterLine, CountsTheFourthAndOn)
{
    const Waiter one{.thread = 7, .name = "w", .frame = {}};
    EXPECT_EQ(waiter_line({one, one, one, one, one}),
              "who waits at the limit: thread 7 (w); thread 7 (w); thread 7 (w); and 2 more");
}

} // namespace
} // namespace dbgscope
