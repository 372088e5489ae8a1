// SPDX-License-Identifier: Apache-2.0
#include "debugger/dap_log.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "debugger/call.hpp"
#include "debugger/scan.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kGdbSetting = "dap-log-file";

DapLogWay no_way(std::string obstacle, bool speaks_dap)
{
    DapLogWay way;
    way.obstacle = std::move(obstacle);
    way.speaks_dap = speaks_dap;
    return way;
}

/// The flag of dlv's that settles the log already, and its value.
const FoundFlag *own_log_flag(const Scan &scan)
{
    const FoundFlag *found = nullptr;
    for (const FoundFlag &flag : scan.flags)
        if (flag.row->name == "log-dest")
            found = &flag;
        else if (found == nullptr && (flag.row->name == "log" || flag.row->name == "log-output"))
            found = &flag;
    return found;
}

DapLogWay dlv_way(const DebuggerCall &call, const std::vector<std::string> &arguments, const std::string &file)
{
    if (!call.headless)
        return no_way("dlv serves no client of that protocol without --headless", false);
    const ToolRow &tool = *find_tool_row(Tool::dlv);
    const auto verb = find_verb(tool, arguments);
    const Scan scan = scan_flags(tool, call.verb, arguments, 0, verb);
    if (const FoundFlag *own = own_log_flag(scan)) {
        if (own->row->name == "log-dest" && own->value == "3")
            return no_way("the client reads dlv's log itself (--log-dest=3): in VS Code it is \"showLog\": true, "
                          "\"logOutput\": \"dap\" and \"logDest\": \"/a/file\" in launch.json",
                          true);
        return no_way(fmt::format("--{} is given already", own->row->name), true);
    }
    const bool dials = std::ranges::any_of(
        scan.flags, [](const FoundFlag &flag) { return flag.row->name == "client-addr" && flag.value; });
    return {.words = {"--log", "--log-output=dap", "--log-dest=" + file},
            .at = verb.value_or(0) + 1,
            .variable = {},
            .ready_line = !dials, // `dlv dap --client-addr` listens nowhere
            .obstacle = {}};
}

DapLogWay gdb_way(const std::vector<std::string> &arguments, const std::string &file)
{
    const Scan scan = scan_flags(*find_tool_row(Tool::gdb), {}, arguments, 0, std::nullopt);
    bool speaks = false;
    for (const FoundFlag &flag : scan.flags)
        if (flag.row->means == Means::client)
            speaks = flag.value == "dap";
    if (!speaks)
        return no_way("gdb speaks that protocol with -i=dap only", false);
    for (const FoundFlag &flag : scan.flags)
        if (flag.value && flag.value->find(kGdbSetting) != std::string_view::npos)
            return no_way(fmt::format("{} is set already", kGdbSetting), true);
    return {.words = {"-iex", fmt::format("set debug {} {}", kGdbSetting, file)}, .variable = {}, .obstacle = {}};
}

} // namespace

DapLogWay dap_log_way(const DebuggerCall &call, std::string_view called, const std::vector<std::string> &arguments,
                      const std::string &file)
{
    switch (call.tool) {
    case Tool::dlv: return dlv_way(call, arguments, file);
    case Tool::gdb: return gdb_way(arguments, file);
    case Tool::lldb_dap: {
        const std::string_view name = without_version(called.substr(called.rfind('/') + 1)); // npos + 1 is 0
        return {.words = {}, .variable = name == kOldLldbDap ? "LLDBVSCODE_LOG" : "LLDBDAP_LOG", .obstacle = {}};
    }
    case Tool::none:
    case Tool::gdbserver:
    case Tool::lldb_server: break;
    }
    return no_way("only dlv, gdb and lldb-dap speak that protocol", false);
}

} // namespace dbgscope
