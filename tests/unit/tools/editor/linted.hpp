// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tools/editor/lint.hpp"
#include "unit/profile/temp_tree.hpp"

namespace dbgscope {

/// `path` below the workspace; "go", "go attach", "cppdbg" and "cppdbg attach": a launch.json with one configuration of
/// that type, whose further members are `text`. `rules`: what is found, in the order of the text.
struct LintedFile {
    std::string_view path, text, rules;
};

/// "not read" where it is said that the file is none of those that are checked.
[[nodiscard]] inline std::string rules_of(const LintedFile &file)
{
    const TempTree tree;
    tree.write("ws/.vscode/tasks.json", R"({"tasks": [{"label": "build", "type": "shell", "command": "make"}]})");
    std::string path(file.path), text(file.text);
    if (!path.contains('.')) {
        const bool attach = path.ends_with(" attach");
        text = R"({"configurations": [{"name": "a", "type": ")" + path.substr(0, path.find(' ')) +
               R"(", "request": ")" + (attach ? "attach" : "launch") + "\", " + text + "}]}";
        path = ".vscode/launch.json";
    }
    const auto findings = lint_file(tree.write("ws/" + path, text), {});
    if (!findings)
        return "not read";
    std::string rules;
    for (const LintFinding &finding : *findings)
        rules += (rules.empty() ? "" : " ") + std::string(rule_info(finding.rule).id);
    return rules;
}

inline void judge_files(std::span<const LintedFile> files)
{
    for (const LintedFile &file : files)
        EXPECT_EQ(rules_of(file), file.rules) << file.path << ": " << file.text;
}

} // namespace dbgscope
