// SPDX-License-Identifier: Apache-2.0
#include "plan/property/table.hpp"

#include "plan/property/readers.hpp"

namespace dbgscope {
namespace {

using enum IfUnknown;

constexpr std::string_view kControllers =
    "cpu|cpuacct|cpuset|io|blkio|memory|devices|pids|bpf-firewall|bpf-devices|bpf-foreign|bpf-socket-bind|"
    "bpf-restrict-network-interfaces|bpf-bind-network-interface";

constexpr PropertyForm kFlag{readers::boolean, "yes or no"};
constexpr PropertyForm kText{readers::text, "any text"};
constexpr PropertyForm kUnits{readers::words, "unit names with blanks between, like a.service b.target"};
constexpr PropertyForm kWords{readers::words, "words with blanks between"};
constexpr PropertyForm kPaths{readers::paths, "absolute paths with blanks between"};
constexpr PropertyForm kFilterPath{readers::one_path, "an absolute path in the BPF file system"};
constexpr PropertyForm kSlice{readers::slice, "a slice unit like debug.slice"};
constexpr PropertyForm kSpan{readers::time_span, "a time span like 90 (seconds), 500ms, 2min 30s or infinity"};
constexpr PropertyForm kSpanOrDefault{readers::time_span_or_default, kSpan.hint};
constexpr PropertyForm kRunTime{readers::run_time, "a time span like 90 (seconds) or 2min 30s; infinity for no limit"};
constexpr PropertyForm kSignal{readers::signal, "a signal like SIGTERM, INT, RTMIN+3 or 15"};
constexpr PropertyForm kExitStatus{readers::exit_status, "a number from 0 to 255"};
constexpr PropertyForm kBurst{.read = readers::number32, .hint = "a number", .maximum = 0xffffffff};

constexpr std::string_view kSizeHint =
    "a size like 512M or 2G (base 1024), a share of the machine's memory like 40%, or infinity";
constexpr PropertyForm kLimit{.read = readers::size, .hint = kSizeHint, .minimum = 1};
constexpr PropertyForm kSwap{.read = readers::size, .hint = kSizeHint};
constexpr PropertyForm kProtection{.read = readers::size, .hint = kSizeHint, .empty_value = 0};
constexpr PropertyForm kTasks{
    .read = readers::count, .hint = "a number, a share of all tasks like 40%, or infinity", .minimum = 1};

constexpr PropertyForm kCpuWeight{
    .read = readers::cpu_weight, .hint = "a number from 1 to 10000, or idle", .minimum = 1, .maximum = 10000};
constexpr PropertyForm kWeight{
    .read = readers::number, .hint = "a number from 1 to 10000", .minimum = 1, .maximum = 10000};
constexpr PropertyForm kShares{
    .read = readers::number, .hint = "a number from 2 to 262144", .minimum = 2, .maximum = 262144};
constexpr PropertyForm kBlockWeight{
    .read = readers::number, .hint = "a number from 10 to 1000", .minimum = 10, .maximum = 1000};
constexpr PropertyForm kCpuQuota{readers::cpu_quota, "a percentage of one CPU like 20% or 150%"};
constexpr PropertyForm kIndices{readers::index_set, "numbers and ranges like 0-3,5"};

constexpr PropertyForm kBandwidth{readers::device_bandwidth, "a path and a rate (base 1000) like /dev/sda 10M"};
constexpr PropertyForm kLatency{readers::device_latency, "a path and a time span like /dev/sda 25ms"};
constexpr PropertyForm kDeviceWeight{
    .read = readers::device_weight, .hint = "a path and a weight like /dev/sda 500", .minimum = 1, .maximum = 10000};
constexpr PropertyForm kBlockDeviceWeight{
    .read = readers::device_weight, .hint = kDeviceWeight.hint, .minimum = 10, .maximum = 1000};
constexpr PropertyForm kDevice{readers::device_allow, "a device and access like /dev/kvm rw, or a group like char-pts"};
constexpr PropertyForm kBpfProgram{readers::bpf_program, "TYPE:PATH like egress:/sys/fs/bpf/filter"};
constexpr PropertyForm kAddresses{readers::addresses,
                                  "addresses like 10.0.0.0/8 or ::1, or any, localhost, link-local, multicast"};
constexpr PropertyForm kSocketBind{readers::socket_bind, "[ipv4:|ipv6:][tcp:|udp:]PORT, like tcp:8000-8010, or any"};
constexpr PropertyForm kInterfaces{readers::interfaces, "interface names like lo eth0, or ~eth0 for all others"};
constexpr PropertyForm kNftSets{readers::nft_sets, "SOURCE:FAMILY:TABLE:SET with cgroup, user or group as SOURCE, like "
                                                   "cgroup:inet:filter:sessions"};
constexpr PropertyForm kInterface{readers::interface_name, "one interface name like eth0"};

constexpr PropertyForm kDelegate{readers::delegate, "yes, no, or controllers like cpu memory", kControllers};
constexpr PropertyForm kDisable{readers::controllers, "controllers like cpu memory", kControllers};
constexpr PropertyForm kDevicePolicy{readers::choice, "auto, closed or strict", "auto|closed|strict"};
constexpr PropertyForm kOomd{readers::choice, "auto or kill", "auto|kill"};
constexpr PropertyForm kOomdPreference{readers::choice, "none, avoid or omit", "none|avoid|omit"};
constexpr PropertyForm kPressureLimit{readers::pressure_limit, "a percentage like 60%"};
constexpr PropertyForm kPressureWatch{readers::pressure_watch, "auto, yes, no or skip", "auto|skip"};
constexpr PropertyForm kOomPolicy{readers::choice, "continue, stop or kill", "continue|stop|kill"};
constexpr PropertyForm kKillMode{readers::choice, "control-group, mixed, process or none",
                                 "control-group|mixed|process|none"};
constexpr PropertyForm kCollectMode{readers::choice, "inactive or inactive-or-failed", "inactive|inactive-or-failed"};

// What they mean, and since which version: systemd.resource-control(5), systemd.scope(5), systemd.kill(5),
// systemd.unit(5). In the order of their names.
constexpr PropertyRow kRows[] = {
    {"After", &kUnits},
    {"AllowIsolate", &kFlag},
    {"AllowedCPUs", &kIndices},
    {"AllowedMemoryNodes", &kIndices},
    {"BPFProgram", &kBpfProgram, "", fail},
    {"Before", &kUnits},
    {"BindNetworkInterface", &kInterface, "", fail},
    {"BindsTo", &kUnits},
    {"BlockIOAccounting", &kFlag},
    {"BlockIODeviceWeight", &kBlockDeviceWeight},
    {"BlockIOReadBandwidth", &kBandwidth},
    {"BlockIOWeight", &kBlockWeight},
    {"BlockIOWriteBandwidth", &kBandwidth},
    {"CPUAccounting", &kFlag},
    {"CPUQuota", &kCpuQuota, "CPUQuotaPerSecUSec"},
    {"CPUQuotaPeriodSec", &kSpanOrDefault, "CPUQuotaPeriodUSec"},
    {"CPUShares", &kShares},
    {"CPUWeight", &kCpuWeight},
    {"CollectMode", &kCollectMode},
    {"Conflicts", &kUnits},
    {"CoredumpReceive", &kFlag},
    {"DefaultDependencies", &kFlag},
    {"DefaultMemoryLow", &kProtection},
    {"DefaultMemoryMin", &kProtection},
    {"Delegate", &kDelegate},
    {"DelegateSubgroup", &kText},
    {"Description", &kText},
    {"DeviceAllow", &kDevice, "", fail},
    {"DevicePolicy", &kDevicePolicy, "", fail},
    {"DisableControllers", &kDisable},
    {"Documentation", &kWords},
    {"FailureAction", &kText},
    {"FailureActionExitStatus", &kExitStatus},
    {"FinalKillSignal", &kSignal},
    {"Group", &kText},
    {"IOAccounting", &kFlag},
    {"IODeviceLatencyTargetSec", &kLatency, "IODeviceLatencyTargetUSec"},
    {"IODeviceWeight", &kDeviceWeight},
    {"IOReadBandwidthMax", &kBandwidth},
    {"IOReadIOPSMax", &kBandwidth},
    {"IOWeight", &kWeight},
    {"IOWriteBandwidthMax", &kBandwidth},
    {"IOWriteIOPSMax", &kBandwidth},
    {"IPAccounting", &kFlag},
    {"IPAddressAllow", &kAddresses, "", fail},
    {"IPAddressDeny", &kAddresses, "", fail},
    {"IPEgressFilterPath", &kFilterPath, "", fail},
    {"IPIngressFilterPath", &kFilterPath, "", fail},
    {"IgnoreOnIsolate", &kFlag},
    {"JobRunningTimeoutSec", &kSpan, "JobRunningTimeoutUSec"},
    {"JobTimeoutAction", &kText},
    {"JobTimeoutRebootArgument", &kText},
    {"JobTimeoutSec", &kSpan, "JobTimeoutUSec"},
    {"JoinsNamespaceOf", &kUnits},
    {"KillMode", &kKillMode},
    {"KillSignal", &kSignal},
    {"ManagedOOMMemoryPressure", &kOomd},
    {"ManagedOOMMemoryPressureDurationSec", &kSpanOrDefault, "ManagedOOMMemoryPressureDurationUSec"},
    {"ManagedOOMMemoryPressureLimit", &kPressureLimit},
    {"ManagedOOMPreference", &kOomdPreference},
    {"ManagedOOMSwap", &kOomd},
    {"Markers", &kWords},
    {"MemoryAccounting", &kFlag},
    {"MemoryHigh", &kLimit},
    {"MemoryLimit", &kLimit, "", lose_cap},
    {"MemoryLow", &kProtection},
    {"MemoryMax", &kLimit, "", lose_cap},
    {"MemoryMin", &kProtection},
    {"MemoryPressureThresholdSec", &kSpan, "MemoryPressureThresholdUSec"},
    {"MemoryPressureWatch", &kPressureWatch},
    {"MemorySwapMax", &kSwap},
    {"MemoryZSwapMax", &kSwap},
    {"MemoryZSwapWriteback", &kFlag},
    {"NFTSet", &kNftSets, "", fail},
    {"OOMPolicy", &kOomPolicy},
    {"OOMRules", &kWords},
    {"OnFailure", &kUnits},
    {"OnFailureJobMode", &kText},
    {"OnSuccess", &kUnits},
    {"OnSuccessJobMode", &kText},
    {"PartOf", &kUnits},
    {"PropagatesReloadTo", &kUnits},
    {"PropagatesStopTo", &kUnits},
    {"RebootArgument", &kText},
    {"RefuseManualStop", &kFlag},
    {"ReloadPropagatedFrom", &kUnits},
    {"Requires", &kUnits},
    {"RequiresMountsFor", &kPaths},
    {"Requisite", &kUnits},
    {"RestartKillSignal", &kSignal},
    {"RestrictNetworkInterfaces", &kInterfaces, "", fail},
    {"RuntimeMaxSec", &kRunTime, "RuntimeMaxUSec"},
    {"RuntimeRandomizedExtraSec", &kSpan, "RuntimeRandomizedExtraUSec"},
    {"SendSIGHUP", &kFlag},
    {"SendSIGKILL", &kFlag},
    {"Slice", &kSlice, "", fail},
    {"SocketBindAllow", &kSocketBind, "", fail},
    {"SocketBindDeny", &kSocketBind, "", fail},
    {"SourcePath", &kText},
    {"StartLimitAction", &kText},
    {"StartLimitBurst", &kBurst},
    {"StartLimitIntervalSec", &kSpan, "StartLimitIntervalUSec"},
    {"StartupAllowedCPUs", &kIndices},
    {"StartupAllowedMemoryNodes", &kIndices},
    {"StartupBlockIOWeight", &kBlockWeight},
    {"StartupCPUShares", &kShares},
    {"StartupCPUWeight", &kCpuWeight},
    {"StartupIOWeight", &kWeight},
    {"StartupMemoryHigh", &kLimit},
    {"StartupMemoryLow", &kProtection},
    {"StartupMemoryMax", &kLimit},
    {"StartupMemorySwapMax", &kSwap},
    {"StartupMemoryZSwapMax", &kSwap},
    {"StopPropagatedFrom", &kUnits},
    {"StopWhenUnneeded", &kFlag},
    {"SuccessAction", &kText},
    {"SuccessActionExitStatus", &kExitStatus},
    {"SurviveFinalKillSignal", &kFlag},
    {"TasksAccounting", &kFlag},
    {"TasksMax", &kTasks},
    {"TimeoutStopSec", &kSpan, "TimeoutStopUSec"},
    {"Upholds", &kUnits},
    {"User", &kText},
    {"Wants", &kUnits},
    {"WantsMountsFor", &kPaths},
    {"WatchdogSignal", &kSignal},
};

} // namespace

std::span<const PropertyRow> scope_properties()
{
    return kRows;
}

} // namespace dbgscope
