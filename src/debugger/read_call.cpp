// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "debugger/call.hpp"
#include "debugger/scan.hpp"

namespace dbgscope {
namespace {

using Arguments = std::vector<std::string>;

/// The verb's row; lldb-server goes by the first letter.
const VerbRow *find_verb_row(const ToolRow &tool, std::string_view word)
{
    for (const VerbRow &row : tool.verbs)
        if (tool.tool == Tool::lldb_server ? !word.empty() && word[0] == row.name[0] : word == row.name)
            return &row;
    return nullptr;
}

/// A pid; 0: it is none, or the name of a core file.
std::uint32_t pid_in(std::string_view word)
{
    std::uint32_t pid = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), pid);
    return error == std::errc{} && end == word.data() + word.size() ? pid : 0;
}

void apply_verb(DebuggerCall &call, const VerbRow &row)
{
    call.verb = row.name;
    call.kind = row.kind;
    call.builds = row.builds;
    call.headless = row.headless;
}

/// Flags in the order they stand, the last one of a kind wins.
void apply_flags(DebuggerCall &call, const Scan &scan)
{
    for (const auto &[row, value] : scan.flags) {
        switch (row->means) {
        case Means::nothing:
        case Means::rest: break;
        case Means::ends:
            if (is_true(value))
                call.kind = CallKind::pass_through;
            break;
        case Means::headless: call.headless = is_true(value); break;
        case Means::client: // gdb: -i=mi, --interpreter=mi2, -i=dap
            call.headless = value && (value->starts_with("mi") || *value == "dap");
            break;
        case Means::attach: // `dlv trace --pid 0` is the flag's default: no pid
            if (call.kind != CallKind::pass_through && value && !value->empty() && *value != "0") {
                call.kind = CallKind::attach;
                call.attach_to = pid_in(*value);
            }
            break;
        case Means::program:
            if (value)
                call.program = *value;
            break;
        case Means::listen:
            if (value)
                call.listen = *value;
            break;
        }
    }
}

DebuggerCall read_dlv(const ToolRow &tool, const Arguments &arguments)
{
    DebuggerCall call{.tool = tool.tool, .kind = CallKind::pass_through};
    const std::optional<std::size_t> verb = find_verb(tool, arguments);
    if (!verb)
        return call;
    call.verb = arguments[*verb];
    const VerbRow *row = find_verb_row(tool, call.verb);
    if (row == nullptr)
        return call;
    apply_verb(call, *row);
    const Scan scan = scan_flags(tool, row->name, arguments, 0, verb);
    apply_flags(call, scan);
    call.headless = call.headless || row->headless; // dap always serves
    if (row->names_program && !scan.positionals.empty())
        call.program = arguments[scan.positionals.front()];
    if (row->name == "attach" && !scan.positionals.empty())
        call.attach_to = pid_in(arguments[scan.positionals.front()]);
    call.builds = call.builds && call.kind == CallKind::launch && !call.program; // trace --exec builds nothing
    return call;
}

/// gdb [flags] [PROGRAM [CORE | PID]], gdb [flags] --args PROGRAM [ARGS].
DebuggerCall read_gdb(const ToolRow &tool, const Arguments &arguments)
{
    DebuggerCall call{.tool = tool.tool};
    const Scan scan = scan_flags(tool, {}, arguments, 0, std::nullopt);
    apply_flags(call, scan);
    if (!scan.positionals.empty())
        call.program = arguments[scan.positionals.front()];
    const bool has_args = std::any_of(scan.flags.begin(), scan.flags.end(),
                                      [](const FoundFlag &flag) { return flag.row->means == Means::rest; });
    if (scan.positionals.size() > 1 && !has_args && call.kind == CallKind::launch) {
        call.kind = CallKind::attach;
        call.attach_to = pid_in(arguments[scan.positionals[1]]);
    }
    return call;
}

/// lldb-server gdbserver [flags] [HOST]:PORT [[--] PROGRAM ARGS], platform [flags], version.
DebuggerCall read_lldb_server(const ToolRow &tool, const Arguments &arguments)
{
    DebuggerCall call{.tool = tool.tool, .kind = CallKind::pass_through};
    const VerbRow *row = arguments.empty() ? nullptr : find_verb_row(tool, arguments.front());
    if (row == nullptr)
        return call;
    apply_verb(call, *row);
    const Scan scan = scan_flags(tool, row->name, arguments, 1, std::nullopt);
    apply_flags(call, scan);
    if (row->name == "gdbserver" && !scan.positionals.empty())
        call.listen = arguments[scan.positionals.front()];
    if (row->name == "gdbserver" && call.kind == CallKind::launch && scan.positionals.size() > 1)
        call.program = arguments[scan.positionals[1]];
    return call;
}

