// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gtest/gtest.h>

#include "plan/launch_properties.hpp"
#include "plan/properties.hpp"
#include "plan/property/refusals.hpp"
#include "plan/property/table.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kHighest = ~std::uint64_t{0};
using Words = std::vector<std::string>;
using Conditions = std::vector<UnitCondition>;

ScopeProperty scope_property(const std::string &assignment)
{
    const auto effects = parse_property(assignment);
    if (!effects) {
        ADD_FAILURE() << to_line(effects.error());
        return {};
    }
    EXPECT_EQ(effects->size(), 1u) << assignment;
    const auto *property = std::get_if<ScopeProperty>(&effects->front());
    EXPECT_NE(property, nullptr) << assignment;
    return property == nullptr ? ScopeProperty{} : *property;
}

void expect_property(const char *assignment, const char *bus_name, const BusValue &value)
{
    const ScopeProperty property = scope_property(assignment);
    EXPECT_EQ(property.name, bus_name) << assignment;
    EXPECT_EQ(property.value.index(), value.index()) << assignment;
    EXPECT_TRUE(property.value == value) << assignment;
}

template <class T> T launch_effect(const std::string &assignment, std::size_t index = 0)
{
    const auto effects = parse_property(assignment);
    if (!effects || effects->size() <= index || !std::holds_alternative<T>((*effects)[index])) {
        ADD_FAILURE() << assignment << (effects ? "" : ": " + to_line(effects.error()));
        return {};
    }
    return std::get<T>((*effects)[index]);
}

std::string error_line(const std::string &assignment)
{
    const auto effects = parse_property(assignment);
    return effects ? "accepted" : to_line(effects.error());
}

TEST(ParseProperty, NamesAndShapesOnTheBus)
{
    const struct {
        const char *assignment, *bus_name;
        BusValue value;
    } table[] = {
        {"MemoryMax=512M", "MemoryMax", std::uint64_t{512} << 20},
        {"MemoryMax=infinity", "MemoryMax", kHighest},
        {"MemoryMax=", "MemoryMax", kHighest},
        {"MemoryMax=50%", "MemoryMaxScale", std::uint32_t{0x80000000}},
        {"MemoryLow=", "MemoryLow", std::uint64_t{0}},
        {"MemoryMin=0", "MemoryMin", std::uint64_t{0}},
        {"MemorySwapMax=0", "MemorySwapMax", std::uint64_t{0}},
        {"TasksMax=100", "TasksMax", std::uint64_t{100}},
        {"TasksMax=100%", "TasksMaxScale", std::uint32_t{0xffffffff}},
        {"CPUWeight=idle", "CPUWeight", std::uint64_t{0}},
        {"CPUWeight=", "CPUWeight", kHighest},
        {"IOWeight=10000", "IOWeight", std::uint64_t{10000}},
        {"CPUQuota=20%", "CPUQuotaPerSecUSec", std::uint64_t{200000}},
        {"CPUQuota=150%", "CPUQuotaPerSecUSec", std::uint64_t{1500000}},
        {"CPUQuota=", "CPUQuotaPerSecUSec", kHighest},
        {"CPUQuotaPeriodSec=10ms", "CPUQuotaPeriodUSec", std::uint64_t{10000}},
        {"AllowedCPUs=0,2", "AllowedCPUs", std::vector<std::uint8_t>{5}},
        {"IOReadBandwidthMax=/dev/sda 10M", "IOReadBandwidthMax", std::vector<PathLimit>{{"/dev/sda", 10'000'000}}},
        {"IOWriteIOPSMax=/dev/sda infinity", "IOWriteIOPSMax", std::vector<PathLimit>{{"/dev/sda", kHighest}}},
        {"IODeviceLatencyTargetSec=/dev/sda 25ms", "IODeviceLatencyTargetUSec",
         std::vector<PathLimit>{{"/dev/sda", 25000}}},
        {"IODeviceWeight=", "IODeviceWeight", std::vector<PathLimit>{}},
        {"Delegate=yes", "Delegate", true},
        {"Delegate=cpu memory", "DelegateControllers", Words{"cpu", "memory"}},
        {"Delegate=", "DelegateControllers", Words{}},
        {"DeviceAllow=/dev/kvm rw", "DeviceAllow", std::vector<StringPair>{{"/dev/kvm", "rw"}}},
        {"DeviceAllow=char-pts", "DeviceAllow", std::vector<StringPair>{{"char-pts", ""}}},
        {"BPFProgram=egress:/sys/fs/bpf/x", "BPFProgram", std::vector<StringPair>{{"egress", "/sys/fs/bpf/x"}}},
        {"ManagedOOMMemoryPressureLimit=50%", "ManagedOOMMemoryPressureLimit", std::uint32_t{0x80000000}},
        {"MemoryPressureWatch=on", "MemoryPressureWatch", std::string("yes")},
        {"MemoryPressureThresholdSec=200ms", "MemoryPressureThresholdUSec", std::uint64_t{200000}},
        {"TimeoutStopSec=5", "TimeoutStopUSec", std::uint64_t{5'000'000}},
        {"RuntimeMaxSec=infinity", "RuntimeMaxUSec", kHighest},
        {"KillSignal=SIGINT", "KillSignal", std::int32_t{2}},
        {"SendSIGHUP=yes", "SendSIGHUP", true},
        {"OOMPolicy=continue", "OOMPolicy", std::string("continue")},
        {"Slice=debug.slice", "Slice", std::string("debug.slice")},
        {"Description=a = b", "Description", std::string("a = b")},
        {"User=root", "User", std::string("root")},
        {"After=a.service b.target", "After", Words{"a.service", "b.target"}},
        {"StartLimitBurst=5", "StartLimitBurst", std::uint32_t{5}},
        {"SuccessActionExitStatus=", "SuccessActionExitStatus", std::int32_t{-1}},
        {"SocketBindDeny=any", "SocketBindDeny", std::vector<SocketBind>{{0, 0, 0, 0}}},
        {"RestrictNetworkInterfaces=~lo", "RestrictNetworkInterfaces", NameFilter{false, {"lo"}}},
        {"IPIngressFilterPath=/sys/fs/bpf/x", "IPIngressFilterPath", Words{"/sys/fs/bpf/x"}},
    };
    for (const auto &[assignment, bus_name, value] : table)
        expect_property(assignment, bus_name, value);
}

