// SPDX-License-Identifier: Apache-2.0
#include "cli/session_choice.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

LiveSession session(const std::string &id, int pid)
{
    LiveSession live;
    live.record.id = id;
    live.record.debugger.pid = pid;
    return live;
}

const std::vector<LiveSession> kSessions{session("dlv-debug-p1-00ff", 1), session("dlv-debug-p12-aa", 12),
                                         session("run", 20), session("run", 21), session("run-p30-11", 30)};

int chosen(std::string_view word)
{
    const auto found = choose_session(kSessions, word);
    return found ? found->record.debugger.pid : 0;
}

std::string refusal(std::string_view word, const std::vector<LiveSession> &sessions = kSessions)
{
    const auto found = choose_session(sessions, word);
    return found ? "" : to_line(found.error());
}

TEST(ChooseSession, ByNameOrItsBeginning)
{
    EXPECT_EQ(chosen("dlv-debug-p1-00ff"), 1);
    EXPECT_EQ(chosen("dlv-debug-p1-"), 1);
    EXPECT_EQ(chosen("dlv-debug-p12"), 12);
    EXPECT_EQ(chosen("run-"), 30);
    EXPECT_EQ(chosen("run.21"), 21); // two of one name
    EXPECT_EQ(chosen("run.2"), 0);
}

TEST(ChooseSession, TheWholeNameGoesBeforeTheBeginningOfAnother)
{
    const std::vector<LiveSession> sessions{session("a", 1), session("ab", 2)};
    const auto found = choose_session(sessions, "a");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record.debugger.pid, 1);
}

TEST(ChooseSession, NamesTheCandidates)
{
    EXPECT_EQ(refusal("dlv"),
              "cannot choose session \"dlv\": it may be any of dlv-debug-p1-00ff.1, dlv-debug-p12-aa.12 "
              "(give more of the name)");
    EXPECT_EQ(refusal("run"), "cannot choose session \"run\": it may be any of run.20, run.21 (give more of the name)");
}

LiveSession in_state(const std::string &id, int pid, SessionState state, std::uint64_t start_ticks)
{
    LiveSession live = session(id, pid);
    live.record.state = state;
    live.record.debugger.start_ticks = start_ticks;
    live.watcher_alive = true;
    return live;
}

TEST(OnlySession, IsMeantWithoutItsName)
{
    const auto only = only_session({session("a", 1)}, "dbgscope stop ID");
    ASSERT_TRUE(only);
    EXPECT_EQ(only->record.debugger.pid, 1);
    const auto none = only_session({}, "dbgscope stop ID");
    ASSERT_FALSE(none);
    EXPECT_EQ(to_line(none.error()), "cannot find a session: no session of yours is running");
    const auto two = only_session({session("a", 1), session("b", 2)}, "dbgscope stop ID");
    ASSERT_FALSE(two);
    EXPECT_EQ(to_line(two.error()),
              "cannot choose a session without its name: it may be any of a.1, b.2 (dbgscope stop ID)");
}

TEST(HeldSession, IsTheNewestOneThatIsPastItsLine)
{
    using enum SessionState;
    std::vector<LiveSession> sessions{in_state("old", 1, held, 10), in_state("new", 2, stopped, 30),
                                      in_state("newest", 3, running, 40), in_state("between", 4, throttled, 20)};
    auto found = held_session(sessions, "form");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record.id, "new");
    sessions[1].watcher_alive = false; // its record says what once was
    found = held_session(sessions, "form");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record.id, "between");
}

TEST(HeldSession, IsTheOnlyOneWhereNoneIsHeld)
{
    using enum SessionState;
    std::vector<LiveSession> sessions{in_state("a", 1, running, 10)};
    EXPECT_TRUE(held_session(sessions, "form"));
    sessions.push_back(in_state("b", 2, running, 20));
    EXPECT_FALSE(held_session(sessions, "form"));
}

TEST(ChooseSession, SaysWhatIsThere)
{
    EXPECT_EQ(refusal("dlv-debug-p12-ab"),
              "cannot find session \"dlv-debug-p12-ab\": none of that name is running (did "
              "you mean dlv-debug-p12-aa?)");
    EXPECT_EQ(refusal("zzzzzzzzzzzz"),
              "cannot find session \"zzzzzzzzzzzz\": none of that name is running (dbgscope ps "
              "lists the sessions)");
    EXPECT_EQ(refusal(""), "cannot find session \"\": none of that name is running (dbgscope ps lists the sessions)");
    EXPECT_EQ(refusal("a", {}), "cannot find session \"a\": no session of yours is running");
}

} // namespace
} // namespace dbgscope
