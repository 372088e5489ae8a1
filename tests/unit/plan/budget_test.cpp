// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "plan/budget.hpp"

namespace dbgscope {
namespace {

/// 16 GiB, 8 of them available: the default cap is 75 % of 8 GiB − 1.6 GiB.
Facts machine(double some, double full)
{
    Facts facts;
    facts.memory.total_bytes = 16 * kGiB;
    facts.memory.available_bytes = 8 * kGiB;
    facts.memory.pressure = Pressure{{some, 0, 0, 0}, {full, 0, 0, 0}};
    return facts;
}

Request debugger(const std::string &action)
{
    Request request;
    request.tool = Tool::dlv;
    request.settings.set(Key::pressure_some, {std::int64_t{2000}, {}});
    request.settings.set(Key::pressure_full, {std::int64_t{500}, {}});
    request.settings.set(Key::pressure_action, {action, {}});
    return request;
}

constexpr std::uint64_t kDefault = 4900 * kMiB; // 0.75 × (8192 − 1638.4) = 4915 MiB

TEST(Budget, DefaultCapLeavesTheMachineItsShare)
{
    const auto budget = make_budget(machine(0, 0), debugger("warn"));
    ASSERT_TRUE(budget);
    EXPECT_TRUE(budget->cap_is_default);
    EXPECT_LE(budget->cap->bytes(), 5 * kGiB);
    EXPECT_GE(budget->cap->bytes(), kDefault);
    EXPECT_EQ(budget->cap->bytes() % kMiB, 0u);
    EXPECT_TRUE(budget->notices.empty());
}

TEST(Budget, ASnapshotOfACommandIsTakenBelowTheLimitInForce)
{
    Facts facts = machine(0, 0);
    Request request;
    request.settings.set(Key::snapshot, {std::string("/snapshots"), {}});
    request.settings.set(Key::wait, {true, {}});
    EXPECT_FALSE(make_budget(facts, request)->cap) << "no limit can be seen";
    facts.cgroup.memory.effective = Limit(512 * kMiB);
    const auto budget = make_budget(facts, request);
    EXPECT_TRUE(budget->cap_is_default);
    EXPECT_EQ(budget->cap, Limit(448 * kMiB));
    EXPECT_EQ(budget->scope_limit, Limit(512 * kMiB)); // what takes it has the rest
    request.settings.set(Key::memory_max, {SizeSpec{SizeSpec::Kind::bytes, 64 * kMiB}, {}});
    EXPECT_EQ(make_budget(facts, request)->cap, Limit(64 * kMiB));
    EXPECT_EQ(less_snapshot_room(Limit(64 * kMiB)), Limit(48 * kMiB));
}

TEST(Budget, PressureWarnsShrinksOrRefusesAsTheProfileSays)
{
    const std::uint64_t calm = make_budget(machine(19, 4), debugger("shrink"))->cap->bytes();
    for (const auto &[some, full] : {std::pair{30.0, 0.0}, std::pair{0.0, 6.0}}) {
        const auto warned = make_budget(machine(some, full), debugger("warn"));
        ASSERT_TRUE(warned);
        EXPECT_EQ(warned->cap->bytes(), calm);
        ASSERT_EQ(warned->notices.size(), 1u);
        EXPECT_EQ(warned->notices[0].id, "pressure");
        const auto shrunk = make_budget(machine(some, full), debugger("shrink"));
        ASSERT_TRUE(shrunk);
        EXPECT_NEAR(static_cast<double>(shrunk->cap->bytes()), static_cast<double>(calm) / 2,
                    static_cast<double>(kMiB));
        const auto refused = make_budget(machine(some, full), debugger("refuse"));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::refused);
        EXPECT_TRUE(make_budget(machine(some, full), debugger("off"))->notices.empty());
    }
}

TEST(Budget, ACapThatWasAskedForIsNeverShrunk)
{
    Request request = debugger("shrink");
    request.settings.set(Key::memory_max,
                         {SizeSpec{SizeSpec::Kind::bytes, 512 * kMiB}, {Layer::option, "--memory-max"}});
    const auto budget = make_budget(machine(90, 90), request);
    ASSERT_TRUE(budget);
    EXPECT_EQ(budget->cap->bytes(), 512 * kMiB);
}

/// A variable is there for every call of an editor's; who gives an option means this one.
TEST(Budget, OnlyAnOptionsCapIsMissedByAnAttachedProgram)
{
    Request request = debugger("shrink");
    request.call.kind = CallKind::attach;
    for (const auto &[layer, notices] : {std::pair{Layer::option, 1U}, std::pair{Layer::environment, 0U}}) {
        request.settings.set(Key::memory_max, {SizeSpec{SizeSpec::Kind::bytes, 512 * kMiB}, {layer, "here"}});
        const auto budget = make_budget(machine(90, 90), request);
        ASSERT_TRUE(budget);
        EXPECT_EQ(budget->notices.size(), notices);
        EXPECT_FALSE(budget->cap);
    }
}

TEST(Budget, WhereTheReserveDoesNotFitHalfOfWhatThereIsIsTheCap)
{
    Facts facts = machine(0, 0);
    facts.memory.available_bytes = 1200 * kMiB; // of which 1.6 GiB would be kept free
    auto budget = make_budget(facts, debugger("warn"));
    ASSERT_TRUE(budget);
    EXPECT_EQ(budget->cap, Limit(600 * kMiB));
    EXPECT_TRUE(budget->cap_is_default);
    ASSERT_EQ(budget->notices.size(), 1u);
    EXPECT_EQ(budget->notices[0].id, "tight-cap");
    EXPECT_EQ(budget->notices[0].text,
              "memory is short: the default cap of 600M is 50% of the memory available (1.1G), "
              "and leaves this machine no reserve; --memory-max sets another");
    facts.cgroup.memory.headroom = 400 * kMiB;
    budget = make_budget(facts, debugger("warn"));
    ASSERT_TRUE(budget);
    EXPECT_EQ(budget->cap, Limit(200 * kMiB));
}

TEST(Budget, TooLittleMemoryMeansNoCapOrAnErrorWhereOneIsRequired)
{
    Facts facts = machine(0, 0);
    facts.memory.available_bytes = 100 * kMiB;
    Request request = debugger("warn");
    const auto budget = make_budget(facts, request);
    ASSERT_TRUE(budget);
    EXPECT_FALSE(budget->cap);
    ASSERT_EQ(budget->notices.size(), 1u);
    EXPECT_EQ(budget->notices[0].id, "no-cap");
    request.settings.set(Key::require, {std::vector<std::string>{"limit"}, {}});
    const auto required = make_budget(facts, request);
    ASSERT_FALSE(required);
    EXPECT_EQ(required.error().kind, ErrorKind::limit);
}

/// Debugger and debuggee would reach it together, and the fuse below the cap never.
TEST(Budget, ACapThatFillsTheTotalLeavesRoomForTheDebugger)
{
    const auto budget_of = [](std::uint64_t cap, std::uint64_t total) {
        Request request = debugger("warn");
        request.settings.set(Key::memory_max, {SizeSpec{SizeSpec::Kind::bytes, cap}, {Layer::option, "--a"}});
        request.settings.set(Key::total_memory_max, {SizeSpec{SizeSpec::Kind::bytes, total}, {Layer::option, "--b"}});
        return make_budget(machine(0, 0), request);
    };
    for (const std::uint64_t cap : {kGiB, 2 * kGiB}) {
        const auto cut = budget_of(cap, kGiB);
        ASSERT_TRUE(cut);
        EXPECT_EQ(*cut->cap, Limit(960 * kMiB));
        EXPECT_EQ(*cut->scope_limit, Limit(kGiB));
        ASSERT_EQ(cut->notices.size(), 1u);
        EXPECT_EQ(cut->notices[0].id, "cap-above-total");
    }
    EXPECT_EQ(*budget_of(kGiB, 100 * kMiB)->cap, Limit(50 * kMiB));
    EXPECT_EQ(*budget_of(1000 * kMiB, kGiB)->cap, Limit(1000 * kMiB));
    EXPECT_TRUE(budget_of(1000 * kMiB, kGiB)->notices.empty());
}

TEST(Budget, HeadroomOfTheChainCounts)
{
    Facts facts = machine(0, 0);
    facts.cgroup.memory.headroom = 400 * kMiB;
    const auto budget = make_budget(facts, debugger("warn"));
    ASSERT_TRUE(budget);
    EXPECT_EQ(budget->cap->bytes(), 300 * kMiB);
    EXPECT_EQ(budget->scope_limit->bytes(), 364 * kMiB);
}

} // namespace
} // namespace dbgscope