TEST(ParseProperty, ListsOfStructures)
{
    const struct {
        const char *assignment, *bus_name;
        BusValue value;
    } table[] = {
        {"ConditionPathExists=/x", "Conditions", Conditions{{"ConditionPathExists", false, false, "/x"}}},
        {"ConditionHost=|!a b", "Conditions", Conditions{{"ConditionHost", true, true, "a b"}}},
        {"AssertMemory=!1G", "Asserts", Conditions{{"AssertMemory", false, true, "1G"}}},
        {"AssertMemory=", "Asserts", Conditions{}},
        {"NFTSet=cgroup:inet:t:s user:ip6:a_1:b.2", "NFTSet",
         std::vector<NftSet>{{3, 1, "t", "s"}, {4, 10, "a_1", "b.2"}}},
        {"NFTSet=", "NFTSet", std::vector<NftSet>{}},
        {"OOMRules=one two", "OOMRules", Words{"one", "two"}},
    };
    for (const auto &[assignment, bus_name, value] : table)
        expect_property(assignment, bus_name, value);
}

TEST(ParseProperty, SaysWhatMayBeDropped)
{
    for (const char *assignment : {"MemoryMax=1G", "MemoryMax=40%", "MemoryLimit=1G"})
        EXPECT_TRUE(scope_property(assignment).limit && scope_property(assignment).droppable) << assignment;
    EXPECT_FALSE(scope_property("MemoryHigh=1G").limit);
    EXPECT_TRUE(scope_property("OOMPolicy=kill").droppable);
    for (const char *assignment :
         {"IPAddressDeny=any", "DevicePolicy=strict", "DeviceAllow=/dev/null r", "SocketBindDeny=any",
          "RestrictNetworkInterfaces=lo", "Slice=a.slice", "ConditionHost=x", "AssertHost=x", "NFTSet=cgroup:inet:t:s"})
        EXPECT_FALSE(scope_property(assignment).droppable) << assignment;
}

TEST(ParseProperty, AppliesItselfWhatAScopeHasNot)
{
    EXPECT_EQ(launch_effect<SetOomScore>("OOMScoreAdjust=-500").value, -500);
    EXPECT_EQ(launch_effect<SetNice>("Nice=+5").value, 5);
    EXPECT_EQ(launch_effect<ChangeDirectory>("WorkingDirectory=/tmp").path, "/tmp");
    const auto change = launch_effect<EnvChange>("Environment=\"A=1 2\" B=", 0);
    EXPECT_EQ(change.name, "A");
    EXPECT_EQ(change.value, "1 2");
    EXPECT_EQ(launch_effect<EnvChange>("Environment=\"A=1 2\" B=", 1).value, "");
    EXPECT_EQ(launch_effect<EnvChange>("UnsetEnvironment=A B", 1).value, std::nullopt);
}

