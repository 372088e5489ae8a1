// SPDX-License-Identifier: Apache-2.0
#include "plan/needs.hpp"

#include <gtest/gtest.h>

#include "debugger/call.hpp"

namespace dbgscope {
namespace {

constexpr Needs kAlways = Need::cgroup | Need::systemd;

Request run(Settings settings = {})
{
    Request request;
    request.arguments = {"true"};
    request.settings = std::move(settings);
    return request;
}

Request debugger(Tool tool, const std::vector<std::string> &arguments, Settings settings = {})
{
    Request request = run(std::move(settings));
    request.tool = tool;
    request.arguments = arguments;
    request.call = read_call(tool, arguments);
    return request;
}

Settings with(Key key, Value value, Layer layer = Layer::option)
{
    Settings settings;
    settings.set(key, {std::move(value), {layer, "x"}});
    return settings;
}

TEST(PlanNeeds, ACommandNeedsNoMoreThanWhereItIs)
{
    EXPECT_EQ(needs_of(run()), (PlanNeeds{.machine = kAlways}));
    EXPECT_EQ(needs_of(run(with(Key::memory_max, SizeSpec{SizeSpec::Kind::bytes, kGiB}))).machine, kAlways);
}

TEST(PlanNeeds, ADebuggerNeedsWhatItsCapAndWatcherAreMadeOf)
{
    const PlanNeeds needs = needs_of(debugger(Tool::dlv, {"exec", "p"}));
    EXPECT_EQ(needs.machine, kAlways | Need::kernel | Need::pressure | Need::memory);
    EXPECT_TRUE(needs.debuggee);
    EXPECT_EQ(needs.port, std::nullopt);
    EXPECT_EQ(needs_of(debugger(Tool::dlv, {"dap", "--listen=127.0.0.1:4040"})).port, 4040);
    EXPECT_FALSE(needs_of(debugger(Tool::dlv, {"attach", "1"})).debuggee);
}

TEST(PlanNeeds, AShareOfTheMachineNeedsItsMemory)
{
    const SizeSpec share{SizeSpec::Kind::permyriad, 4000};
    EXPECT_EQ(needs_of(run(with(Key::memory_max, share))).machine, kAlways | Need::memory);
    for (const char *property : {"MemoryMax=40%", "MemoryMax=125\u2030", "MemoryMax=1250\u2031"})
        EXPECT_EQ(needs_of(run(with(Key::property, std::vector<std::string>{property}))).machine,
                  kAlways | Need::memory)
            << property;
    EXPECT_EQ(needs_of(run(with(Key::property, std::vector<std::string>{"MemoryMax=1G"}))).machine, kAlways);
}

TEST(PlanNeeds, WhoMaySampleOnlyWhereGrowthIsSampled)
{
    const Needs usual = needs_of(debugger(Tool::gdb, {"p"})).machine;
    for (const auto &[word, more] : {std::pair("auto", true), std::pair("on", true), std::pair("off", false)})
        EXPECT_EQ(needs_of(debugger(Tool::gdb, {"p"}, with(Key::growth_profile, std::string(word)))).machine,
                  more ? usual | Need::sampling : usual)
            << word;
}

TEST(PlanNeeds, PressureOfACommandOnlyWhereSomebodyAsked)
{
    EXPECT_EQ(needs_of(run(with(Key::pressure_some, std::int64_t{4000}))).machine, kAlways | Need::pressure);
    EXPECT_EQ(needs_of(run(with(Key::pressure_some, std::int64_t{4000}, Layer::builtin))).machine, kAlways);
    EXPECT_EQ(needs_of(run(with(Key::pressure_action, std::string("off")))).machine, kAlways);
    EXPECT_EQ(needs_of(debugger(Tool::gdb, {"p"}, with(Key::pressure_action, std::string("off")))).machine,
              kAlways | Need::kernel | Need::memory);
}

TEST(PlanNeeds, AWatchedCommandNeedsTheKernelsAbilities)
{
    for (const Key key : {Key::watch, Key::wait})
        EXPECT_EQ(needs_of(run(with(key, true))).machine, kAlways | Need::kernel);
}

TEST(PlanNeeds, ACommandsFileOnlyForItsGoSettings)
{
    EXPECT_TRUE(needs_of(run(with(Key::go_memlimit, std::string("auto")))).debuggee);
    EXPECT_TRUE(needs_of(run(with(Key::go_debug, std::vector<std::string>{"gctrace=1"}))).debuggee);
    EXPECT_FALSE(needs_of(run(with(Key::go_debug, std::vector<std::string>{}))).debuggee);
}

} // namespace
} // namespace dbgscope
