// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "dbgscope/profile.hpp"
#include "tools/editor/lint_schema.hpp"

namespace dbgscope {
namespace {

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
            if (const JsonNode *member = configuration.find(name); member != nullptr && member->string() != "")
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

bool is_source(std::string_view program)
{
    return program.ends_with(".go") || program.ends_with(".c") || program.ends_with(".cpp");
}

/// How the program is found and started.
void lint_paths(LintRun &run, const JsonNode &configuration)
{
    const std::string_view mode = string_of(configuration, "mode");
    const bool elsewhere = configuration.find("port") != nullptr || mode == "remote";
    if (elsewhere)
        return; // paths of another machine, or of another process
    if (configuration.find("preLaunchTask") != nullptr || configuration.find("build") != nullptr)
        return;                                                              // they may make them
    if (!(mode == "exec" && is_source(string_of(configuration, "program")))) // that has been said
        lint_path(run, configuration.find("program"), mode == "exec" ? Wanted::executable : Wanted::any, "program",
                  mode == "exec");
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

/// What a mode cannot do without, and what it cannot be.
void lint_mode(LintRun &run, const JsonNode &configuration)
{
    const std::string_view mode = string_of(configuration, "mode"), request = string_of(configuration, "request");
    const auto given = [&](std::string_view name) {
        const JsonNode *member = configuration.find(name);
        return member != nullptr && member->string() != "";
    };
    const auto wants = [&](std::string_view wanted_by, std::string_view name) {
        if (mode == wanted_by && !given(name))
            run.report(LintRule::missing_attribute, configuration.find("mode")->begin,
                       fmt::format("mode {} needs {}", mode, name));
    };
    if (request == "launch") {
        wants("exec", "program");
        wants("core", "program");
        wants("core", "coreFilePath");
        wants("replay", "traceDirPath");
    }
    const bool remote = request == "launch" && mode == "remote";
    if (remote)
        run.report(LintRule::wrong_request, configuration.find("mode")->begin,
                   "mode remote joins a session that runs already; write \"request\": \"attach\"");
    if ((request == "launch" && mode == "local") ||
        (request == "attach" && !mode.empty() && is_one_of(mode, "auto debug test exec replay core")))
        run.report(LintRule::wrong_value, configuration.find("mode")->begin,
                   fmt::format("mode {} is for \"request\": \"{}\"", mode, request == "launch" ? "attach" : "launch"));
    if (const std::string_view program = string_of(configuration, "program"); mode == "exec" && is_source(program))
        run.report(LintRule::source_as_program, configuration.find("program")->begin,
                   "mode exec runs a program that is built already; for a source file write \"mode\": \"debug\"");
}

/// dlv's own words: "cannot unmarshal number into "args" of type string".
void lint_words(LintRun &run, const JsonNode &configuration)
{
    for (const std::string_view name : {"args", "buildFlags", "dlvFlags"})
        if (const JsonNode *list = configuration.find(name); list != nullptr && list->kind == JsonKind::array)
            for (const JsonNode &word : list->children)
                if (!word.string())
                    run.report(LintRule::wrong_type, word.begin,
                               fmt::format("{} is a list of strings; write it in quotes", name));
}

/// A test program takes go test's flags with test. before them: "flag provided but not defined: -run".
void lint_test_args(LintRun &run, const JsonNode &configuration)
{
    constexpr std::string_view kTestFlags =
        "bench benchmem benchtime blockprofile count coverprofile cpu cpuprofile failfast fuzz fuzztime list "
        "memprofile mutexprofile outputdir parallel run short shuffle skip timeout trace v blockprofilerate "
        "memprofilerate mutexprofilefraction fuzzminimizetime fullpath";
    constexpr std::string_view kBuildFlags =
        "race msan asan cover covermode coverpkg tags ldflags gcflags mod modfile json vet";
    const JsonNode *args = configuration.find("args");
    const std::string_view mode = string_of(configuration, "mode");
    const bool test = mode == "test" || (mode == "auto" && string_of(configuration, "program").ends_with("_test.go"));
    if (args == nullptr || !test)
        return;
    std::vector<std::pair<std::size_t, std::string>> words; // where each stands
    for (const JsonNode &arg : args->children)
        words.emplace_back(arg.begin, arg.string().value_or(""));
    if (args->string())
        for (std::string &word : flag_words(args->text))
            words.emplace_back(args->begin, std::move(word));
    for (const auto &[offset, text] : words) {
        const std::string_view word = text;
        const std::string_view name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
        if (word == "--" || word == "-args" || word == "--args")
            return;
        if (word.starts_with('-') && is_one_of(name.substr(0, name.find('=')), kTestFlags))
            run.report(LintRule::test_flag, offset,
                       fmt::format("a test program does not know {}; write -test.{}", word, name));
        else if (word.starts_with('-') && is_one_of(name.substr(0, name.find('=')), kBuildFlags))
            run.report(LintRule::test_flag, offset,
                       fmt::format("{} is for go test, not for the test program; {}", word,
                                   name == "json" ? "take it out" : "write it in buildFlags"));
    }
}

void lint_settings_of_launch(LintRun &run, const JsonNode &configuration, Adapter adapter)
{
    if (const JsonNode *port = configuration.find("port"); port != nullptr && port->text != "0" &&
                                                           adapter == Adapter::dlv_dap &&
                                                           string_of(configuration, "mode") != "remote")
        run.report(
            LintRule::external_server, port->key_begin,
            "with a port VS Code connects to a \"dlv dap\" that runs already, and starts nothing: take port out to "
            "have it start dlv; else dbgscope has to be on the command line that started that one");
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

void lint_substitute_path(LintRun &run, const JsonNode &configuration)
{
    const JsonNode *list = configuration.find("substitutePath");
    if (list == nullptr)
        return;
    constexpr std::string_view kForm = "write [{\"from\": \"${workspaceFolder}\", \"to\": \"/path/of/the/build\"}]";
    const auto is_string = [](const JsonNode &entry, std::string_view name) {
        const JsonNode *member = entry.find(name);
        return member != nullptr && member->string().has_value();
    };
    if (list->kind != JsonKind::array) // wrong_type has said so
        return;
    for (const JsonNode &entry : list->children)
        if (entry.kind != JsonKind::object || !is_string(entry, "from") || !is_string(entry, "to"))
            run.report(LintRule::substitute_path, entry.begin,
                       fmt::format("dlv refuses an entry without both from and to; {}", kForm));
}

void lint_go_configuration(LintRun &run, const JsonNode &configuration)
{
    const Adapter adapter = adapter_of(configuration);
    lint_attributes(run, configuration, go_attributes(), "its Go extension nor to dlv", true);
    lint_mode(run, configuration);
    lint_substitute_path(run, configuration);
    lint_words(run, configuration);
    lint_test_args(run, configuration);
    lint_adapter(run, configuration, adapter);
    lint_newer(run, configuration);
    lint_dlv_flags(run, configuration, adapter);
    lint_build_flags(run, configuration);
    lint_settings_of_launch(run, configuration, adapter);
    lint_paths(run, configuration);
    lint_task_names(run, configuration);
    if (adapter == Adapter::dlv_dap && run.context.dlv && *run.context.dlv >= ToolVersion{1, 27, 1})
        lint_dap_loads(run, configuration);
    const bool built_here = string_of(configuration, "mode") != "exec" && configuration.find("port") == nullptr;
    if (const JsonNode *environment = configuration.find("env");
        environment != nullptr && string_of(configuration, "request") == "launch")
        lint_environment(run, *environment, built_here ? run.context.go_minor : std::nullopt,
                         adapter == Adapter::dlv_dap);
}

void lint_zed_go(LintRun &run, const JsonNode &entry)
{
    lint_attributes(run, entry, go_attributes(), "Zed", false);
    lint_mode(run, entry);
    lint_substitute_path(run, entry);
    lint_words(run, entry);
    lint_test_args(run, entry);
    lint_dlv_flags(run, entry, Adapter::dlv_dap);
    lint_build_flags(run, entry);
    lint_paths(run, entry);
    if (const JsonNode *environment = entry.find("env"))
        lint_environment(run, *environment, std::nullopt, true);
}

} // namespace dbgscope
