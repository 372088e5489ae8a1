// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "dbgscope/profile.hpp"
#include "tools/editor/lint_report.hpp"

namespace dbgscope {
namespace {

/// What VS Code itself, vscode-go and dlv's launch and attach requests know.
constexpr auto kKnown = std::to_array<std::string_view>({
    "type",
    "name",
    "request",
    "presentation",
    "preLaunchTask",
    "postDebugTask",
    "internalConsoleOptions",
    "debugServer",
    "serverReadyAction",
    "windows",
    "linux",
    "osx",
    "noDebug",
    "suppressMultipleSessionWarning",
    "debugAdapter",
    "program",
    "mode",
    "traceDirPath",
    "coreFilePath",
    "stopOnEntry",
    "args",
    "showLog",
    "cwd",
    "env",
    "substitutePath",
    "buildFlags",
    "dlvFlags",
    "port",
    "host",
    "trace",
    "envFile",
    "backend",
    "output",
    "logOutput",
    "logDest",
    "dlvLoadConfig",
    "apiVersion",
    "useApiV1",
    "stackTraceDepth",
    "showGlobalVariables",
    "showRegisters",
    "hideSystemGoroutines",
    "goroutineFilters",
    "showPprofLabels",
    "console",
    "asRoot",
    "processId",
    "remotePath",
    "dlvToolPath",
    "dlvCwd",
    "outputMode",
    "guessSubstitutePath",
    "followExec",
    "followExecRegex",
    "stdinFrom",
    "stdoutTo",
    "stderrTo",
    "waitFor",
    "maxStringLen",
    "maxArrayValues",
    "packagePathToGoModPathMap",
});

/// Attributes that dlv took up later, with the version.
struct Newer {
    std::string_view name;
    ToolVersion since;
};
constexpr auto kNewer = std::to_array<Newer>({
    {"outputMode", {1, 21, 1}},
    {"waitFor", {1, 22, 1}},
    {"guessSubstitutePath", {1, 24, 0}},
    {"followExec", {1, 26, 0}},
    {"followExecRegex", {1, 26, 0}},
    {"stdinFrom", {1, 26, 0}},
    {"stdoutTo", {1, 26, 0}},
    {"stderrTo", {1, 26, 0}},
    {"maxStringLen", {1, 27, 1}},
    {"maxArrayValues", {1, 27, 1}},
});
constexpr ToolVersion kApi1Removed{1, 24, 0};

/// A remote session falls back to the legacy adapter when dlv cannot guess its paths: not to be known here.
Adapter adapter_of(const JsonNode &configuration)
{
    const std::string_view chosen = string_of(configuration, "debugAdapter");
    if (chosen == "legacy")
        return Adapter::legacy;
    if (chosen == "dlv-dap" || string_of(configuration, "mode") != "remote")
        return Adapter::dlv_dap;
    return Adapter::unknown;
}

void lint_names(LintRun &run, const JsonNode &configuration)
{
    const std::vector<std::string> known(kKnown.begin(), kKnown.end());
    for (const JsonNode &member : configuration.children) {
        if (std::ranges::find(kKnown, member.key) != kKnown.end())
            continue;
        const std::string near = suggest(member.key, known);
        if (near.empty())
            run.report(
                LintRule::unknown_attribute, member.key_begin,
                fmt::format("\"{}\" is known neither to VS Code nor to its Go extension nor to dlv", member.key));
        else
            run.report(LintRule::misspelt_attribute, member.key_begin,
                       fmt::format("unknown attribute \"{}\" (did you mean \"{}\"?)", member.key, near));
    }
}

void lint_adapter(LintRun &run, const JsonNode &configuration, Adapter adapter)
{
    if (adapter == Adapter::legacy)
        run.report(LintRule::legacy_adapter, configuration.find("debugAdapter")->begin,
                   "the legacy adapter is deprecated; dlv-dap is the default");
    if (const JsonNode *tool = configuration.find("dlvToolPath"))
        run.report(LintRule::ignored_attribute, tool->key_begin,
                   "dlvToolPath is overwritten by the extension; set go.alternateTools.dlv in settings.json");
    if (adapter == Adapter::dlv_dap)
        for (const std::string_view name : {"dlvLoadConfig", "apiVersion", "useApiV1", "remotePath"})
            if (const JsonNode *member = configuration.find(name))
                run.report(LintRule::ignored_attribute, member->key_begin,
                           fmt::format("{} has no effect with dlv-dap, the default adapter{}", name,
                                       name == "remotePath" ? "; write substitutePath" : ""));
    if (const JsonNode *load = configuration.find("dlvLoadConfig"); load != nullptr && adapter != Adapter::dlv_dap)
        lint_load_config(run, *load);
    const JsonNode *api = configuration.find("apiVersion");
    if (adapter == Adapter::legacy && api != nullptr && api->text == "1" && run.context.dlv &&
        *run.context.dlv >= kApi1Removed)
        run.report(LintRule::removed_api, api->begin,
                   fmt::format("API version 1 was removed in dlv {}; this one is {}", version_text(kApi1Removed),
                               version_text(*run.context.dlv)));
}

void lint_newer(LintRun &run, const JsonNode &configuration)
{
    if (!run.context.dlv)
        return;
    for (const Newer &newer : kNewer)
        if (const JsonNode *member = configuration.find(newer.name);
            member != nullptr && *run.context.dlv < newer.since)
            run.report(LintRule::newer_attribute, member->key_begin,
                       fmt::format("{} is there from dlv {} on; {} takes no notice of it", newer.name,
                                   version_text(newer.since), version_text(*run.context.dlv)));
}

/// How the program is found and started.
void lint_paths(LintRun &run, const JsonNode &configuration)
{
    const std::string_view mode = string_of(configuration, "mode");
    const bool elsewhere = configuration.find("port") != nullptr || mode == "remote";
    if (elsewhere)
        return; // paths of another machine, or of another process
    if (configuration.find("preLaunchTask") != nullptr)
        return; // it may make them
    lint_path(run, configuration.find("program"), mode == "exec" ? Wanted::executable : Wanted::any, "program");
    lint_path(run, configuration.find("cwd"), Wanted::directory, "cwd");
    lint_path(run, configuration.find("coreFilePath"), Wanted::any, "coreFilePath");
    const JsonNode *files = configuration.find("envFile");
    if (files == nullptr)
        return;
    const auto absolute = [](const JsonNode &node) {
        return !node.text.empty() && std::string_view("/$~").contains(node.text[0]);
    };
    if (files->string() && absolute(*files))
        lint_path(run, files, Wanted::any, "envFile");
    for (const JsonNode &file : files->children)
        if (file.string() && absolute(file))
            lint_path(run, &file, Wanted::any, "envFile");
}

/// dlv before 1.22.2 and any wrapper get the list joined by blanks, so that a blank inside a flag splits it.
void lint_build_flags(LintRun &run, const JsonNode &configuration)
{
    const JsonNode *flags = configuration.find("buildFlags");
    if (flags == nullptr || flags->kind != JsonKind::array)
        return;
    for (const JsonNode &flag : flags->children)
        if (flag.text.find(' ') != std::string::npos && flag.text.find_first_of("'\"") == std::string::npos)
            run.report(LintRule::build_flags_joined, flag.begin,
                       fmt::format("through a wrapper, and before dlv 1.22.2, the list is joined by blanks and \"{}\" "
                                   "falls apart; write one string with quotes: \"-ldflags='…'\"",
                                   flag.text));
}

void lint_settings_of_launch(LintRun &run, const JsonNode &configuration, Adapter adapter)
{
    if (const JsonNode *port = configuration.find("port");
        port != nullptr && adapter == Adapter::dlv_dap && string_of(configuration, "mode") != "remote")
        run.report(
            LintRule::external_server, port->key_begin,
            "with a port VS Code connects to a \"dlv dap\" that runs already: it starts nothing, so dbgscope has "
            "to be on the command line that started it");
    if (const JsonNode *dest = configuration.find("logDest"); dest != nullptr && adapter == Adapter::dlv_dap &&
                                                              !dest->text.empty() && !dest->text.starts_with('/') &&
                                                              !dest->text.starts_with("${"))
        run.report(LintRule::log_dest, dest->begin, "logDest takes an absolute path only");
    const JsonNode *root = configuration.find("asRoot");
    const std::string_view console = string_of(configuration, "console");
    if (root != nullptr && root->is_literal("true") && console != "integratedTerminal" &&
        console != "externalTerminal" && console.find("${") == std::string_view::npos)
        run.report(LintRule::as_root, root->key_begin,
                   "asRoot takes effect only with \"console\": \"integratedTerminal\" or \"externalTerminal\"");
}

/// From dlv 1.27.1 on launch attributes.
void lint_dap_loads(LintRun &run, const JsonNode &configuration)
{
    if (configuration.find("maxStringLen") != nullptr || configuration.find("maxArrayValues") != nullptr)
        lint_load_config(run, configuration);
}

} // namespace

void lint_go_configuration(LintRun &run, const JsonNode &configuration)
{
    const Adapter adapter = adapter_of(configuration);
    lint_names(run, configuration);
    lint_adapter(run, configuration, adapter);
    lint_newer(run, configuration);
    lint_dlv_flags(run, configuration, adapter);
    lint_build_flags(run, configuration);
    lint_settings_of_launch(run, configuration, adapter);
    lint_paths(run, configuration);
    if (adapter == Adapter::dlv_dap && run.context.dlv && *run.context.dlv >= ToolVersion{1, 27, 1})
        lint_dap_loads(run, configuration);
    const bool built_here = string_of(configuration, "mode") != "exec" && configuration.find("port") == nullptr;
    if (const JsonNode *environment = configuration.find("env");
        environment != nullptr && string_of(configuration, "request") == "launch")
        lint_environment(run, *environment, built_here ? run.context.go_minor : std::nullopt,
                         adapter == Adapter::dlv_dap);
}

void lint_cppdbg_configuration(LintRun &run, const JsonNode &configuration)
{
    const bool elsewhere = configuration.find("pipeTransport") != nullptr;
    if (!elsewhere && configuration.find("preLaunchTask") == nullptr) {
        lint_path(run, configuration.find("program"), Wanted::any, "program");
        lint_path(run, configuration.find("cwd"), Wanted::directory, "cwd");
    }
    const JsonNode *server = configuration.find("debugServerPath");
    if (server == nullptr || !server->string() || server->text.empty())
        return;
    if (server->text.starts_with('/'))
        lint_path(run, server, Wanted::executable, "debugServerPath");
    const std::string line = server->text + " " + std::string(string_of(configuration, "debugServerArgs"));
    const JsonNode *stderr_too = configuration.find("filterStderr");
    if (line.find("gdbserver") != std::string::npos) {
        if (stderr_too == nullptr || !stderr_too->is_literal("true"))
            run.report(
                LintRule::server_stream, server->key_begin,
                "gdbserver says \"Listening on port\" on stderr, and cpptools reads stdout: the session fails after "
                "10 s; write \"filterStderr\": true");
        else if (configuration.find("serverStarted") == nullptr)
            run.report(LintRule::server_started, server->key_begin,
                       "without serverStarted the first line counts as ready, before gdbserver listens; write "
                       "\"serverStarted\": \"Listening on port\"");
    }
    const JsonNode *environment = configuration.find("environment");
    if (environment != nullptr && !environment->children.empty())
        run.report(
            LintRule::server_environment, environment->key_begin,
            "environment does not reach the program of a debugServerPath; use gdbserver --wrapper env NAME=VALUE --");
}

} // namespace dbgscope
