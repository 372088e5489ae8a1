// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "tools/editor/lint_schema.hpp"

// Settings of the Go extension, wherever they stand.
namespace dbgscope {
namespace {

namespace fs = std::filesystem;

/// go.delveConfig in the extension's package.json.
constexpr AttributeRow kDelveConfig[] = {
    {"dlvLoadConfig", Takes::object},
    {"apiVersion", Takes::number},
    {"showGlobalVariables", Takes::boolean},
    {"showRegisters", Takes::boolean},
    {"hideSystemGoroutines", Takes::boolean},
    {"showPprofLabels", Takes::array},
    {"goroutineFilters", Takes::string},
    {"debugAdapter", Takes::string, "legacy dlv-dap"},
    {"substitutePath", Takes::array},
    {"dlvFlags", Takes::array},
    {"showLog", Takes::boolean},
    {"logOutput", Takes::string},
};

/// devcontainer.json, of containers.dev.
constexpr AttributeRow kDevcontainer[] = {
    {"runArgs", Takes::array},        {"capAdd", Takes::array},    {"securityOpt", Takes::array},
    {"privileged", Takes::boolean},   {"init", Takes::boolean},    {"containerEnv", Takes::object},
    {"remoteEnv", Takes::object},     {"features", Takes::object}, {"customizations", Takes::object},
    {"forwardPorts", Takes::array},   {"mounts", Takes::array},    {"remoteUser", Takes::string},
    {"containerUser", Takes::string}, {"image", Takes::string},
};

/// A link to dbgscope where `go install` and the extension write: the next update puts a plain dlv there.
void lint_alternate_tool(LintRun &run, const JsonNode *dlv)
{
    const std::string path = dlv == nullptr ? "" : std::string(dlv->string().value_or(""));
    if (!path.starts_with('/') && !path.starts_with("~/") && !path.starts_with("${workspaceFolder}"))
        return; // a name, looked up in PATH
    lint_path(run, dlv, Wanted::executable, "go.alternateTools.dlv");
    const fs::path resolved(resolved_path(run.context, path));
    std::error_code code;
    const bool ours = fs::is_symlink(resolved, code) && fs::canonical(resolved, code).filename() == "dbgscope";
    if (ours &&
        std::ranges::find(run.context.tool_bins, resolved.parent_path().string()) != run.context.tool_bins.end())
        run.report(LintRule::overwritten_link, dlv->begin,
                   fmt::format("tool updates put a plain dlv in place of this link to dbgscope; keep it outside {}",
                               resolved.parent_path().string()));
}

void lint_delve_config(LintRun &run, const JsonNode &config)
{
    lint_attributes(run, config, kDelveConfig, "the Go extension", false);
    lint_substitute_path(run, config);
    const bool legacy = string_of(config, "debugAdapter") == "legacy";
    lint_dlv_flags(run, config, legacy ? Adapter::legacy : Adapter::dlv_dap);
    if (legacy)
        run.report(LintRule::legacy_adapter, config.find("debugAdapter")->begin,
                   "the legacy adapter is deprecated; dlv-dap is the default");
    const JsonNode *load = config.find("dlvLoadConfig");
    if (legacy && load != nullptr)
        lint_load_config(run, *load);
    if (!legacy)
        for (const std::string_view name : {"dlvLoadConfig", "apiVersion", "useApiV1"})
            if (const JsonNode *member = config.find(name))
                run.report(LintRule::ignored_attribute, member->key_begin,
                           fmt::format("{} has no effect with dlv-dap, the default adapter", name));
}

} // namespace

void lint_go_settings(LintRun &run, const JsonNode &root)
{
    const JsonNode *tools = root.find("go.alternateTools");
    lint_alternate_tool(run, tools == nullptr ? nullptr : tools->find("dlv"));
    if (const JsonNode *config = root.find("go.delveConfig"))
        lint_delve_config(run, *config);
    for (const std::string_view name : {"go.buildFlags", "go.testFlags"}) // what "debug test" builds with
        if (const JsonNode *flags = root.find(name)) {
            std::vector<std::string> words;
            for (const JsonNode &flag : flags->children)
                words.push_back(flag.text);
            lint_go_flags(run, flags->begin, words, name);
        }
    for (const std::string_view name : {"go.toolsEnvVars", "go.testEnvVars", "terminal.integrated.env.linux"})
        if (const JsonNode *variables = root.find(name))
            lint_environment(run, *variables, run.context.go_minor, false);
    lint_launch_object(run, root.find("launch"));
}

/// The settings a container gets, and its variables; before 2022 "settings" stood outside.
void lint_devcontainer(LintRun &run, const JsonNode &root)
{
    lint_attributes(run, root, kDevcontainer, "the dev container", false);
    if (const JsonNode *words = root.find("runArgs"))
        for (const JsonNode &word : words->children)
            if (const auto blank = word.text.find(' '); word.text.starts_with('-') && blank < word.text.find('='))
                run.report(LintRule::joined_flags, word.begin,
                           fmt::format("\"{}\" is one word for docker, which knows no such flag; write each part in "
                                       "quotes of its own, or with =",
                                       word.text));
    const JsonNode *tools = root.find("customizations");
    const JsonNode *vscode = tools == nullptr ? nullptr : tools->find("vscode");
    for (const JsonNode *settings : {root.find("settings"), vscode == nullptr ? nullptr : vscode->find("settings")})
        if (settings != nullptr)
            lint_go_settings(run, *settings);
    for (const std::string_view name : {"containerEnv", "remoteEnv"})
        if (const JsonNode *variables = root.find(name))
            lint_environment(run, *variables, std::nullopt, false);
}

} // namespace dbgscope
