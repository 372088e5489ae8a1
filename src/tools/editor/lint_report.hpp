// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/editor/lint.hpp"

// The rooms inside lint: each function looks at one thing and reports.
namespace dbgscope {

/// One file under inspection.
struct LintRun {
    std::string_view text;
    const LintContext &context;
    std::vector<LintFinding> findings = {};

    void report(LintRule rule, std::size_t offset, std::string what)
    {
        findings.push_back({rule, place_of(text, offset), std::move(what)});
    }
};

/// Which adapter carries a Go configuration out. Unknown where the extension decides at run time.
enum class Adapter { dlv_dap, legacy, unknown };

/// One member of `launch.json`'s configurations with type "go".
void lint_go_configuration(LintRun &run, const JsonNode &configuration);
/// One with type "cppdbg".
void lint_cppdbg_configuration(LintRun &run, const JsonNode &configuration);
/// settings.json, and what stands for it in other files.
void lint_go_settings(LintRun &run, const JsonNode &root);
/// The settings a container gets, its variables, and how it is started; before 2022 "settings" stood outside.
void lint_devcontainer(LintRun &run, const JsonNode &root);
/// {"configurations": […], "compounds": […]}; null: there is none.
void lint_launch_object(LintRun &run, const JsonNode *launch);
/// Its substitutePath. dlv's own words: "'substitutePath' requires both 'from' and 'to' entries".
void lint_substitute_path(LintRun &run, const JsonNode &configuration);
/// dlvLoadConfig: how much the legacy adapter lets dlv read.
void lint_load_config(LintRun &run, const JsonNode &load);
/// An entry of Zed's debug.json whose adapter is Delve.
void lint_zed_go(LintRun &run, const JsonNode &entry);
/// `text` in words as a shell and dlv split them: blanks between quotes do not count; quotes stay. Not GOFLAGS.
[[nodiscard]] std::vector<std::string> flag_words(std::string_view text);
/// Flags of go build that take away what a debugger needs, quotes and all. `where`: "buildFlags", for the message.
void lint_go_flags(LintRun &run, std::size_t offset, const std::vector<std::string> &words, std::string_view where);
/// The variable, for a tool chain of Go 1.`go_minor` where that is known.
void lint_goflags(LintRun &run, std::size_t offset, std::string_view value, std::optional<int> go_minor);
void lint_build_flags(LintRun &run, const JsonNode &configuration);
/// preLaunchTask and postDebugTask against the labels there are.
void lint_task_names(LintRun &run, const JsonNode &configuration);
/// tasks.json, or the "tasks" of a *.code-workspace.
void lint_tasks(LintRun &run, const JsonNode &tasks);
[[nodiscard]] std::vector<std::string> task_labels(const JsonNode &tasks);
/// The words of dlvFlags under dlv-dap.
void lint_dlv_flags(LintRun &run, const JsonNode &configuration, Adapter adapter);

/// NAME=VALUE at `offset`, for a Go program built by Go 1.`go_minor` where that is known.
void lint_variable(LintRun &run, std::size_t offset, std::string_view name, std::string_view value,
                   std::optional<int> go_minor);
/// An object of variables. `strings_only`: dlv refuses other values.
void lint_environment(LintRun &run, const JsonNode &environment, std::optional<int> go_minor, bool strings_only);

/// What a path must lead to.
enum class Wanted { any, directory, executable };
/// A string member that names a file; one with variables other than ${workspaceFolder} is not judged. `built`: it comes
/// out of a build; below the workspace it may just not be there yet.
void lint_path(LintRun &run, const JsonNode *member, Wanted wanted, std::string_view what, bool built = false);
/// `text` with ${workspaceFolder} and ~ put in, absolute; empty where that cannot be known.
[[nodiscard]] std::string resolved_path(const LintContext &context, std::string_view text);

[[nodiscard]] inline std::string_view string_of(const JsonNode &object, std::string_view key)
{
    const JsonNode *member = object.find(key);
    return member == nullptr ? std::string_view{} : member->string().value_or("");
}

} // namespace dbgscope
