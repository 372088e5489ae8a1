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
