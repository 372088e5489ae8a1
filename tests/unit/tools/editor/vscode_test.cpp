// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/vscode.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tools/editor/jsonc.hpp"
#include "unit/profile/source_root.hpp"

namespace dbgscope {
namespace {

Edited launch(std::string_view text, const LaunchWish &wish)
{
    auto edited = edit_vscode_launch(text, "launch.json", wish);
    EXPECT_TRUE(edited) << to_line(edited.error());
    return edited ? *edited : Edited{};
}

std::string refusal(std::string_view text, const LaunchWish &wish)
{
    const auto edited = edit_vscode_launch(text, "launch.json", wish);
    return edited ? "accepted" : to_line(edited.error());
}

TEST(VscodeSettings, NamesTheLinkAndNothingElse)
{
    const auto edited = edit_vscode_settings("{\n\t// mine\n\t\"a\": 1\n}\n", "settings.json", "/l/dlv");
    ASSERT_TRUE(edited);
    EXPECT_EQ(edited->text, "{\n\t// mine\n\t\"a\": 1,\n\t\"go.alternateTools\": {\n\t\t\"dlv\": \"/l/dlv\"\n\t}\n}\n");
    EXPECT_TRUE(edited->notes.empty());
    EXPECT_EQ(edit_vscode_settings(edited->text, "settings.json", "/l/dlv")->text, edited->text);
}

TEST(VscodeSettings, SaysWhatBecomesOfTheOldDlv)
{
    const auto edited =
        edit_vscode_settings(R"({"go.alternateTools": {"dlv": "/opt/dlv", "gopls": "x"}})", "s", "/l/dlv");
    ASSERT_TRUE(edited);
    EXPECT_EQ(edited->text, R"({"go.alternateTools": {"dlv": "/l/dlv", "gopls": "x"}})");
    ASSERT_EQ(edited->notes.size(), 1U);
    EXPECT_NE(edited->notes[0].find("debuggers: {dlv: /opt/dlv}"), std::string::npos) << edited->notes[0];
}

TEST(VscodeLaunch, AModuleWithoutALaunchConfigurationGetsOne)
{
    const std::string expected = "{\n    \"version\": \"0.2.0\",\n    \"configurations\": [\n        {\n"
                                 "            \"name\": \"Launch package\",\n            \"type\": \"go\",\n"
                                 "            \"request\": \"launch\",\n            \"mode\": \"auto\",\n"
                                 "            \"program\": \"${fileDirname}\"\n        }\n    ]\n}\n";
    const LaunchWish wish{.go_module = true};
    EXPECT_EQ(launch("", wish).text, expected);
    EXPECT_EQ(launch(expected, wish).text, expected) << "and only one";
    EXPECT_EQ(launch("", {}).text, "") << "no module, nothing to launch";
    const std::string attach = launch(R"({"configurations": [{"type": "go", "request": "attach"}]})", wish).text;
    EXPECT_NE(attach.find("\"Launch package\""), std::string::npos) << attach;
}

TEST(VscodeLaunch, WhatIsThereIsLeftAlone)
{
    std::size_t seen = 0;
    for (const auto &entry : std::filesystem::directory_iterator(DBGSCOPE_SOURCE_ROOT "/tests/editor/corpus")) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        EXPECT_EQ(launch(text, {}).text, text) << entry.path();
        ++seen;
    }
    EXPECT_GE(seen, 25U);
}

TEST(VscodeLaunch, EnvironmentGoesToGoLaunchConfigurationsOnly)
{
    const LaunchWish wish{.environment = {{"A", "1"}, {"B", "two"}}};
    EXPECT_EQ(launch(R"({"configurations": [
  {"type": "go", "request": "launch", "env": {"A": "0", /* c */ "C": "3"}},
  {"type": "go", "request": "attach"},
  {"type": "node", "request": "launch"}]})",
                     wish)
                  .text,
              R"({"configurations": [
  {"type": "go", "request": "launch", "env": {"A": "1", /* c */ "C": "3", "B": "two"}},
  {"type": "go", "request": "attach"},
  {"type": "node", "request": "launch"}]})");
    EXPECT_EQ(launch(R"({"configurations": [{"type": "go", "request": "launch"}]})", wish).text,
              R"({"configurations": [{"type": "go", "request": "launch", "env": {"A":"1", "B": "two"}}]})");
}

TEST(VscodeLaunch, ALinkedFolderAndPairsBecomeSubstitutePaths)
{
    const LaunchWish wish{.real_folder = "/real", .substitute_paths = {{"/here", "/there"}}};
    const std::string text = launch(R"({"configurations": [
  {"type": "go", "request": "launch", "substitutePath": [{"from": "/here", "to": "/mine"}]},
  {"type": "go", "request": "attach", "mode": "remote"},
  {"type": "cppdbg", "request": "launch"}]})",
                                    wish)
                                 .text;
    EXPECT_EQ(text, R"({"configurations": [
  {"type": "go", "request": "launch", "substitutePath": [{"from": "/here", "to": "/mine"}, {"from":"${workspaceFolder}","to":"/real"}]},
  {"type": "go", "request": "attach", "mode": "remote", "substitutePath": [{"from":"/here","to":"/there"}]},
  {"type": "cppdbg", "request": "launch"}]})");
    EXPECT_EQ(launch(text, wish).text, text) << "a second time changes nothing";
}

