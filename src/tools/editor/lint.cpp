// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/lint.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "profile/load.hpp"
#include "profile/settings_file.hpp"
#include "tools/editor/lint_report.hpp"
#include "tools/editor/replace_file.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

TextPlace place_in(const FilePlace &place)
{
    return {place.line, place.column};
}

LintFinding syntax_finding(const Error &error)
{
    return {LintRule::syntax, place_in(error.place), error.cause + (error.hint.empty() ? "" : " (" + error.hint + ")")};
}

void lint_duplicates(LintRun &run, const JsonNode &node)
{
    std::set<std::string_view> seen;
    for (const JsonNode &child : node.children) {
        if (node.kind == JsonKind::object && !seen.insert(child.key).second)
            run.report(LintRule::duplicate_key, child.key_begin,
                       fmt::format("\"{}\" stands here already; only the last one counts", child.key));
        lint_duplicates(run, child);
    }
}

void lint_configurations(LintRun &run, const JsonNode *launch)
{
    const JsonNode *list = launch == nullptr ? nullptr : launch->find("configurations");
    for (const JsonNode &configuration : list == nullptr ? std::vector<JsonNode>{} : list->children) {
        const std::string_view type = string_of(configuration, "type");
        if (type == "go")
            lint_go_configuration(run, configuration);
        if (type == "cppdbg")
            lint_cppdbg_configuration(run, configuration);
    }
}

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
    const bool legacy = string_of(config, "debugAdapter") == "legacy";
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

void lint_go_settings(LintRun &run, const JsonNode &root)
{
    const JsonNode *tools = root.find("go.alternateTools");
    lint_alternate_tool(run, tools == nullptr ? nullptr : tools->find("dlv"));
    if (const JsonNode *config = root.find("go.delveConfig"))
        lint_delve_config(run, *config);
    if (const JsonNode *variables = root.find("go.toolsEnvVars"))
        lint_environment(run, *variables, run.context.go_minor, false);
}

std::vector<LintFinding> lint_json(std::string_view text, const std::string &file, const LintContext &context,
                                   bool settings)
{
    const auto root = parse_jsonc(text, file);
    if (!root)
        return {syntax_finding(root.error())};
    if (!*root)
        return {};
    LintRun run{.text = text, .context = context};
    lint_duplicates(run, **root);
    lint_configurations(run, settings ? (*root)->find("launch") : &**root);
    if (settings)
        lint_go_settings(run, **root);
    std::ranges::stable_sort(run.findings, {},
                             [](const LintFinding &each) { return std::pair(each.place.line, each.place.column); });
    return std::move(run.findings);
}

/// dbgscope's own: what its parser refuses, then the values that only Go would refuse.
Result<std::vector<LintFinding>> lint_own(const std::string &path, const LintContext &context)
{
    if (const auto checked = check_file(path); !checked) {
        if (checked.error().place.line == 0)
            return fail(checked.error());
        return std::vector<LintFinding>{syntax_finding(checked.error())};
    }
    const auto config = read_config(path);
    const auto settings = config ? parse_settings(config->text, path, FileRole::config) : fail(config.error());
    if (!settings)
        return fail(settings.error());
    LintRun run{.text = "", .context = context};
    const auto judge = [&](const FileSetting &setting, std::string_view name, std::string_view value) {
        const std::size_t before = run.findings.size();
        lint_variable(run, 0, name, value, context.go_minor);
        for (std::size_t i = before; i < run.findings.size(); ++i)
            run.findings[i].place = place_in(setting.place);
    };
    for (const FileSetting &setting : *settings) {
        const auto *items = std::get_if<std::vector<std::string>>(&setting.value);
        for (const std::string &item : items == nullptr ? std::vector<std::string>{} : *items) {
            const std::size_t equals = item.find('=');
            if (setting.key == Key::setenv && equals != std::string::npos)
                judge(setting, item.substr(0, equals), item.substr(equals + 1));
            if (setting.key == Key::go_debug)
                judge(setting, "GODEBUG", item);
        }
    }
    return std::move(run.findings);
}

} // namespace

std::vector<LintFinding> lint_launch(std::string_view text, const std::string &file, const LintContext &context)
{
    return lint_json(text, file, context, false);
}

std::vector<LintFinding> lint_settings(std::string_view text, const std::string &file, const LintContext &context)
{
    return lint_json(text, file, context, true);
}

Result<std::vector<LintFinding>> lint_file(const std::string &path, LintContext context)
{
    const fs::path name = fs::path(path).filename();
    if (name.extension() == ".yaml" || name.extension() == ".yml")
        return lint_own(path, context);
    if (name.extension() != ".json" && name.extension() != ".jsonc")
        return fail({.kind = ErrorKind::usage,
                     .operation = "lint",
                     .subject = path,
                     .cause = "neither *.json nor *.yaml",
                     .hint = "it checks launch.json, settings.json and dbgscope's own configuration"});
    const auto file = take_snapshot(path);
    if (!file)
        return fail(file.error());
    if (!file->exists)
        return fail(errno_error(ENOENT, "read", path));
    const fs::path folder = fs::absolute(path).lexically_normal().parent_path();
    if (folder.filename() == ".vscode")
        context.workspace_folder = folder.parent_path().string();
    if (name == "launch.json")
        return lint_launch(file->text, path, context);
    const auto root = parse_jsonc(file->text, path);
    const bool launch = name != "settings.json" && root && *root && (*root)->find("configurations") != nullptr;
    return lint_json(file->text, path, context, !launch);
}

} // namespace dbgscope