TEST(ParseProperty, ResourceLimits)
{
    const struct {
        const char *assignment, *resource;
        std::uint64_t soft, hard;
    } table[] = {
        {"LimitNOFILE=1024:4096", "NOFILE", 1024, 4096},
        {"LimitNOFILE=64", "NOFILE", 64, 64},
        {"LimitCORE=0:infinity", "CORE", 0, kHighest},
        {"LimitAS=2G", "AS", std::uint64_t{2} << 30, std::uint64_t{2} << 30},
        {"LimitCPU=1500ms:1min", "CPU", 2, 60},
        {"LimitCPU= infinity ", "CPU", kHighest, kHighest},
        {"LimitRTTIME=500:2ms", "RTTIME", 500, 2000},
        {"LimitNICE=-5", "NICE", 25, 25},
        {"LimitNICE=+5", "NICE", 15, 15},
        {"LimitNICE=30", "NICE", 30, 30},
    };
    for (const auto &[assignment, resource, soft, hard] : table) {
        const auto limit = launch_effect<SetRlimit>(assignment);
        EXPECT_EQ(limit.resource, resource) << assignment;
        EXPECT_EQ(limit.soft, soft) << assignment;
        EXPECT_EQ(limit.hard, hard) << assignment;
    }
    EXPECT_EQ(std::ranges::count_if(property_names(), [](const std::string &n) { return n.starts_with("Limit"); }), 16);
}

TEST(ParseProperty, BadValuesAreExplained)
{
    const std::pair<const char *, const char *> table[] = {
        {"MemoryMax=12Q", "cannot set MemoryMax=12Q: unknown unit \"Q\" (MemoryMax takes a size like 512M or 2G (base "
                          "1024), a share of the machine's memory like 40%, or infinity)"},
        {"OOMPolicy=never", "cannot set OOMPolicy=never: no such choice (OOMPolicy takes continue, stop or kill)"},
        {"RuntimeMaxSec=0",
         "cannot set RuntimeMaxSec=0: zero would end the command at once (RuntimeMaxSec takes a time span like 90 "
         "(seconds) or 2min 30s; infinity for no limit)"},
        {"LimitNOFILE=9:8", "cannot set LimitNOFILE=9:8: the soft limit is above the hard limit (LimitNOFILE takes a "
                            "number or infinity, or SOFT:HARD)"},
    };
    for (const auto &[assignment, line] : table)
        EXPECT_EQ(error_line(assignment), line);
}

TEST(ParseProperty, BadValuesAreRefused)
{
    for (const char *assignment : {"MemoryMax=0",
                                   "MemoryMax=0%",
                                   "MemoryMax=-1",
                                   "MemoryMax=101%",
                                   "MemoryMax=18446744073709551615",
                                   "MemoryMax=99999999999999999999",
                                   "MemoryHigh=0",
                                   "MemoryMax=max",
                                   "TasksMax=0",
                                   "TasksMax=1K",
                                   "CPUWeight=0",
                                   "CPUWeight=10001",
                                   "IOWeight=idle",
                                   "CPUQuota=0%",
                                   "CPUQuota=20",
                                   "Delegate=ture",
                                   "Slice=debug",
                                   "Slice=.slice",
                                   "KillSignal=NOPE",
                                   "TimeoutStopSec=",
                                   "RuntimeMaxSec=-1",
                                   "IODeviceWeight=/dev/sda",
                                   "IODeviceWeight=sda 5",
                                   "IODeviceWeight=/dev/sda 0",
                                   "IOReadBandwidthMax=/dev/sda ",
                                   "DeviceAllow=/dev/x rwx",
                                   "IPAddressAllow=10.0.0.0/33",
                                   "SocketBindAllow=0",
                                   "AllowedCPUs=9999",
                                   "DevicePolicy=",
                                   "CollectMode=never",
                                   "SuccessActionExitStatus=256",
                                   "BPFProgram=egress",
                                   "RequiresMountsFor=tmp",
                                   "After=\"a",
                                   "Nice=20",
                                   "OOMScoreAdjust=1001",
                                   "OOMScoreAdjust=",
                                   "WorkingDirectory=~",
                                   "WorkingDirectory=-/tmp",
                                   "WorkingDirectory=tmp",
                                   "Environment=",
                                   "Environment=A",
                                   "Environment==1",
                                   "Environment=1A=1",
                                   "UnsetEnvironment=A=1",
                                   "LimitNICE=41",
                                   "LimitNICE=-21",
                                   "LimitAS=18446744073709551615",
                                   "LimitNOFILE=1K",
                                   "LimitNOFILE=",
                                   "LimitNOFILE=:",
                                   "BindNetworkInterface=~lo",
                                   "BindNetworkInterface=a b"})
        EXPECT_NE(error_line(assignment), "accepted") << assignment;
}