TEST(VscodeLaunch, ACProjectGetsAConfigurationThroughGdbserver)
{
    LaunchWish wish{.c_project = true, .dbgscope = "/usr/bin/dbgscope"};
    EXPECT_EQ(launch("", wish).text, "");
    EXPECT_NE(launch("", wish).notes.at(0).find("--program=FILE"), std::string::npos);
    wish.program = "build/my app";
    const auto root = parse_jsonc(launch("", wish).text, "f");
    const JsonNode added = (*root)->find("configurations")->children.at(0);
    EXPECT_EQ(added.find("program")->text, "${workspaceFolder}/build/my app");
    EXPECT_EQ(added.find("debugServerPath")->text, "/usr/bin/dbgscope");
    EXPECT_EQ(added.find("debugServerArgs")->text, "gdbserver --once :3333 \"${workspaceFolder}/build/my app\"");
    EXPECT_EQ(added.find("serverStarted")->text, "Listening on port");
    EXPECT_TRUE(added.find("filterStderr")->is_literal("true"));
    const std::string model =
        R"({"configurations": [{"type": "cppdbg", "request": "launch", "program": "/p", "args": ["a \"b\"", "c"]}]})";
    wish.program.clear();
    const Edited edited = launch(model, wish);
    const auto grown = parse_jsonc(edited.text, "f");
    ASSERT_EQ((*grown)->find("configurations")->children.size(), 2U);
    EXPECT_EQ((*grown)->find("configurations")->children[1].find("debugServerArgs")->text,
              R"(gdbserver --once :3333 "/p" "a \"b\"" "c")");
    EXPECT_NE(edited.notes.at(0).find("every address"), std::string::npos);
    EXPECT_EQ(launch(edited.text, wish).text, edited.text) << "one is enough";
}

TEST(VscodeLaunch, WhatItCannotUnderstandIsRefused)
{
    const LaunchWish wish{.go_module = true, .environment = {{"A", "1"}}};
    EXPECT_EQ(refusal("[]", wish), "launch.json:1:1: launch.json holds an object (change it by hand)");
    EXPECT_EQ(refusal("{\n\"configurations\": {}}", wish),
              "launch.json:2:19: \"configurations\" is no list (change it by hand)");
    EXPECT_EQ(refusal(R"({"configurations": [{"type": "go", "request": "launch", "env": []}]})", wish),
              "launch.json:1:64: \"env\" is no object (change it by hand)");
    EXPECT_EQ(refusal("{", wish).substr(0, 16), "launch.json:1:2:");
}

std::string tasks(std::string_view text)
{
    const auto edited = edit_vscode_tasks(text, "tasks.json", "/bin/dbgscope");
    return edited ? edited->text : to_line(edited.error());
}

TEST(VscodeTasks, GetOneThatGivesMore)
{
    const std::string made = tasks("");
    const auto root = parse_jsonc(made, "tasks.json");
    ASSERT_TRUE(root && *root);
    EXPECT_EQ((*root)->find("version")->text, "2.0.0");
    const JsonNode &task = (*root)->find("tasks")->children.at(0);
    EXPECT_EQ(task.find("label")->text, "dbgscope: give it more");
    EXPECT_EQ(task.find("command")->text, "/bin/dbgscope");
    EXPECT_EQ(task.find("args")->children.at(0).text, "more");
    EXPECT_EQ(tasks(made), made) << "one is enough";
}

TEST(VscodeTasks, KeepWhatIsThere)
{
    const std::string_view mine =
        "{\n  \"version\": \"2.0.0\",\n  // build\n  \"tasks\": [ {\"label\": \"b\"}, ],\n}\n";
    const std::string made = tasks(mine);
    EXPECT_NE(made.find("  // build\n"), std::string::npos) << made;
    const auto root = parse_jsonc(made, "tasks.json");
    ASSERT_TRUE(root && *root) << made;
    EXPECT_EQ((*root)->find("tasks")->children.size(), 2U);
    const std::string changed = R"({"tasks": [{"label": "dbgscope: give it more", "command": "mine"}]})";
    EXPECT_EQ(tasks(changed), changed);
}

TEST(VscodeTasks, WhatTheyCannotUnderstandIsRefused)
{
    EXPECT_EQ(tasks("[]"), "tasks.json:1:1: tasks.json holds an object (change it by hand)");
    EXPECT_EQ(tasks("{\"tasks\": {}}"), "tasks.json:1:11: \"tasks\" is no list (change it by hand)");
    EXPECT_EQ(tasks("{").substr(0, 15), "tasks.json:1:2:");
}

} // namespace
} // namespace dbgscope