DebuggerCall read_lldb_dap(const ToolRow &tool, const Arguments &arguments)
{
    DebuggerCall call{.tool = tool.tool, .headless = true};
    const Scan scan = scan_flags(tool, {}, arguments, 0, std::nullopt);
    apply_flags(call, scan);
    if (!scan.positionals.empty()) // --launch-target PROGRAM ARGS: the adapter starts the program in a terminal
        call.program = arguments[scan.positionals.front()];
    return call;
}

/// gdbserver [flags] COMM PROGRAM [ARGS], --attach COMM PID, --multi COMM. `-` is a COMM.
DebuggerCall read_gdbserver(const ToolRow &tool, const Arguments &arguments)
{
    DebuggerCall call{.tool = tool.tool, .headless = true};
    bool own_wrapper = false;
    bool shell = true;
    std::size_t at = 0;
    for (; at < arguments.size() && arguments[at].starts_with('-') && arguments[at] != "-"; ++at) {
        const std::string_view word = arguments[at];
        if (word == "--wrapper") {
            own_wrapper = true;
            at = static_cast<std::size_t>(
                std::find(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end(), "--") -
                arguments.begin());
            continue;
        }
        if (word == "--startup-with-shell" || word == "--no-startup-with-shell")
            shell = word == "--startup-with-shell";
        const FlagRow *row = word.starts_with("--") ? find_flag(tool, {}, word.substr(2)) : nullptr;
        if (row == nullptr)
            continue;
        if (row->means == Means::ends) {
            call.kind = CallKind::pass_through;
            return call;
        }
        call.kind = CallKind::attach;
    }
    if (at < arguments.size())
        call.listen = arguments[at];
    if (call.kind == CallKind::attach && at + 1 < arguments.size())
        call.attach_to = pid_in(arguments[at + 1]);
    if (call.kind != CallKind::launch)
        return call;
    if (at + 1 < arguments.size())
        call.program = arguments[at + 1];
    // The last --wrapper replaces the others. Without the shell gdbserver 13 ignores the wrapper's words but still
    // waits for its exec, and the session breaks; then the debuggee inherits gdbserver's own environment.
    if (!own_wrapper && shell)
        call.wrapper_at = 0;
    return call;
}

bool plain_for_shell(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_=,.:/+@%-").find(c) != std::string_view::npos;
}

} // namespace

DebuggerCall read_call(Tool tool, const std::vector<std::string> &arguments)
{
    const ToolRow *row = find_tool_row(tool);
    if (row == nullptr)
        return {};
    switch (tool) {
    case Tool::none: break;
    case Tool::dlv: return read_dlv(*row, arguments);
    case Tool::gdbserver: return read_gdbserver(*row, arguments);
    case Tool::gdb: return read_gdb(*row, arguments);
    case Tool::lldb_server: return read_lldb_server(*row, arguments);
    case Tool::lldb_dap: return read_lldb_dap(*row, arguments);
    }
    return {};
}

std::string_view without_version(std::string_view basename)
{
    const auto dash = basename.rfind('-');
    if (dash == std::string_view::npos || dash == 0 || dash + 1 == basename.size() ||
        basename.find_first_not_of("0123456789.", dash + 1) != std::string_view::npos)
        return basename;
    return basename.substr(0, dash);
}

std::optional<Tool> tool_from_name(std::string_view basename)
{
    const std::string_view name = without_version(basename);
    for (const ToolRow &row : tool_table())
        if (name == tool_name(row.tool))
            return row.tool;
    if (name == "dlv-dap")
        return Tool::dlv;
    if (name == kOldLldbDap)
        return Tool::lldb_dap;
    if (name == "gdb-multiarch" || (name.size() > 4 && name.ends_with("-gdb")))
        return Tool::gdb;
    if (name.size() > 10 && name.ends_with("-gdbserver"))
        return Tool::gdbserver;
    return std::nullopt;
}

std::string_view profile_name(Tool tool)
{
    const ToolRow *row = find_tool_row(tool);
    return row == nullptr ? "default" : row->profile;
}

EnvironmentRoute environment_route(Tool tool)
{
    const ToolRow *row = find_tool_row(tool);
    return row == nullptr ? EnvironmentRoute::inherited : row->route;
}

bool searches_path(Tool tool)
{
    const ToolRow *row = find_tool_row(tool);
    return row != nullptr && row->searches_path;
}

std::string quoted_for_shell(const std::string &word)
{
    if (!word.empty() && std::all_of(word.begin(), word.end(), plain_for_shell))
        return word;
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return out + "'";
}

std::vector<std::string> wrapper_words(const std::vector<std::string> &assignments)
{
    if (assignments.empty())
        return {};
    std::vector<std::string> words{"--wrapper", "env"};
    for (const std::string &assignment : assignments)
        words.push_back(quoted_for_shell(assignment));
    words.emplace_back("--");
    return words;
}

} // namespace dbgscope
