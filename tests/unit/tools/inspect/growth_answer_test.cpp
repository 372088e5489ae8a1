// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/growth_answer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <thread>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

const GrowthAnswer kAnswer{
    .growers = "f f.c:7 1M (98 %)",
    .seen = "1M of the 2M that it grew",
    .text = "two\nlines\n",
    .profile = std::string(200'000, '\x1f'),
    .sites = {{{"f(int, char)", "/src/f \t.c", 7}, 1U << 20, 0.98}, {{"0x4a1b2c", "", 0}, 5, 0.02}}};

TEST(GrowthAnswer, ComesBackWholeOrNotAtAll)
{
    const std::string bytes = pack(kAnswer);
    EXPECT_EQ(unpack(bytes), kAnswer);
    EXPECT_EQ(unpack(pack({})), GrowthAnswer{});
    EXPECT_FALSE(unpack(bytes + "x"));
    EXPECT_FALSE(unpack(""));
    EXPECT_FALSE(unpack("99999999999999999999\nx"));
    EXPECT_FALSE(unpack("-1\nx"));
    for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{20}, bytes.size() - 1})
        EXPECT_FALSE(unpack(bytes.substr(0, size))) << size;
}

struct Ends {
    UniqueFd asks, answers;
    Ends()
    {
        std::array<int, 2> ends{-1, -1};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0) {
            asks.reset(ends[0]);
            answers.reset(ends[1]);
        }
    }
};

GrowthQuestion await_question(int socket)
{
    for (;;)
        if (auto question = take_growth_question(socket); question.to.valid() || question.over)
            return question;
        else
            std::this_thread::sleep_for(1ms);
}

TEST(GrowthAnswer, DamagedSitesAreNone)
{
    const std::string bytes = pack_sites(kAnswer.sites);
    EXPECT_EQ(unpack_sites(bytes), kAnswer.sites);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        const auto some = unpack_sites(std::string_view(bytes).substr(0, size));
        EXPECT_TRUE(!some || some->size() < kAnswer.sites.size()) << size;
    }
    std::string many;
    for (std::size_t i = 0; i <= kMostLargeSites; ++i)
        many += pack_sites({kAnswer.sites.front()});
    EXPECT_FALSE(unpack_sites(many));
    std::string wrong = bytes;
    std::ranges::replace(wrong, '7', 'x');
    EXPECT_FALSE(unpack_sites(wrong));
}

TEST(GrowthAnswer, GoesToTheOneWhoAsks)
{
    Ends ends;
    std::thread other([&] {
        for (int i = 0; i < 2; ++i)
            if (const GrowthQuestion question = await_question(ends.answers.get()); question.pid == 4711)
                tell_growth(question.to.get(), kAnswer);
    });
    EXPECT_EQ(ask_growth(ends.asks.get(), 4711, 20s), kAnswer);
    EXPECT_EQ(ask_growth(ends.asks.get(), 4711, 20s), kAnswer);
    other.join();
}

TEST(GrowthAnswer, NobodyWaitsForOneThatDoesNotAnswer)
{
    Ends ends;
    EXPECT_FALSE(ask_growth(ends.asks.get(), 4711, 20ms));
    ends.answers.reset();
    EXPECT_FALSE(ask_growth(ends.asks.get(), 4711, 20s)) << "nobody is there";
}

TEST(GrowthAnswer, TheLastOneThatCouldAskHasGone)
{
    Ends ends;
    EXPECT_FALSE(take_growth_question(ends.answers.get()).over);
    char byte = 'x'; // no question: it brings nothing to answer to
    ASSERT_EQ(::send(ends.asks.get(), &byte, 1, 0), 1);
    const GrowthQuestion none = take_growth_question(ends.answers.get());
    EXPECT_TRUE(!none.over && !none.to.valid());
    ends.asks.reset();
    EXPECT_TRUE(take_growth_question(ends.answers.get()).over);
}

} // namespace
} // namespace dbgscope
