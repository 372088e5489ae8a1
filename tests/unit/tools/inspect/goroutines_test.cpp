// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/goroutines.hpp"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "fake_memory.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kAll = 0x1000, kReasons = 0x1100, kText = 0x1200, kList = 0x2000, kG = 0x3000, kStack = 0x10000;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

enum Offset : std::uint64_t {
    kId = 0,
    kStatus = 8,
    kReason = 16,
    kSince = 24,
    kSp = 32,
    kPc = 40,
    kBp = 48,
    kGoPc = 56,
    kStart = 64,
    kLow = 72,
    kHigh = 80,
    kCallPc = 88,
    kMachine = 96,
    kSize = 104
};

GoroutineLayout layout()
{
    const auto word = [](std::uint64_t at) { return Field{.at = at, .size = 8}; };
    GoroutineLayout layout;
    layout.all = {.at = kAll, .size = 24};
    layout.reasons = {.at = kReasons, .size = 32};
    layout.bytes = kSize;
    layout.id = word(kId);
    layout.status = {.at = kStatus, .size = 4};
    layout.reason = {.at = kReason, .size = 1};
    layout.since = word(kSince);
    layout.sp = word(kSp);
    layout.pc = word(kPc);
    layout.bp = word(kBp);
    layout.created_at = word(kGoPc);
    layout.start = word(kStart);
    layout.stack_low = word(kLow);
    layout.stack_high = word(kHigh);
    layout.call_pc = word(kCallPc);
    return layout;
}

class GoroutinesTest : public ::testing::Test {
  protected:
    void SetUp() override
    {
        memory_.put(kAll, kList);
        memory_.put(kAll + 8, 1);
        memory_.put(kList, kG);
        for (const std::uint64_t i : {0U, 1U}) {
            memory_.put(kReasons + i * 16, kText + i * 16);
            memory_.put(kReasons + i * 16 + 8, 4);
        }
        memory_.put_text(kText, "none");
        memory_.put_text(kText + 16, "chan");
        for (std::uint64_t at = 0; at < kSize; at += 8)
            memory_.put(kG + at, 0);
        memory_.put(kG + kId, 17);
        memory_.put(kG + kStatus, 4);
        memory_.put(kG + kReason, 1);
        memory_.put(kG + kPc, 0x401000);
        memory_.put(kG + kBp, kStack + 0x100);
        memory_.put(kG + kLow, kStack);
        memory_.put(kG + kHigh, kStack + 0x1000);
        for (std::uint64_t at = 0; at < 0x1000; at += 8)
            memory_.put(kStack + at, 0);
    }
    /// The caller's frame pointer and the return address.
    void frame(std::uint64_t at, std::uint64_t next, std::uint64_t back)
    {
        memory_.put(at, next);
        memory_.put(at + 8, back);
    }
    Goroutine one()
    {
        const auto found = read_goroutines(memory_, layout());
        EXPECT_TRUE(found && found->all.size() == 1);
        return found && !found->all.empty() ? found->all.front() : Goroutine();
    }
    using Stack = std::vector<std::uint64_t>;
    FakeMemory memory_;
};

TEST_F(GoroutinesTest, FollowsFramePointers)
{
    frame(kStack + 0x100, kStack + 0x200, 0x402000);
    frame(kStack + 0x200, 0, 0x403000);
    const Goroutine found = one();
    EXPECT_EQ(found.id, 17U);
    EXPECT_EQ(found.state, GoroutineState::waiting);
    EXPECT_EQ(found.reason, 1U);
    EXPECT_EQ(found.stack, (Stack{0x401000, 0x402000, 0x403000}));
    EXPECT_FALSE(found.stack_cut);
    EXPECT_EQ(read_goroutines(memory_, layout())->reasons, (std::vector<std::string>{"none", "chan"}));
}

/// Memory that names one goroutine with a deep stack for ever.
class OneForEver final : public Memory {
  public:
    explicit OneForEver(const FakeMemory &rest) : bytes_(kStack + 0x1000)
    {
        for (std::uint64_t at = 0; at < bytes_.size(); ++at)
            (void)rest.read(at, std::span(&bytes_[at], 1));
    }
    bool read(std::uint64_t address, std::span<std::byte> out) const override
    {
        if (address == kFar)
            for (std::size_t at = 0; at + 8 <= out.size(); at += 8)
                std::memcpy(out.data() + at, &kG, sizeof kG);
        else if (address <= bytes_.size() && out.size() <= bytes_.size() - address)
            std::memcpy(out.data(), bytes_.data() + address, out.size());
        else
            return false;
        return true;
    }
    static constexpr std::uint64_t kFar = 1ULL << 40U;

  private:
    std::vector<std::byte> bytes_;
};

