// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/lint.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "dbgscope/profile.hpp"
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

/// A compound starts the configurations it names; an entry that is an object names one of another folder.
void lint_compounds(LintRun &run, const JsonNode *launch)
{
    const JsonNode *list = launch == nullptr ? nullptr : launch->find("configurations");
    const JsonNode *compounds = launch == nullptr ? nullptr : launch->find("compounds");
    std::vector<std::string> names;
    for (const JsonNode &configuration : list == nullptr ? std::vector<JsonNode>{} : list->children)
        names.emplace_back(string_of(configuration, "name"));
    for (const JsonNode &compound : compounds == nullptr ? std::vector<JsonNode>{} : compounds->children) {
        lint_task_names(run, compound);
        const JsonNode *parts = compound.find("configurations");
        for (const JsonNode &part : parts == nullptr ? std::vector<JsonNode>{} : parts->children) {
            if (!part.string() || std::ranges::find(names, part.text) != names.end())
                continue;
            const std::string near = suggest(part.text, names);
            run.report(LintRule::unknown_name, part.begin,
                       fmt::format("there is no configuration \"{}\"{}", part.text,
                                   near.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", near)));
        }
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
    lint_compounds(run, launch);
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
    for (const std::string_view name : {"go.buildFlags", "go.testFlags"}) // what "debug test" builds with
        if (const JsonNode *flags = root.find(name)) {
            std::vector<std::string> words;
            for (const JsonNode &flag : flags->children)
                words.push_back(flag.text);
            lint_go_flags(run, flags->begin, words, name);
        }
    if (const JsonNode *variables = root.find("go.toolsEnvVars"))
        lint_environment(run, *variables, run.context.go_minor, false);
}

/// The settings a container gets, and its variables; before 2022 "settings" stood outside.
void lint_devcontainer(LintRun &run, const JsonNode &root)
{
    const JsonNode *tools = root.find("customizations");
    const JsonNode *vscode = tools == nullptr ? nullptr : tools->find("vscode");
    for (const JsonNode *settings : {root.find("settings"), vscode == nullptr ? nullptr : vscode->find("settings")})
        if (settings != nullptr)
            lint_go_settings(run, *settings);
    for (const std::string_view name : {"containerEnv", "remoteEnv"})
        if (const JsonNode *variables = root.find(name))
            lint_environment(run, *variables, std::nullopt, false);
}

void lint_workspace(LintRun &run, const JsonNode &root)
{
    if (const JsonNode *settings = root.find("settings"))
        lint_go_settings(run, *settings);
    if (const JsonNode *tasks = root.find("tasks"))
        lint_tasks(run, *tasks);
    lint_configurations(run, root.find("launch"));
}

/// A list of {"label": …, "adapter": "Delve", …}.
void lint_zed(LintRun &run, const JsonNode &root)
{
    for (const JsonNode &entry : root.children) {
        for (const std::string_view name : {"label", "adapter"})
            if (entry.kind == JsonKind::object && string_of(entry, name).empty())
                run.report(LintRule::missing_attribute, entry.begin, fmt::format("Zed needs {} in each entry", name));
        if (string_of(entry, "adapter") == "Delve")
            lint_zed_go(run, entry);
    }
}

enum class JsonFile { launch, settings, tasks, devcontainer, workspace, zed };

void lint_by_kind(LintRun &run, const JsonNode &root, JsonFile kind)
{
    switch (kind) {
    case JsonFile::launch: return lint_configurations(run, &root);
    case JsonFile::settings: lint_configurations(run, root.find("launch")); return lint_go_settings(run, root);
    case JsonFile::tasks: return lint_tasks(run, root);
    case JsonFile::devcontainer: return lint_devcontainer(run, root);
    case JsonFile::workspace: return lint_workspace(run, root);
    case JsonFile::zed: return lint_zed(run, root);
    }
}

/// By its name, else by what is in it; nothing: none of those that can be read.
std::optional<JsonFile> kind_of_file(const fs::path &path, const JsonNode *root)
{
    const std::string name = path.filename().string();
    const bool zed = path.parent_path().filename() == ".zed" || (root != nullptr && root->kind == JsonKind::array);
    if (name == "debug.json" && zed)
        return JsonFile::zed;
    if (name == "launch.json")
        return JsonFile::launch;
    if (name == "settings.json")
        return JsonFile::settings;
    if (name == "tasks.json")
        return JsonFile::tasks;
    if (name == "devcontainer.json" || name == ".devcontainer.json")
        return JsonFile::devcontainer;
    if (path.extension() == ".code-workspace")
        return JsonFile::workspace;
    if (root == nullptr)
        return JsonFile::launch;
    if (root->find("configurations") != nullptr)
        return JsonFile::launch;
    if (root->kind == JsonKind::array && !root->children.empty() && root->children.front().find("adapter") != nullptr)
        return JsonFile::zed;
    if (root->find("launch") != nullptr ||
        std::ranges::any_of(root->children, [](const JsonNode &member) { return member.key.starts_with("go."); }))
        return JsonFile::settings;
    return std::nullopt;
}

std::vector<LintFinding> lint_json(std::string_view text, const std::string &file, const LintContext &context,
                                   JsonFile kind)
{
    const auto root = parse_jsonc(text, file);
    if (!root)
        return {syntax_finding(root.error())};
    if (!*root)
        return {};
    LintRun run{.text = text, .context = context};
    lint_duplicates(run, **root);
    lint_by_kind(run, **root, kind);
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

Error not_read(const std::string &path, std::string cause)
{
    return {
        .kind = ErrorKind::usage,
        .operation = "lint",
        .subject = path,
        .cause = std::move(cause),
        .hint =
            "it checks launch.json, settings.json, tasks.json, devcontainer.json, *.code-workspace, Zed's debug.json "
            "and dbgscope's own configuration"};
}

/// Of the tasks.json in `folder`; none where there is no such file, nothing where it cannot be read as one.
std::optional<std::vector<std::string>> labels_beside(const fs::path &folder)
{
    const std::string path = (folder / "tasks.json").string();
    const auto file = take_snapshot(path);
    if (!file)
        return std::nullopt;
    if (!file->exists)
        return std::vector<std::string>{};
    const auto root = parse_jsonc(file->text, path);
    return root && *root ? std::optional(task_labels(**root)) : std::nullopt;
}

} // namespace

std::vector<LintFinding> lint_launch(std::string_view text, const std::string &file, const LintContext &context)
{
    return lint_json(text, file, context, JsonFile::launch);
}

std::vector<LintFinding> lint_settings(std::string_view text, const std::string &file, const LintContext &context)
{
    return lint_json(text, file, context, JsonFile::settings);
}

Result<std::vector<LintFinding>> lint_file(const std::string &path, LintContext context)
{
    const fs::path name = fs::path(path).filename();
    if (name.extension() == ".yaml" || name.extension() == ".yml")
        return lint_own(path, context);
    if (name.extension() != ".json" && name.extension() != ".jsonc" && name.extension() != ".code-workspace")
        return fail(not_read(path, "neither *.json, *.code-workspace nor *.yaml"));
    const auto file = take_snapshot(path);
    if (!file)
        return fail(file.error());
    if (!file->exists)
        return fail(errno_error(ENOENT, "read", path));
    std::error_code code; // a working directory that is gone: what was given has to do
    const fs::path whole = fs::absolute(path, code), absolute = (code ? fs::path(path) : whole).lexically_normal(),
                   folder = absolute.parent_path();
    const auto root = parse_jsonc(file->text, path);
    const JsonNode *node = root && *root ? &**root : nullptr;
    const auto kind = kind_of_file(absolute, node);
    if (!kind)
        return fail(not_read(path, "neither its name nor what is in it is known"));
    if (folder.filename() == ".vscode" || folder.filename() == ".zed" || folder.filename() == ".devcontainer")
        context.workspace_folder = folder.parent_path().string();
    if (*kind == JsonFile::workspace)
        context.workspace_folder = folder.string();
    if (*kind == JsonFile::launch && folder.filename() == ".vscode")
        context.tasks = labels_beside(folder);
    if (*kind == JsonFile::workspace && node != nullptr && node->find("tasks") != nullptr)
        context.tasks = task_labels(*node->find("tasks"));
    return lint_json(file->text, path, context, *kind);
}

} // namespace dbgscope
