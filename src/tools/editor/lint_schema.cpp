// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/lint_schema.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "dbgscope/profile.hpp"

namespace dbgscope {
namespace {

using enum Takes;

/// VS Code's own, for every type.
constexpr auto kVscode = std::to_array<AttributeRow>({
    {"type", string},
    {"name", string},
    {"request", string, "launch attach"},
    {"presentation", object},
    {"preLaunchTask", string | object},
    {"postDebugTask", string | object},
    {"internalConsoleOptions", string, "neverOpen openOnSessionStart openOnFirstSessionStart"},
    {"debugServer", number},
    {"serverReadyAction", object},
    {"windows", object},
    {"linux", object},
    {"osx", object},
    {"noDebug", boolean},
    {"suppressMultipleSessionWarning", boolean},
});

constexpr auto kGo = std::to_array<AttributeRow>({
    {"debugAdapter", string, "legacy dlv-dap"},
    {"program", string},
    {"mode", string, "auto debug test exec replay core local remote"},
    {"traceDirPath", string},
    {"coreFilePath", string},
    {"stopOnEntry", boolean},
    {"args", array | string},
    {"showLog", boolean},
    {"cwd", string},
    {"env", object},
    {"substitutePath", array},
    {"buildFlags", string | array},
    {"dlvFlags", array},
    {"port", number},
    {"host", string},
    {"trace", string, "verbose trace log info warn error"},
    {"envFile", string | array},
    {"backend", string, "default native lldb rr"},
    {"output", string},
    {"logOutput", string},
    {"logDest", string},
    {"dlvLoadConfig", object},
    {"apiVersion", number},
    {"useApiV1", boolean},
    {"stackTraceDepth", number},
    {"showGlobalVariables", boolean},
    {"showRegisters", boolean},
    {"hideSystemGoroutines", boolean},
    {"goroutineFilters", string},
    {"showPprofLabels", array},
    {"console", string, "internalConsole integratedTerminal externalTerminal"},
    {"asRoot", boolean},
    {"processId", string | number},
    {"remotePath", string},
    {"dlvToolPath", string},
    {"dlvCwd", string},
    {"outputMode", string, "local remote"},
    {"guessSubstitutePath", any},
    {"followExec", boolean},
    {"followExecRegex", string},
    {"stdinFrom", string},
    {"stdoutTo", string},
    {"stderrTo", string},
    {"waitFor", string},
    {"maxStringLen", number},
    {"maxArrayValues", number},
    {"packagePathToGoModPathMap", object},
    {"environment", any, "", "env"},
    {"stopAtEntry", any, "", "stopOnEntry"},
    {"externalConsole", any, "", "console"},
    {"miDebuggerPath", any, "", "go.alternateTools in settings.json"},
    {"sourceFileMap", any, "", "substitutePath"},
});

constexpr auto kCppdbg = std::to_array<AttributeRow>({
    {"program", string},
    {"args", array},
    {"targetArchitecture", string},
    {"cwd", string},
    {"setupCommands", array},
    {"postRemoteConnectCommands", array},
    {"customLaunchSetupCommands", array},
    {"launchCompleteCommand", string, "exec-run exec-continue None"},
    {"visualizerFile", string | array},
    {"svdPath", string},
    {"showDisplayString", boolean},
    {"environment", array},
    {"envFile", string},
    {"additionalSOLibSearchPath", string},
    {"MIMode", string, "gdb lldb"},
    {"miDebuggerPath", string},
    {"miDebuggerArgs", string},
    {"miDebuggerServerAddress", string},
    {"useExtendedRemote", boolean},
    {"stopAtEntry", boolean},
    {"debugServerPath", string},
    {"debugServerArgs", string},
    {"serverStarted", string},
    {"filterStdout", boolean},
    {"filterStderr", boolean},
    {"serverLaunchTimeout", number},
    {"coreDumpPath", string},
    {"externalConsole", boolean},
    {"avoidWindowsConsoleRedirection", boolean},
    {"sourceFileMap", object},
    {"logging", object},
    {"pipeTransport", object},
    {"symbolLoadInfo", object},
    {"stopAtConnect", boolean},
    {"hardwareBreakpoints", object},
    {"unknownBreakpointHandling", string, "throw stop"},
    {"debuginfod", object},
    {"variables", object},
    {"deploySteps", array},
    {"processId", string | number},
    {"env", any, "", "environment, a list of {\"name\": …, \"value\": …}"},
    {"stopOnEntry", any, "", "stopAtEntry"},
    {"console", any, "", "externalConsole"},
    {"substitutePath", any, "", "sourceFileMap"},
    {"gdbpath", any, "", "miDebuggerPath"},
    {"debugger_args", any, "", "miDebuggerArgs"},
    {"coreFilePath", any, "", "coreDumpPath"},
});

Takes kind_of(const JsonNode &node)
{
    switch (node.kind) {
    case JsonKind::string: return string;
    case JsonKind::number: return number;
    case JsonKind::object: return object;
    case JsonKind::array: return array;
    case JsonKind::literal: return boolean;
    }
    return any;
}

std::string takes_words(Takes takes)
{
    struct Word {
        Takes one;
        std::string_view words;
    };
    constexpr Word kWords[] = {{string, "a string"},
                               {boolean, "true or false"},
                               {number, "a number"},
                               {object, "an object"},
                               {array, "a list"}};
    std::string words;
    for (const Word &word : kWords)
        if (has(takes, word.one))
            words += fmt::format("{}{}", words.empty() ? "" : " or ", word.words);
    return words;
}

/// --log-output of dlv: "dap,rpc".
void lint_log_output(LintRun &run, const JsonNode &member)
{
    constexpr std::string_view kLayers = "debugger gdbwire lldbout debuglineerr rpc dap fncall minidump stack";
    for (std::string_view rest = member.text; !rest.empty();) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        if (const std::string_view word = rest.substr(0, end); !is_one_of(word, kLayers))
            run.report(LintRule::wrong_value, member.begin,
                       fmt::format("logOutput has no value \"{}\"; there are, joined by commas: {}", word, kLayers));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

void lint_value(LintRun &run, const JsonNode &member, const AttributeRow &row)
{
    if (row.name == "logOutput" && member.string() && member.text.find("${") == std::string::npos)
        return lint_log_output(run, member);
    if (member.is_literal("null") || (member.string() && member.text.find("${") != std::string::npos))
        return; // as if it were not there; put in when the session starts
    if (!has(row.takes, kind_of(member))) {
        const bool quoted = member.string() && has(row.takes, boolean | number);
        run.report(LintRule::wrong_type, member.begin,
                   fmt::format("{} takes {}{}", row.name, takes_words(row.takes),
                               quoted ? fmt::format(", not a string: write {} without quotes",
                                                    member.text.empty() ? "it" : member.text)
                                      : ""));
    } else if (member.string() && !row.values.empty() && !member.text.empty() && !is_one_of(member.text, row.values))
        run.report(LintRule::wrong_value, member.begin,
                   fmt::format("{} has no value \"{}\"; there are: {}", row.name, member.text, row.values));
}

const AttributeRow *find_row(std::span<const AttributeRow> table, std::string_view name)
{
    for (const auto part : {table, std::span<const AttributeRow>(kVscode)})
        if (const auto row = std::ranges::find(part, name, &AttributeRow::name); row != part.end())
            return &*row;
    return nullptr;
}

void lint_name(LintRun &run, const JsonNode &member, std::span<const AttributeRow> table, std::string_view who)
{
    std::vector<std::string> known;
    for (const auto part : {std::span<const AttributeRow>(kVscode), table})
        for (const AttributeRow &row : part)
            if (row.instead.empty())
                known.emplace_back(row.name);
    const std::string near = suggest(member.key, known);
    if (near.empty())
        run.report(LintRule::unknown_attribute, member.key_begin,
                   fmt::format("\"{}\" is known neither to VS Code nor to {}", member.key, who));
    else
        run.report(LintRule::misspelt_attribute, member.key_begin,
                   fmt::format("unknown attribute \"{}\" (did you mean \"{}\"?)", member.key, near));
}

} // namespace

std::span<const AttributeRow> go_attributes()
{
    return kGo;
}

std::span<const AttributeRow> cppdbg_attributes()
{
    return kCppdbg;
}

bool is_one_of(std::string_view word, std::string_view values)
{
    while (!values.empty()) {
        const std::size_t end = std::min(values.find(' '), values.size());
        if (values.substr(0, end) == word)
            return true;
        values.remove_prefix(std::min(end + 1, values.size()));
    }
    return false;
}

void lint_attributes(LintRun &run, const JsonNode &configuration, std::span<const AttributeRow> table,
                     std::string_view who, bool names)
{
    for (const JsonNode &member : configuration.children) {
        const AttributeRow *row = find_row(table, member.key);
        if (row == nullptr && names)
            lint_name(run, member, table, who);
        else if (row != nullptr && !row->instead.empty() && names)
            run.report(
                LintRule::foreign_attribute, member.key_begin,
                fmt::format("{} does nothing here, it is another debugger's; write {}", member.key, row->instead));
        else if (row != nullptr)
            lint_value(run, member, *row);
    }
}

} // namespace dbgscope