TEST_F(GoroutinesTest, TheFramesOfAllStacksAreBounded)
{
    for (std::uint64_t at = 0x100; at < 0xff0; at += 16)
        frame(kStack + at, kStack + at + 16, 0x402000);
    memory_.put(kAll, OneForEver::kFar);
    memory_.put(kAll + 8, 70'000);
    const auto found = read_goroutines(OneForEver(memory_), layout());
    ASSERT_TRUE(found);
    std::size_t frames = 0;
    for (const Goroutine &goroutine : found->all)
        frames += goroutine.stack.size();
    EXPECT_EQ(found->all.size(), 70'000U);
    EXPECT_EQ(found->all.front().stack.size(), 240U);
    EXPECT_LT(frames, 16'200'000U);
    EXPECT_TRUE(found->all.back().stack_cut);
}

TEST_F(GoroutinesTest, TheCollectorsMarkIsNoState)
{
    memory_.put(kG + kStatus, 0x1004);
    EXPECT_EQ(one().state, GoroutineState::waiting);
}

TEST_F(GoroutinesTest, ARunningOnesStackIsNotRead)
{
    memory_.put(kG + kStatus, 2);
    EXPECT_EQ(one().state, GoroutineState::running);
    EXPECT_TRUE(one().stack.empty());
}

TEST_F(GoroutinesTest, OfARunningOneTheThreadAndWhereItLeftItsStackAreKnown)
{
    GoroutineLayout known = layout();
    known.machine = {.at = kMachine, .size = 8};
    known.thread_id = {.at = 0x48, .size = 8};
    memory_.put(kG + kStatus, 2);
    memory_.put(kG + kMachine, 0x9000);
    memory_.put(0x9048, 30054);
    frame(kStack + 0x100, 0, 0x402000);
    const auto found = read_goroutines(memory_, known);
    ASSERT_TRUE(found && found->all.size() == 1);
    const Goroutine &running = found->all.front();
    EXPECT_EQ(running.thread, 30054U);
    EXPECT_EQ(running.left_at, (Stack{0x401000, 0x402000}));
    EXPECT_EQ(running.stack_low, kStack);
    EXPECT_EQ(running.stack_high, kStack + 0x1000);
    memory_.put(kG + kMachine, 0xdead0000);
    EXPECT_EQ(read_goroutines(memory_, known)->all.front().thread, 0U);
    EXPECT_EQ(one().thread, 0U);
}

TEST_F(GoroutinesTest, InASystemCallOnlyWhatIsKnownIsShown)
{
    memory_.put(kG + kStatus, 3);
    memory_.put(kG + kCallPc, 0x409000);
    EXPECT_EQ(one().stack, Stack{0x409000});
    EXPECT_TRUE(one().stack_cut);
}

TEST_F(GoroutinesTest, DeadOnesAreNotListed)
{
    for (const std::uint64_t status : {0U, 6U}) {
        memory_.put(kG + kStatus, status);
        EXPECT_TRUE(read_goroutines(memory_, layout())->all.empty());
    }
}

TEST_F(GoroutinesTest, FramePointersOutsideTheStackOrDownwardsEndTheWalk)
{
    frame(kStack + 0x80, kStack + 0x100, 0x405000);
    for (const std::uint64_t next :
         {kStack + 0x100, kStack + 0x80, kStack - 8, kStack + 0x1000, kStack + 0xff8, kNever}) {
        frame(kStack + 0x100, next, 0x402000);
        EXPECT_EQ(one().stack, (Stack{0x401000, 0x402000})) << std::hex << next;
    }
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{8}, kNever, kNever - 7}) {
        memory_.put(kG + kBp, first);
        EXPECT_EQ(one().stack, Stack{0x401000});
    }
}

TEST_F(GoroutinesTest, StackBoundsWithoutReasonReadNothingOutside)
{
    memory_.put(kG + kLow, 0);
    memory_.put(kG + kHigh, kNever);
    memory_.put(kG + kBp, std::uint64_t{1} << 60);
    EXPECT_EQ(one().stack, Stack{0x401000});
    memory_.put(kG + kHigh, 0);
    EXPECT_EQ(one().stack, Stack{0x401000});
}

TEST_F(GoroutinesTest, ManyFramesAreCut)
{
    memory_.put(kG + kHigh, kStack + 0x10000);
    memory_.put(kG + kBp, kStack);
    memory_.put(kG + kLow, kStack - 8);
    for (std::uint64_t at = kStack; at < kStack + 0x10000; at += 16)
        frame(at, at + 16, 0x402000);
    EXPECT_EQ(one().stack.size(), 256U);
    EXPECT_TRUE(one().stack_cut);
}

TEST_F(GoroutinesTest, AListWithoutReasonIsRefused)
{
    for (const std::uint64_t count : {std::uint64_t{1} << 60, kNever}) {
        memory_.put(kAll + 8, count);
        memory_.read_bytes = 0;
        EXPECT_FALSE(read_goroutines(memory_, layout()));
    }
    EXPECT_FALSE(read_goroutines(FakeMemory(), layout()));
}

TEST_F(GoroutinesTest, APointerToNowhereIsCounted)
{
    memory_.put(kAll + 8, 2);
    memory_.put(kList + 8, 0xdead0000);
    const auto found = read_goroutines(memory_, layout());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->all.size(), 1U);
    EXPECT_EQ(found->unreadable, 1U);
}

} // namespace
} // namespace dbgscope
