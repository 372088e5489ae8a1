// SPDX-License-Identifier: Apache-2.0
#include "debugger/flag_table.hpp"

#include <array>

namespace dbgscope {
namespace {

// Every persistent flag is accepted by every verb and before it, and they are the same from 1.20 to 1.27.
constexpr auto kDlvFlags = std::to_array<FlagRow>({
    {"help", 'h', false, Means::ends},
    {"accept-multiclient"},
    {"allow-non-terminal-interactive"},
    {"api-version", 0, true},
    {"backend", 0, true},
    {"build-flags", 0, true},
    {"check-go-version"},
    {"disable-aslr"},
    {"headless", 0, false, Means::headless},
    {"init", 0, true},
    {"listen", 'l', true, Means::listen},
    {"log"},
    {"log-dest", 0, true},
    {"log-output", 0, true},
    {"only-same-user"},
    {"redirect", 'r', true},
    {"wd", 0, true},
    {"continue", 0, false, Means::nothing, "exec"},
    {"tty", 0, true, Means::nothing, "exec"},
    {"rr-cleanup", 0, false, Means::nothing, "exec"},
    {"continue", 0, false, Means::nothing, "debug"},
    {"output", 0, true, Means::nothing, "debug"},
    {"tty", 0, true, Means::nothing, "debug"},
    {"rr-cleanup", 0, false, Means::nothing, "debug"},
    {"output", 0, true, Means::nothing, "test"},
    {"client-addr", 0, true, Means::nothing, "dap"},
    {"continue", 0, false, Means::nothing, "attach"},
    {"waitfor", 0, true, Means::nothing, "attach"},
    {"waitfor-interval", 0, true, Means::nothing, "attach"},
    {"waitfor-duration", 0, true, Means::nothing, "attach"},
    {"pid", 'p', true, Means::attach, "trace"},
    {"exec", 'e', true, Means::program, "trace"},
    {"test", 't', false, Means::nothing, "trace"},
    {"stack", 's', true, Means::nothing, "trace"},
    {"ebpf", 0, false, Means::nothing, "trace"},
    {"output", 0, true, Means::nothing, "trace"},
    {"timestamp", 0, false, Means::nothing, "trace"},
    {"follow-calls", 0, true, Means::nothing, "trace"},
    {"verbose", 'v', false, Means::nothing, "trace"},
    {"onprocess", 'p', true, Means::nothing, "replay"},
});

// Any other word (version, help, connect, completion, log, backend, redirect, run, substitute-path-guess-helper, a
// misspelt one) has no debuggee. `dlv run` has only printed that it is deprecated since 1.0.
constexpr auto kDlvVerbs = std::to_array<VerbRow>({
    {.name = "exec", .names_program = true},
    {.name = "debug", .builds = true},
    {.name = "test", .builds = true},
    // The program comes with the launch request, whose default mode is "debug": it builds.
    {.name = "dap", .builds = true, .headless = true},
    {.name = "trace", .builds = true},
    {.name = "attach", .kind = CallKind::attach},
    {.name = "core", .kind = CallKind::attach, .names_program = true},
    {.name = "replay", .kind = CallKind::attach},
});

// gdbserver compares whole words; a wrong one ends it. --wrapper WORDS -- is read in read_call.cpp.
constexpr auto kGdbserverFlags = std::to_array<FlagRow>({
    {"help", 0, false, Means::ends},
    {"version", 0, false, Means::ends},
    {"disable-packet", 0, false, Means::ends}, // without "=LIST" it lists the packets
    {"selftest", 0, false, Means::ends},
    {"attach", 0, false, Means::attach},
});

constexpr auto kGdbFlags = std::to_array<FlagRow>({
    {"help", 0, false, Means::ends},
    {"version", 0, false, Means::ends},
    {"configuration", 0, false, Means::ends},
    {"args", 0, false, Means::rest},
    {"no-escape-args", 0, false, Means::rest},
    {"pid", 0, true, Means::attach},
    {"p", 0, true, Means::attach},
    {"core", 0, true, Means::attach},
    {"c", 0, true, Means::attach},
    {"exec", 0, true, Means::program},
    {"e", 0, true, Means::program},
    {"se", 0, true, Means::program},
    {"interpreter", 0, true, Means::client},
    {"i", 0, true, Means::client},
    {"ui", 0, true, Means::client},
    {"annotate", 0, true},
    {"symbols", 0, true},
    {"s", 0, true},
    {"command", 0, true},
    {"x", 0, true},
    {"eval-command", 0, true},
    {"ex", 0, true},
    {"init-command", 0, true},
    {"ix", 0, true},
    {"init-eval-command", 0, true},
    {"iex", 0, true},
    {"early-init-command", 0, true},
    {"eix", 0, true},
    {"early-init-eval-command", 0, true},
    {"eiex", 0, true},
    {"directory", 0, true},
    {"d", 0, true},
    {"data-directory", 0, true},
    {"D", 0, true},
    {"cd", 0, true},
    {"tty", 0, true},
    {"baud", 0, true},
    {"b", 0, true},
    {"l", 0, true},
    {"tui"},
    {"readnow"},
    {"readnever"},
    {"r"},
    {"quiet"},
    {"q"},
    {"silent"},
    {"nh"},
    {"nx"},
    {"n"},
    {"batch-silent"},
    {"batch"},
    {"fullname"},
    {"f"},
    {"nw"},
    {"nowindows"},
    {"w"},
    {"windows"},
    {"statistics"},
    {"write"},
    {"return-child-result"},
});

constexpr auto kLldbServerFlags = std::to_array<FlagRow>({
    {"help", 0, false, Means::ends},
    {"h", 0, false, Means::ends},
    {"attach", 0, true, Means::attach, "gdbserver"},
    {"listen", 0, true, Means::listen, "platform"},
    {"fd", 0, true},
    {"named-pipe", 0, true},
    {"pipe", 0, true},
    {"log-channels", 0, true},
    {"c", 0, true},
    {"log-file", 0, true},
    {"l", 0, true},
    {"reverse-connect"},
    {"setsid"},
    {"S"},
});

// lldb-server goes by the verb's first letter: g, p, v.
constexpr auto kLldbServerVerbs = std::to_array<VerbRow>({
    {.name = "gdbserver", .headless = true},
    {.name = "platform", .headless = true},
    {.name = "version", .kind = CallKind::pass_through},
});

constexpr auto kLldbDapFlags = std::to_array<FlagRow>({
    {"help", 0, false, Means::ends},
    {"h", 0, false, Means::ends},
    {"version", 0, false, Means::ends},
    {"launch-target", 0, false, Means::rest},
    {"comm-file", 0, true},
    {"connection", 0, true, Means::listen},
    {"debugger-pid", 0, true},
    {"port", 0, true, Means::listen},
    {"p", 0, true, Means::listen},
    {"pre-init-command", 0, true},
    {"c", 0, true},
    {"repl-mode", 0, true},
    {"wait-for-debugger"},
    {"g"},
});

constexpr std::array<ToolRow, 5> kTools{{
    {Tool::dlv, Syntax::pflag, EnvironmentRoute::inherited, false, "dlv", kDlvFlags, kDlvVerbs},
    {Tool::gdbserver, Syntax::leading, EnvironmentRoute::wrapper, true, "gdbserver", kGdbserverFlags, {}},
    {Tool::gdb, Syntax::abbreviated, EnvironmentRoute::inherited, true, "default", kGdbFlags, {}},
    {Tool::lldb_server, Syntax::exact, EnvironmentRoute::inherited, false, "default", kLldbServerFlags,
     kLldbServerVerbs},
    {Tool::lldb_dap, Syntax::exact, EnvironmentRoute::inherited, false, "default", kLldbDapFlags, {}},
}};

} // namespace

std::span<const ToolRow> tool_table()
{
    return kTools;
}

const ToolRow *find_tool_row(Tool tool)
{
    for (const ToolRow &row : kTools)
        if (row.tool == tool)
            return &row;
    return nullptr;
}

} // namespace dbgscope
