// SPDX-License-Identifier: Apache-2.0
#include "kernel/threads.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "fake_root.hpp"

namespace dbgscope {
namespace {

TEST(Threads, PlaceInACallOrOutOfOne)
{
    const auto call = parse_thread_place("202 0xc000040948 0x80 0x0 0x0 0x0 0x0 0xc00004bd78 0x468183\n");
    ASSERT_TRUE(call);
    EXPECT_TRUE(call->in_call);
    EXPECT_EQ(call->sp, 0xc00004bd78U);
    EXPECT_EQ(call->pc, 0x468183U);
    const auto fault = parse_thread_place("-1 0xc00006eec0 0x4ab7bd\n");
    ASSERT_TRUE(fault);
    EXPECT_FALSE(fault->in_call);
    EXPECT_EQ(fault->sp, 0xc00006eec0U);
    EXPECT_EQ(fault->pc, 0x4ab7bdU);
}

TEST(Threads, ThatRunOrAreMalformedHaveNoPlace)
{
    for (const char *text : {"running\n", "", "\n", "-1", "-1 0x10", "202 0x1 0x2\n", "-1 10 20\n", "-1 0xg 0x1\n"})
        EXPECT_FALSE(parse_thread_place(text)) << text;
}

TEST(Threads, AreListedWithWhatTheyWaitFor)
{
    test::FakeRoot root;
    const auto thread = [&root](const std::string &id, const char *name, const char *function, const char *place) {
        root.file("/10/task/" + id + "/comm", std::string(name) + '\n');
        root.file("/10/task/" + id + "/wchan", function);
        root.file("/10/task/" + id + "/syscall", place);
    };
    thread("12", "wor\x1bker", "mem_cgroup_oom_synchronize", "-1 0x7f00 0x4000\n");
    thread("10", "leak", "0", "running\n");
    thread("11", "leak", "do_freezer_trap", "-1 0x7f00 0x4000\n");
    const auto threads = threads_of(10, root.path());
    ASSERT_EQ(threads.size(), 3U);
    EXPECT_EQ(threads[0].id, 10);
    EXPECT_TRUE(threads[0].sleeps_in.empty());
    EXPECT_FALSE(threads[0].place || threads[0].waits_for_memory() || threads[0].frozen());
    EXPECT_TRUE(threads[1].frozen());
    EXPECT_TRUE(threads[2].waits_for_memory());
    EXPECT_EQ(threads[2].name, "wor\\x1bker");
    EXPECT_EQ(threads[2].place->pc, 0x4000U);
    EXPECT_TRUE(threads_of(11, root.path()).empty());
}

TEST(Threads, AreAllInAState)
{
    test::FakeRoot root;
    const auto stat = [&root](int thread, char state) {
        root.file(fmt::format("/{}/stat", thread),
                  fmt::format("{} (a) {} 1 10 10 0 -1 64 1 0 0 0 0 0 0 0 20 0 1 0 123 0 0\n", thread, state));
    };
    for (const int thread : {10, 11, 12, 13})
        root.file(fmt::format("/10/task/{}/comm", thread), "a\n");
    stat(10, 't');
    stat(11, 'T');
    stat(12, 'Z'); // and 13 has gone meanwhile
    EXPECT_TRUE(all_threads_are(10, "tT", root.path()));
    EXPECT_FALSE(all_threads_are(10, "t", root.path()));
    stat(11, 'R');
    EXPECT_FALSE(all_threads_are(10, "tT", root.path()));
    EXPECT_FALSE(all_threads_are(14, "tT", root.path())) << "no such process";
}

TEST(Threads, AFamilyIsAProcessAndAllThatItHasStarted)
{
    test::FakeRoot root;
    root.file("/10/task/10/children", "20 21 ");
    root.file("/10/task/12/children", "22 ");
    root.file("/20/task/20/children", "");
    root.file("/22/task/22/children", "30 x ");
    EXPECT_EQ(family_of(10, root.path()), (std::vector<pid_t>{10, 20, 21, 22, 30}));
    root.file("/40/task/40/comm", "a kernel without the list\n");
    EXPECT_EQ(family_of(40, root.path()), std::vector<pid_t>{40});
    std::string many;
    for (int child = 100; child < 300; ++child)
        many += std::to_string(child) + ' ';
    root.file("/50/task/50/children", many);
    EXPECT_EQ(family_of(50, root.path()).size(), 64U);
}

} // namespace
} // namespace dbgscope
