// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/profile.hpp"
#include "tools/editor/lint_schema.hpp"

// Tasks of VS Code, and who names them.
namespace dbgscope {
namespace {

/// "go: build package" and "npm: test" come from extensions, ${defaultBuildTask} from VS Code itself.
bool from_elsewhere(std::string_view name)
{
    return name.find(": ") != std::string_view::npos || name.find("${") != std::string_view::npos;
}

void lint_task_name(LintRun &run, const JsonNode *name, const std::vector<std::string> &labels)
{
    if (name == nullptr || !name->string() || name->text.empty() || from_elsewhere(name->text) ||
        std::ranges::find(labels, name->text) != labels.end())
        return;
    const std::string near = suggest(name->text, labels);
    run.report(LintRule::unknown_name, name->begin,
               fmt::format("tasks.json has no task \"{}\"{}", name->text,
                           near.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", near)));
}

/// The words of its command line, where that is go build or go install.
std::vector<std::string> go_build_words(const JsonNode &task)
{
    std::vector<std::string> words = flag_words(string_of(task, "command"));
    if (const JsonNode *args = task.find("args"))
        for (const JsonNode &arg : args->children)
            words.push_back(arg.kind == JsonKind::object ? std::string(string_of(arg, "value")) : arg.text);
    const auto go =
        std::ranges::find_if(words, [](std::string_view word) { return word == "go" || word.ends_with("/go"); });
    if (string_of(task, "type") == "go") // the Go extension's own task: command is what follows "go"
        return words;
    const bool builds = std::ranges::find(go, words.end(), "build") != words.end() ||
                        std::ranges::find(go, words.end(), "install") != words.end();
    return builds ? words : std::vector<std::string>{};
}

} // namespace

std::vector<std::string> task_labels(const JsonNode &tasks)
{
    std::vector<std::string> labels;
    const JsonNode *list = tasks.find("tasks");
    for (const JsonNode &task : list == nullptr ? std::vector<JsonNode>{} : list->children)
        for (const std::string_view key : {"label", "taskName"})
            if (const std::string_view label = string_of(task, key); !label.empty())
                labels.emplace_back(label);
    return labels;
}

void lint_task_names(LintRun &run, const JsonNode &configuration)
{
    if (run.context.tasks)
        for (const std::string_view key : {"preLaunchTask", "postDebugTask"})
            lint_task_name(run, configuration.find(key), *run.context.tasks);
}

void lint_tasks(LintRun &run, const JsonNode &tasks)
{
    constexpr AttributeRow kAttributes[] = {
        {"label", Takes::string},        {"type", Takes::string},
        {"args", Takes::array},          {"dependsOn", Takes::string | Takes::array | Takes::object},
        {"options", Takes::object},      {"isBackground", Takes::boolean},
        {"presentation", Takes::object}, {"dependsOrder", Takes::string, "parallel sequence"},
        {"problemMatcher", Takes::any},  {"detail", Takes::string},
    };
    const std::vector<std::string> labels = task_labels(tasks);
    const JsonNode *list = tasks.find("tasks");
    for (const JsonNode &task : list == nullptr ? std::vector<JsonNode>{} : list->children) {
        lint_attributes(run, task, kAttributes, "VS Code", false);
        const std::string_view type = string_of(task, "type");
        if ((type == "shell" || type == "process") && string_of(task, "label").empty() &&
            task.find("taskName") == nullptr)
            run.report(LintRule::missing_attribute, task.begin,
                       "a task needs a label: nothing can name it without one");
        if (const JsonNode *others = task.find("dependsOn")) {
            lint_task_name(run, others, labels);
            for (const JsonNode &other : others->kind == JsonKind::array ? others->children : std::vector<JsonNode>{})
                lint_task_name(run, &other, labels);
        }
        if (const JsonNode *command = task.find("command"))
            lint_go_flags(run, command->begin, go_build_words(task), "the task");
        const JsonNode *options = task.find("options");
        if (const JsonNode *environment = options == nullptr ? nullptr : options->find("env"))
            lint_environment(run, *environment, run.context.go_minor, false);
    }
}

} // namespace dbgscope
