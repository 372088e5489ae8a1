// SPDX-License-Identifier: Apache-2.0
#include "plan/property/conditions.hpp"

#include <algorithm>

namespace dbgscope {
namespace {

constexpr std::string_view kCondition = "Condition", kAssert = "Assert";

constexpr std::string_view kKinds[] = {"ACPower",
                                       "Architecture",
                                       "CPUFeature",
                                       "CPUPressure",
                                       "CPUs",
                                       "Capability",
                                       "ControlGroupController",
                                       "Credential",
                                       "DirectoryNotEmpty",
                                       "Environment",
                                       "FileIsExecutable",
                                       "FileNotEmpty",
                                       "Firmware",
                                       "FirstBoot",
                                       "Group",
                                       "Host",
                                       "IOPressure",
                                       "KernelCommandLine",
                                       "KernelModuleLoaded",
                                       "KernelVersion",
                                       "Memory",
                                       "MemoryPressure",
                                       "NeedsUpdate",
                                       "OSRelease",
                                       "PathExists",
                                       "PathExistsGlob",
                                       "PathIsDirectory",
                                       "PathIsEncrypted",
                                       "PathIsMountPoint",
                                       "PathIsReadWrite",
                                       "PathIsSocket",
                                       "PathIsSymbolicLink",
                                       "Security",
                                       "User",
                                       "Version",
                                       "Virtualization"};

bool takes_off(std::string_view &text, std::string_view front)
{
    if (!text.starts_with(front))
        return false;
    text.remove_prefix(front.size());
    return true;
}

} // namespace

std::span<const std::string_view> condition_kinds()
{
    return kKinds;
}

bool is_condition(std::string_view name)
{
    return (takes_off(name, kCondition) || takes_off(name, kAssert)) &&
           std::ranges::find(kKinds, name) != std::end(kKinds);
}

ScopeProperty condition_property(std::string_view name, std::string_view value)
{
    std::vector<UnitCondition> lines;
    if (!value.empty()) {
        UnitCondition &line = lines.emplace_back(UnitCondition{.name = std::string(name)});
        line.trigger = takes_off(value, "|");
        line.negate = takes_off(value, "!");
        line.parameter = value;
    }
    return {
        .name = name.starts_with(kAssert) ? "Asserts" : "Conditions", .value = std::move(lines), .droppable = false};
}

} // namespace dbgscope
