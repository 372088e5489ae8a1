// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "debugger/tool_version.hpp"
#include "tools/editor/jsonc.hpp"

// Checks of launch.json, settings.json and their like, and of dbgscope's own configuration. Sources: the package.json
// of vscode-go, the flags and launch attributes of delve 1.20 to 1.27 with the version each appeared in, MIEngine's
// ServerTransport, and trials with dlv 1.20.2.
namespace dbgscope {

enum class LintSeverity { error, warning, note };

enum class LintRule {
    syntax,
    duplicate_key,
    misspelt_attribute,
    unknown_attribute,
    legacy_adapter,
    ignored_attribute,
    newer_attribute,
    removed_api,
    unknown_flag,
    ignored_flag,
    log_output_without_log,
    open_to_others,
    deep_recursion,
    large_load,
    negative_load,
    gomemlimit,
    goflags,
    godebug_fatal,
    godebug_harmful,
    godebug_dead,
    env_not_string,
    dbgscope_variable,
    dbgscope_value,
    missing_path,
    external_server,
    log_dest,
    as_root,
    build_flags_joined,
    overwritten_link,
    server_stream,
    server_started,
    server_environment,
    wrong_type,
    wrong_value,
    missing_attribute,
    foreign_attribute,
    wrong_request,
    substitute_path,
    build_strips,
    build_trims,
    joined_flags,
    test_flag,
    source_as_program,
    unknown_name,
    not_built,
};

struct RuleInfo {
    LintRule rule;
    std::string_view id; ///< "gomemlimit"
    LintSeverity severity;
    std::string_view what; ///< one clause for the manual
};

/// In the order of the enum.
[[nodiscard]] std::span<const RuleInfo> lint_rules();
[[nodiscard]] const RuleInfo &rule_info(LintRule rule);
[[nodiscard]] std::string_view severity_name(LintSeverity severity);

/// What a file is judged against. Without a version only what holds for every one is said.
struct LintContext {
    std::optional<ToolVersion> dlv;
    std::optional<int> go_minor;       ///< of the tool chain that builds: 19 for Go 1.19
    std::string workspace_folder = {}; ///< what ${workspaceFolder} stands for; empty: relative paths are not judged
    std::string home = {};
    std::vector<std::string> tool_bins = {}; ///< $GOBIN, $GOPATH/bin: where tool updates overwrite what is there
    std::optional<std::vector<std::string>> tasks = std::nullopt; ///< labels of tasks.json; nothing: not known
};

struct LintFinding {
    LintRule rule;
    TextPlace place;
    std::string text;
};

/// In the order of their places. `file` is for nothing but messages.
[[nodiscard]] std::vector<LintFinding> lint_launch(std::string_view text, const std::string &file,
                                                   const LintContext &context);
[[nodiscard]] std::vector<LintFinding> lint_settings(std::string_view text, const std::string &file,
                                                     const LintContext &context);

/// By name: *.yaml and *.yml are dbgscope's own; launch.json, settings.json, tasks.json and *.code-workspace VS Code's,
/// devcontainer.json, and Zed's debug.json; other *.json is told by what is in it. Of a file in .vscode or .zed the
/// folder above is the workspace, and the tasks.json beside a launch.json is read for its labels. Errors: not_found,
/// denied, usage (none of these), config (no regular file, too large).
[[nodiscard]] Result<std::vector<LintFinding>> lint_file(const std::string &path, LintContext context);

} // namespace dbgscope
