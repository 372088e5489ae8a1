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

/// VS Code starts nothing without these.
void lint_needed(LintRun &run, const JsonNode &configuration)
{
    for (const std::string_view name : {"type", "request"})
        if (configuration.kind == JsonKind::object && configuration.find(name) == nullptr)
            run.report(LintRule::missing_attribute, configuration.begin,
                       fmt::format("VS Code needs {} in each configuration", name));
}

} // namespace

void lint_launch_object(LintRun &run, const JsonNode *launch)
{
    const JsonNode *list = launch == nullptr ? nullptr : launch->find("configurations");
    if (list != nullptr && list->kind != JsonKind::array)
        return run.report(LintRule::wrong_type, list->begin, "configurations takes a list: [{…}, {…}]");
    for (const JsonNode &configuration : list == nullptr ? std::vector<JsonNode>{} : list->children) {
        const std::string_view type = string_of(configuration, "type");
        if (type == "go")
            lint_go_configuration(run, configuration);
        else if (type == "cppdbg")
            lint_cppdbg_configuration(run, configuration);
        else
            lint_task_names(run, configuration);
        lint_needed(run, configuration);
    }
    lint_compounds(run, launch);
}

namespace {

void lint_workspace(LintRun &run, const JsonNode &root)
{
    if (const JsonNode *settings = root.find("settings"))
        lint_go_settings(run, *settings);
    if (const JsonNode *tasks = root.find("tasks"))
        lint_tasks(run, *tasks);
    lint_launch_object(run, root.find("launch"));
}

/// A list of {"label": …, "adapter": "Delve", …}.
void lint_zed(LintRun &run, const JsonNode &root)
{
    for (const JsonNode &entry : root.children) {
        for (const std::string_view name : {"label", "adapter"})
            if (entry.kind == JsonKind::object && string_of(entry, name).empty())
                run.report(LintRule::missing_attribute, entry.begin, fmt::format("Zed needs {} in each entry", name));
        const std::string_view adapter = string_of(entry, "adapter");
        if (adapter == "delve" || adapter == "dlv" || adapter == "Dlv")
            run.report(LintRule::wrong_value, entry.find("adapter")->begin,
                       fmt::format("Zed has no adapter \"{}\"; write \"Delve\"", adapter));
        if (adapter == "Delve")
            lint_zed_go(run, entry);
    }
}

enum class JsonFile { launch, settings, tasks, devcontainer, workspace, zed };

void lint_by_kind(LintRun &run, const JsonNode &root, JsonFile kind)
{
    switch (kind) {
    case JsonFile::launch: return lint_launch_object(run, &root);
    case JsonFile::settings: return lint_go_settings(run, root);
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
    if (name == "c_cpp_properties.json" || name == ".vimspector.json")
        return std::nullopt; // they have "configurations", which are none of a debugger of VS Code
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

/// Whether a key at the left margin is one of ours, or much like one: other tools have *.yaml files as well.
bool has_own_keys(std::string_view text)
{
    std::vector<std::string> known{"profile"};
    for (const KeyInfo &info : key_table())
        known.emplace_back(info.name.substr(0, info.name.find('.')));
    bool any = false;
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const auto colon = line.find_first_of(": \t#");
        if (colon == 0 || colon == std::string_view::npos || line[colon] != ':' || line.starts_with('-'))
            continue;
        const std::string word(line.substr(0, colon));
        any = true;
        if (std::ranges::find(known, word) != known.end() || !suggest(word, known).empty())
            return true;
    }
    return !any;
}

/// dbgscope's own: what its parser refuses, then the values that only Go would refuse.
Result<std::vector<LintFinding>> lint_own(const std::string &path, const LintContext &context)
{
    if (const auto config = read_config(path); config && !has_own_keys(config->text))
        return fail(not_read(path, "none of its keys is one of dbgscope's"));
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
