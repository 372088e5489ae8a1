// SPDX-License-Identifier: Apache-2.0
#include "plan/scope.hpp"

#include <gtest/gtest.h>

#include "plan/budget.hpp"
#include "plan/watch.hpp"

namespace dbgscope {
namespace {

using Words = std::vector<std::string>;

struct Planned {
    Words writes, enable, left_out;
};

Planned plain_cgroup(int version, const Words &controllers, const Words &properties)
{
    Facts facts;
    facts.cgroup.memory.version = version;
    facts.cgroup.memory.chain.emplace_back();
    facts.cgroup.delegation.controllers = controllers;
    facts.memory.total_bytes = 16 * kGiB;
    Request request;
    request.random = "00000000cafe0001";
    request.settings.set(Key::property, {properties, {Layer::option, "-p"}});
    const auto wishes = read_properties(request);
    EXPECT_TRUE(wishes);
    Planned planned;
    const auto cgroup = plan_cgroup(facts, request, Budget{}, *wishes, WatchPlan{}, planned.left_out);
    EXPECT_TRUE(cgroup);
    for (const CgroupWrite &write : cgroup->writes)
        planned.writes.push_back(write.file + " = " + write.value);
    planned.enable = cgroup->enable;
    return planned;
}

TEST(PlainCgroup, APropertyThatIsAFileOnV2IsWritten)
{
    const Planned planned =
        plain_cgroup(2, {"cpu", "io", "memory"}, {"CPUWeight=7", "IOWeight=200", "CPUQuota=150%", "MemoryHigh=25%"});
    EXPECT_EQ(planned.writes, (Words{"memory.high = 4294967296", "cpu.weight = 7", "cpu.max = 150000 100000",
                                     "io.weight = default 200"}));
    EXPECT_EQ(planned.enable, (Words{"memory", "cpu", "io"}));
    EXPECT_EQ(planned.left_out, Words{});
}

TEST(PlainCgroup, AControllerThatIsNotOursCostsItsSettingOnly)
{
    const Planned planned = plain_cgroup(2, {"memory"}, {"CPUWeight=idle", "IOWeight=200", "MemoryLow=25%"});
    EXPECT_EQ(planned.writes, Words{"memory.low = 4294967296"});
    EXPECT_EQ(planned.enable, Words{"memory"});
    EXPECT_EQ(planned.left_out, (Words{"cpu.idle = 1 is left out: our own cgroup has no cpu controller",
                                       "io.weight = default 200 is left out: our own cgroup has no io controller"}));
}

TEST(PlainCgroup, SmallQuotasGetLongPeriods)
{
    const auto written = [](const char *quota) {
        return plain_cgroup(2, {"cpu", "memory"}, {std::string("CPUQuota=") + quota}).writes;
    };
    EXPECT_EQ(written("1%"), Words{"cpu.max = 1000 100000"});
    EXPECT_EQ(written("0.3%"), Words{"cpu.max = 1000 333334"});
    EXPECT_EQ(written("0.01%"), Words{"cpu.max = 1000 1000000"}) << "the kernel's least";
    EXPECT_EQ(written(""), Words{}) << "systemd's own default";
}

TEST(PlainCgroup, OnV1TheyNeedSystemd)
{
    EXPECT_EQ(plain_cgroup(1, {}, {"CPUQuota=50%"}).left_out,
              Words{"-p CPUQuotaPerSecUSec needs systemd and is left out: this is a plain cgroup"});
}

} // namespace
} // namespace dbgscope
