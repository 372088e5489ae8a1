// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "debugger/flag_table.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

/// Every file in PATH that a shell could run as `name`, in its order.
std::vector<std::string> all_in_path(std::string_view path_variable, const std::string &name)
{
    std::vector<std::string> found;
    while (!path_variable.empty()) {
        const std::size_t colon = std::min(path_variable.find(':'), path_variable.size());
        const std::string_view directory = path_variable.substr(0, colon);
        path_variable.remove_prefix(std::min(colon + 1, path_variable.size()));
        const ToolFacts tool = find_tool(name, directory.empty() ? "." : directory, "", std::nullopt);
        if (tool.path)
            found.push_back(*tool.path);
    }
    return found;
}

} // namespace

CheckFindings check_path(const DoctorInput &input)
{
    CheckFindings findings;
    std::string shims;
    for (const ToolRow &row : tool_table()) {
        const std::string name = tool_name(row.tool);
        std::string key = name;
        std::ranges::replace(key, '-', '_');
        const std::vector<std::string> files = all_in_path(input.variable("PATH"), name);
        std::string real;
        for (const std::string &file : files) {
            const bool ours = input.self && file_at(file) == input.self;
            if (ours && real.empty())
                shims += fmt::format("{}{}", shims.empty() ? "" : ", ", file);
            if (ours && !real.empty())
                findings.push_back({.level = CheckLevel::warn,
                                    .looked_at = "PATH",
                                    .found = fmt::format("{} stands before the shim {}", real, file),
                                    .matters = fmt::format("calling {} starts no session", name),
                                    .cure = "put the shims' directory first in PATH, in the file the editor's "
                                            "environment comes from too"});
            if (!ours && !real.empty() && file_at(file) != file_at(real))
                findings.push_back({.level = CheckLevel::note,
                                    .looked_at = "PATH",
                                    .found = fmt::format("{} stands before another one, {}", real, file),
                                    .matters = "an editor with another PATH takes the other one",
                                    .cure = fmt::format("name one: debuggers.{} in the configuration", key)});
            if (!ours && real.empty())
                real = file;
        }
    }
    if (findings.empty() || !shims.empty())
        findings.push_back(
            {.looked_at = "PATH",
             .found = shims.empty() ? "no tool stands in the way of another" : "shims in use: " + shims});
    return findings;
}

} // namespace dbgscope