TEST(ParseProperty, HostileText)
{
    EXPECT_FALSE(parse_property(""));
    EXPECT_FALSE(parse_property("MemoryMax"));
    EXPECT_FALSE(parse_property("=5"));
    EXPECT_FALSE(parse_property(std::string_view("Description=a\0b", 15)));
    EXPECT_EQ(error_line("Description=\xff"), "cannot set Description=\\xff: the value is not UTF-8");
    EXPECT_EQ(launch_effect<EnvChange>("Environment=A=\xff").value, "\xff");
    const std::string huge = error_line("MemoryMax=" + std::string(1 << 20, '9'));
    EXPECT_LT(huge.size(), 300u);
    EXPECT_NE(huge, "accepted");
    std::string cpus = "AllowedCPUs=";
    for (int i = 0; i < 100000; ++i)
        cpus += "8191,";
    EXPECT_EQ(std::get<std::vector<std::uint8_t>>(scope_property(cpus).value).size(), 1024u);
}

TEST(ParseProperty, RefusesByNameWithTheReason)
{
    const std::pair<const char *, const char *> table[] = {
        {"ExecStart=/bin/true", "services"},
        {"Restart=always", "services"},
        {"Type=notify", "services"},
        {"RemainAfterExit=yes", "services"},
        {"ProtectSystem=strict", "processes it starts itself"},
        {"PrivateTmp=yes", "processes it starts itself"},
        {"CapabilityBoundingSet=", "processes it starts itself"},
        {"StandardOutput=null", "processes it starts itself"},
        {"UMask=077", "umask"},
        {"NoNewPrivileges=yes", "processes it starts itself"},
        {"RuntimeMaxUSec=5", "write RuntimeMaxSec="},
        {"MemoryMaxScale=5", "write MemoryMax="},
        {"DelegateControllers=cpu", "write Delegate="},
        {"ConditionPathExist=/x", "did you mean ConditionPathExists?"},
        {"AssertHosts=x", "did you mean AssertHost?"},
        {"Conditions=x", "unknown property"},
        {"Controller=:1.5", "bus"},
        {"AddRef=yes", "bus"},
        {"PIDs=1", "its own process"},
        {"RequiredBy=a.target", "other side"},
        {"EnvironmentFile=/x", "--setenv"},
        {"NFTSet=cgroup:inet:t", "has not four parts"},
        {"NFTSet=prefix:inet:t:s", "\"prefix\" is no source"},
        {"NFTSet=cgroup:ipx:t:s", "\"ipx\" is no address family"},
        {"NFTSet=cgroup:inet:1t:s", "\"1t\" is no name of nftables"},
        {"MemroyMax=1G", "did you mean MemoryMax?"},
        {"ZZZ=1", "unknown property"},
        {"memory=\n", "unknown property"},
    };
    for (const auto &[assignment, part] : table)
        EXPECT_NE(error_line(assignment).find(part), std::string::npos) << error_line(assignment);
    EXPECT_EQ(parse_property("Controller=x").error().kind, ErrorKind::unsupported);
    EXPECT_EQ(parse_property("Restart=no").error().kind, ErrorKind::usage);
}

TEST(PropertyNames, SortedWithoutDoublesAndNoneRefused)
{
    const auto names = property_names();
    EXPECT_TRUE(std::ranges::is_sorted(names));
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
    EXPECT_TRUE(std::ranges::is_sorted(scope_properties(), {}, &PropertyRow::name));
    EXPECT_TRUE(std::ranges::is_sorted(launch_properties(), {}, &LaunchProperty::name));
    for (const std::string &name : names)
        EXPECT_TRUE(refusal_of(name).cause.empty()) << name;
}

TEST(LimitOf, ScaleIsRoundedDownToPages)
{
    EXPECT_EQ(limit_of(scope_property("MemoryMax=1G"), 0).bytes(), std::uint64_t{1} << 30);
    EXPECT_FALSE(limit_of(scope_property("MemoryMax=infinity"), 1).finite());
    EXPECT_EQ(limit_of(scope_property("MemoryMax=50%"), 10000 * 4096).bytes(), 5000u * 4096);
    EXPECT_EQ(limit_of(scope_property("MemoryMax=100%"), 10000 * 4096 + 100).bytes(), 10000u * 4096);
    EXPECT_EQ(limit_of(scope_property("MemoryMax=100%"), std::uint64_t{1} << 50).bytes(), std::uint64_t{1} << 50);
    EXPECT_FALSE(limit_of(scope_property("Description=x"), 1).finite());
}

} // namespace
} // namespace dbgscope
