// SPDX-License-Identifier: Apache-2.0
#include "plan/v1_limits.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

struct Case {
    Facts facts;
    Request request;
    PropertyWishes wishes;
    explicit Case(int version) { facts.cgroup.memory.version = version; }
    Case &ask(Key key)
    {
        request.settings.set(key, {SizeSpec{SizeSpec::Kind::bytes, kMiB}, {Layer::option, "--here"}});
        return *this;
    }
    Case &wish(const char *name)
    {
        wishes.scope.push_back({name, std::uint64_t{0}});
        return *this;
    }
    std::vector<std::string> lost(bool split = false)
    {
        std::vector<std::string> texts;
        const auto lost = lost_on_v1(facts, request, wishes, split);
        for (const Notice &notice : *lost)
            texts.push_back(notice.text);
        return texts;
    }
};

TEST(LostOnV1, EachLimitThatWasAskedForIsNamed)
{
    EXPECT_EQ(Case(1).ask(Key::memory_high).lost(),
              std::vector<std::string>{"--here has no effect: cgroup v1 has no limit that does what MemoryHigh says"});
    EXPECT_EQ(Case(1).wish("MemoryZSwapMaxScale").lost(),
              std::vector<std::string>{
                  "-p MemoryZSwapMax has no effect: cgroup v1 has no limit that does what MemoryZSwapMax says"});
    EXPECT_EQ(Case(1).wish("StartupMemoryLow").wish("MemoryMin").lost().size(), 2U);
    EXPECT_TRUE(Case(1).wish("MemoryMax").wish("CPUWeight").lost().empty());
    EXPECT_TRUE(Case(2).ask(Key::memory_high).wish("MemoryLow").lost().empty());
}

TEST(LostOnV1, SwapOfADebuggeeIsLimitedAllTheSame)
{
    EXPECT_EQ(Case(1).ask(Key::memory_swap_max).lost(false).size(), 1U);
    EXPECT_TRUE(Case(1).ask(Key::memory_swap_max).lost(true).empty());
}

TEST(LostOnV1, RequiredLimitsAreAnError)
{
    Case strict(1);
    strict.ask(Key::memory_high);
    strict.request.settings.set(Key::require, {std::vector<std::string>{"limit"}, {Layer::option, "--require"}});
    const auto lost = lost_on_v1(strict.facts, strict.request, strict.wishes, false);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind, ErrorKind::limit);
}

} // namespace
} // namespace dbgscope
