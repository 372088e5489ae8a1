// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "tools/doctor/checks.hpp"

namespace dbgscope {

CheckFindings check_gdb(const DoctorInput &input)
{
    CheckFindings findings;
    for (const char *name : {"gdb", "gdbserver"}) {
        const ToolFacts tool = input.tool(name);
        if (!tool.path) {
            findings.push_back({.level = CheckLevel::note,
                                .looked_at = "PATH",
                                .found = tool.path.detail(),
                                .matters = fmt::format("sessions with {} cannot be started", name),
                                .cure = fmt::format("where you need it, install the package {}", name)});
            continue;
        }
        const Fact<std::string> version = tool_version(name, *tool.path);
        if (version)
            findings.push_back({.looked_at = "PATH", .found = fmt::format("{} {} is {}", name, *version, *tool.path)});
        else
            findings.push_back({.level = CheckLevel::fail,
                                .looked_at = *tool.path + " --version",
                                .found = version.detail(),
                                .matters = "no session with it will start",
                                .cure = "run it by hand to see what it says"});
    }
    return findings;
}

} // namespace dbgscope
