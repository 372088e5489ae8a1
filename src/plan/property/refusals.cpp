// SPDX-License-Identifier: Apache-2.0
#include "plan/property/refusals.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/core.h>

#include "plan/property/table.hpp"

namespace dbgscope {
namespace {

/// systemd.exec(5), what starts like this or is this: set up by the manager in the process it starts; a scope's process
/// is ours, and runs already.
constexpr std::string_view kExecPrefixes[] = {"Ambient",
                                              "AppArmor",
                                              "BindPaths",
                                              "BindReadOnlyPaths",
                                              "CPUAffinity",
                                              "CPUScheduling",
                                              "CacheDirectory",
                                              "Capability",
                                              "ConfigurationDirectory",
                                              "CoredumpFilter",
                                              "Exec",
                                              "Extension",
                                              "IOScheduling",
                                              "ImportCredential",
                                              "Inaccessible",
                                              "LoadCredential",
                                              "LogExtra",
                                              "LogFilter",
                                              "LogLevelMax",
                                              "LogNamespace",
                                              "LogRate",
                                              "LogsDirectory",
                                              "MountImages",
                                              "NUMA",
                                              "NoExec",
                                              "Private",
                                              "Protect",
                                              "ReadOnly",
                                              "ReadWrite",
                                              "Root",
                                              "RuntimeDirectory",
                                              "SELinux",
                                              "SetCredential",
                                              "Smack",
                                              "Standard",
                                              "StateDirectory",
                                              "Syslog",
                                              "SystemCall",
                                              "TTY",
                                              "TemporaryFileSystem",
                                              "Utmp"};
constexpr std::string_view kExecNames[] = {"BindLogSockets",
                                           "DynamicUser",
                                           "IPCNamespacePath",
                                           "IgnoreSIGPIPE",
                                           "KeyringMode",
                                           "LockPersonality",
                                           "MemoryDenyWriteExecute",
                                           "MemoryKSM",
                                           "MountAPIVFS",
                                           "MountFlags",
                                           "MountImagePolicy",
                                           "NetworkNamespacePath",
                                           "NoNewPrivileges",
                                           "PAMName",
                                           "Personality",
                                           "ProcSubset",
                                           "RemoveIPC",
                                           "RestrictAddressFamilies",
                                           "RestrictFileSystems",
                                           "RestrictNamespaces",
                                           "RestrictRealtime",
                                           "RestrictSUIDSGID",
                                           "SecureBits",
                                           "SetLoginEnvironment",
                                           "SupplementaryGroups",
                                           "TimerSlackNSec",
                                           "UMask"};

/// systemd.service(5).
constexpr std::string_view kServiceNames[] = {"BusName",
                                              "ExecCondition",
                                              "ExecReload",
                                              "ExecStart",
                                              "ExecStartPost",
                                              "ExecStartPre",
                                              "ExecStop",
                                              "ExecStopPost",
                                              "ExitType",
                                              "FileDescriptorStoreMax",
                                              "FileDescriptorStorePreserve",
                                              "GuessMainPID",
                                              "NonBlocking",
                                              "NotifyAccess",
                                              "OpenFile",
                                              "PIDFile",
                                              "PermissionsStartOnly",
                                              "ReloadSignal",
                                              "RemainAfterExit",
                                              "Restart",
                                              "RestartForceExitStatus",
                                              "RestartMaxDelaySec",
                                              "RestartMode",
                                              "RestartPreventExitStatus",
                                              "RestartSec",
                                              "RestartSteps",
                                              "RootDirectoryStartOnly",
                                              "Sockets",
                                              "SuccessExitStatus",
                                              "TimeoutAbortSec",
                                              "TimeoutSec",
                                              "TimeoutStartFailureMode",
                                              "TimeoutStartSec",
                                              "TimeoutStopFailureMode",
                                              "Type",
                                              "WatchdogSec"};

/// The other side of a dependency: the manager answers "may not be created transiently".
constexpr std::string_view kInverseDependencies[] = {"BoundBy",     "ConflictedBy", "ConsistsOf",   "InSlice",
                                                     "OnFailureOf", "OnSuccessOf",  "ReferencedBy", "References",
                                                     "RequiredBy",  "RequisiteOf",  "SliceOf",      "TriggeredBy",
                                                     "Triggers",    "UpheldBy",     "WantedBy"};

bool one_of(std::string_view name, std::span<const std::string_view> names)
{
    return std::ranges::find(names, name) != names.end();
}

bool exec_context(std::string_view name)
{
    return one_of(name, kExecNames) ||
           std::ranges::any_of(kExecPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// "RuntimeMaxUSec" is the name on the bus; the one to write is "RuntimeMaxSec".
std::string_view spelling_for(std::string_view bus_name)
{
    if (bus_name == "DelegateControllers")
        return "Delegate";
    for (const PropertyRow &row : scope_properties())
        if (row.bus_name == bus_name ||
            (bus_name.ends_with("Scale") && bus_name.substr(0, bus_name.size() - 5) == row.name))
            return row.name;
    return {};
}

struct Special {
    std::string_view name, cause, hint;
    ErrorKind kind = ErrorKind::usage;
};
constexpr std::string_view kNoBroker = "it needs a client that stays on the bus, and dbgscope becomes the command";
constexpr std::array<Special, 8> kSpecial{{
    {"AddRef", kNoBroker, "", ErrorKind::unsupported},
    {"Controller", kNoBroker, "", ErrorKind::unsupported},
    {"PIDs", "dbgscope puts its own process into the scope", ""},
    {"PIDFDs", "dbgscope puts its own process into the scope", ""},
    {"RefuseManualStart", "a scope with it is never started", ""},
    {"EnvironmentFile", "dbgscope reads no environment files", "use Environment= or --setenv"},
    {"PassEnvironment", "the command already gets the whole environment", "use UnsetEnvironment= to take some away"},
    {"ExecSearchPath", "the command is looked up in PATH", "give its full path"},
}};

} // namespace

PropertyRefusal refusal_of(std::string_view name)
{
    for (const Special &special : kSpecial)
        if (special.name == name)
            return {special.kind, std::string(special.cause), std::string(special.hint)};
    if (const std::string_view spelling = spelling_for(name); !spelling.empty())
        return {ErrorKind::usage, "that is the name on the bus", fmt::format("write {}=", spelling)};
    if (one_of(name, kInverseDependencies))
        return {ErrorKind::usage, "a transient unit cannot declare the other side of a dependency", ""};
    if (one_of(name, kServiceNames))
        return {ErrorKind::usage, "it is a property of services; a scope only holds a process that runs already", ""};
    if (exec_context(name))
        return {ErrorKind::usage, "a scope has no such property: systemd sets it up only in processes it starts itself",
                name == "UMask" ? "set it in the calling shell with umask" : ""};
    return {};
}

} // namespace dbgscope
