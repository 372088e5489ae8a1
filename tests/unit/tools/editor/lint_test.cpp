// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/lint.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "unit/profile/source_root.hpp"
#include "unit/profile/temp_tree.hpp"

namespace dbgscope {
namespace {

constexpr ToolVersion kOldDlv{1, 20, 2};
constexpr ToolVersion kNewDlv{1, 27, 1};

/// "{"configurations": [{"type": "go", "request": "launch", REST}]}"
std::string go(const std::string &rest)
{
    return R"({"configurations": [{"type": "go", "request": "launch", )" + rest + "}]}";
}

std::string env(const std::string &members)
{
    return go("\"env\": {" + members + "}");
}

std::string flags(const std::string &words, const std::string &rest = "")
{
    return go("\"dlvFlags\": [" + words + "]" + rest);
}

std::string legacy(const std::string &load)
{
    return go(R"("debugAdapter": "legacy", "dlvLoadConfig": {)" + load + "}");
}

std::string cppdbg(const std::string &rest)
{
    return R"({"configurations": [{"type": "cppdbg", "request": "launch", )" + rest + "}]}";
}

struct Sample {
    LintRule rule;
    std::string fires, silent;
    std::optional<ToolVersion> dlv = std::nullopt;
    std::optional<int> go_minor = std::nullopt;
};

/// For each rule a text that breaks it, and one much like it that does not.
std::vector<Sample> language_samples()
{
    return {
        {LintRule::syntax, "{\"a\" 1}", "{\"a\": 1,}"},
        {LintRule::duplicate_key, R"({"a": 1, "a": 2})", R"({"a": {"b": 1}, "b": [{"a": 1}, {"a": 2}]})"},
        {LintRule::misspelt_attribute, go(R"("progam": "")"), go(R"("colour": 1)")},
        {LintRule::unknown_attribute, go(R"("colour": 1)"), go(R"("presentation": {"hidden": true})")},
        {LintRule::legacy_adapter, go(R"("debugAdapter": "legacy")"), go(R"("debugAdapter": "dlv-dap")")},
        {LintRule::ignored_attribute, go(R"("apiVersion": 2)"), go(R"("debugAdapter": "legacy", "apiVersion": 2)")},
        {LintRule::ignored_attribute, go(R"("dlvLoadConfig": {})"), go(R"("mode": "remote", "dlvLoadConfig": {})")},
        {LintRule::ignored_attribute, go(R"("remotePath": "/x")"), go(R"("mode": "remote", "remotePath": "/x")")},
        {LintRule::ignored_attribute, go(R"("dlvToolPath": "/x")"), go(R"("name": "dlvToolPath")")},
        {LintRule::newer_attribute, go(R"("followExec": true)"), go(R"("stopOnEntry": true)"), kOldDlv},
        {LintRule::removed_api, go(R"("debugAdapter": "legacy", "apiVersion": 1)"),
         go(R"("debugAdapter": "legacy", "apiVersion": 2)"), kNewDlv},
        {LintRule::unknown_flag, flags(R"("--continue")"), flags(R"("--check-go-version=false", "-r", "--x")")},
        {LintRule::unknown_flag, flags(R"("--redirect", "x")"), flags(R"("--only-same-user")"), ToolVersion{1, 4, 0}},
        {LintRule::ignored_flag, flags(R"("--api-version=2")"), flags(R"("--log", "--", "--api-version=2")")},
        {LintRule::ignored_flag, flags(R"("-l", "127.0.0.1:1")"), flags(R"("--log-output", "-l", "--log")")},
        {LintRule::log_output_without_log, flags(R"("--log-output=dap")"), flags(R"("--log-output=dap", "--log")")},
        {LintRule::log_output_without_log, flags(R"("--log-output=dap")"),
         flags(R"("--log-output=dap")", R"(, "showLog": true)")},
        {LintRule::open_to_others, flags(R"("--only-same-user=false")"), flags(R"("--only-same-user=true")")},
        {LintRule::deep_recursion, legacy(R"("maxVariableRecurse": 6)"), legacy(R"("maxVariableRecurse": 5)")},
        {LintRule::large_load, legacy(R"("maxArrayValues": 100000)"), legacy(R"("maxArrayValues": 64)")},
        {LintRule::large_load, go(R"("maxStringLen": 2e6)"), go(R"("maxStringLen": 2e5)"), kNewDlv},
        {LintRule::negative_load, legacy(R"("maxArrayValues": -1)"), legacy(R"("maxStructFields": -1)")},
        {LintRule::negative_load, legacy(R"("maxStringLen": -1)"), go(R"("dlvLoadConfig": {"maxStringLen": -1})")},
    };
}

std::vector<Sample> value_samples()
{
    return {
        {LintRule::gomemlimit, env(R"("GOMEMLIMIT": "512M")"), env(R"("GOMEMLIMIT": "512MiB", "X": "512M")")},
        {LintRule::gomemlimit, env(R"("GOMEMLIMIT": "1.5GiB")"), env(R"("GOMEMLIMIT": "${input:limit}")")},
        {LintRule::godebug_fatal, env(R"("GODEBUG": "cgocheck=2")"), env(R"("GODEBUG": "cgocheck=1")"), {}, 22},
        {LintRule::godebug_harmful, env(R"("GODEBUG": "sbrk=1")"), env(R"("GODEBUG": "gctrace=1,sbrk=0")")},
        {LintRule::godebug_dead, env(R"("GODEBUG": "memstats=1")"), env(R"("GODEBUG": "gctrace=1")")},
        {LintRule::godebug_dead,
         env(R"("GODEBUG": "allocfreetrace=1")"),
         go(R"("mode": "exec", "env": {"GODEBUG": "allocfreetrace=1"})"),
         {},
         23},
        {LintRule::env_not_string, env(R"("PORT": 8080)"), env(R"("PORT": "8080", "UNSET": null)")},
        {LintRule::dbgscope_variable, env(R"("DBGSCOPE_MEMORY_MXA": "1G")"), env(R"("DBGSCOPE_MEMORY_MAX": "1G")")},
        {LintRule::dbgscope_variable, flags(R"("--dbgscope-memory-mxa=1G")"), flags(R"("--dbgscope-dry-run")")},
        {LintRule::dbgscope_value, env(R"("DBGSCOPE_MEMORY_MAX": "1Q")"), env(R"("DBGSCOPE_FUSE_ACTION": "hold")")},
        {LintRule::dbgscope_value, flags(R"("--dbgscope-memory-max=1Q")"), flags(R"("--dbgscope-memory-max=1G")")},
        {LintRule::missing_path, go(R"("program": "/nowhere/main.go")"), go(R"("program": "${fileDirname}/main.go")")},
        {LintRule::missing_path, go(R"("cwd": "/dev/null")"), go(R"("cwd": "/")")},
        {LintRule::missing_path, go(R"("mode": "exec", "program": "/etc/passwd")"),
         go(R"("mode": "exec", "program": "/etc/nowhere", "preLaunchTask": "build")")},
        {LintRule::missing_path, go(R"("envFile": ["/nowhere/.env"])"), go(R"("port": 1, "program": "/nowhere")")},
        {LintRule::missing_path, cppdbg(R"("program": "/nowhere")"), cppdbg(R"("program": "/x", "pipeTransport": {})")},
        {LintRule::external_server, go(R"("port": 4040)"), go(R"("mode": "remote", "port": 4040)")},
        {LintRule::log_dest, go(R"("logDest": "3")"), go(R"("logDest": "/tmp/dlv.log")")},
        {LintRule::as_root, go(R"("asRoot": true)"), go(R"("asRoot": true, "console": "integratedTerminal")")},
        {LintRule::build_flags_joined, go(R"("buildFlags": ["-tags=a b"])"), go(R"("buildFlags": ["-v", "-tags=a"])")},
        {LintRule::server_stream, cppdbg(R"("debugServerPath": "gdbserver")"),
         cppdbg(R"("debugServerPath": "gdbserver", "filterStderr": true)")},
        {LintRule::server_started, cppdbg(R"("debugServerPath": "x/gdbserver", "filterStderr": true)"),
         cppdbg(R"("debugServerPath": "gdbserver", "filterStderr": true, "serverStarted": "Listening")")},
        {LintRule::server_environment, cppdbg(R"("debugServerPath": "x", "environment": [{"name": "A"}])"),
         cppdbg(R"("environment": [{"name": "A"}])")},
    };
}

std::string attach(const std::string &rest)
{
    return R"({"configurations": [{"type": "go", "request": "attach", )" + rest + "}]}";
}

/// What the published schemas, dlv and cpptools refuse, or take in another sense than was meant.
std::vector<Sample> schema_samples()
{
    using enum LintRule;
    return {
        {wrong_type, go(R"("stopOnEntry": "true")"), go(R"("stopOnEntry": true, "args": "-v", "program": null)")},
        {wrong_type, attach(R"("mode": "remote", "port": "2345")"), attach(R"("port": "${input:port}")")},
        {wrong_type, go(R"("substitutePath": {"from": "/a", "to": "/b"})"), go(R"("substitutePath": [])")},
        {wrong_type, go(R"("dlvFlags": "--log")"), go(R"("buildFlags": "-v", "processId": "x")")},
        {wrong_type, cppdbg(R"("program": "${x}", "args": "-v")"), cppdbg(R"("program": "${x}", "processId": 1)")},
        {wrong_type, cppdbg(R"("program": "${x}", "environment": {"A": "1"})"), cppdbg(R"("program": "${x}")")},
        {wrong_type, cppdbg(R"("environment": [{"name": "A", "value": 1}])"), cppdbg(R"("environment": [])")},
        {wrong_value, go(R"("mode": "debgu")"), go(R"("mode": "auto")")},
        {wrong_value, go(R"("mode": "local")"), attach(R"("mode": "local")")},
        {wrong_value, attach(R"("mode": "debug")"), go(R"("mode": "${input:mode}")")},
        {wrong_value, go(R"("console": "terminal")"), go(R"("console": "externalTerminal")")},
        {wrong_value, cppdbg(R"("MIMode": "dbx")"), cppdbg(R"("MIMode": "lldb")")},
        {missing_attribute, go(R"("mode": "core", "program": "${x}")"),
         go(R"("mode": "core", "program": "${x}", "coreFilePath": "${y}")")},
        {missing_attribute, go(R"("mode": "exec", "program": "")"), go(R"("mode": "debug")")},
        {missing_attribute, go(R"("mode": "replay")"), go(R"("mode": "replay", "traceDirPath": "${x}")")},
        {missing_attribute, cppdbg(R"("cwd": "/")"), cppdbg(R"("program": "${x}")")},
        {missing_attribute, cppdbg(R"("program": "${x}", "environment": [{"A": "1"}])"),
         cppdbg(R"("program": "${x}", "environment": [{"name": "A", "value": "1"}])")},
        {foreign_attribute, cppdbg(R"("env": {"A": "1"})"), go(R"("env": {"A": "1"})")},
        {foreign_attribute, cppdbg(R"("stopOnEntry": true)"), cppdbg(R"("stopAtEntry": true)")},
        {foreign_attribute, go(R"("environment": [])"), cppdbg(R"("environment": [])")},
        {wrong_request, go(R"("mode": "remote")"), attach(R"("mode": "remote")")},
        {substitute_path, go(R"("substitutePath": [{"from": "/a"}])"),
         go(R"("substitutePath": [{"from": "", "to": "/b"}])")},
        {substitute_path, go(R"("substitutePath": ["/a", "/b"])"), go(R"("substitutePath": null)")},
        {build_strips, go(R"("buildFlags": "-ldflags='-s -w'")"), go(R"("buildFlags": "-ldflags='-X main.s=-w'")")},
        {build_strips, go(R"("buildFlags": ["-ldflags", "-X a=b -w"])"), go(R"("buildFlags": ["-v", "-w"])")},
        {build_strips, go(R"("buildFlags": "-ldflags \"-w -s\"")"), go(R"("buildFlags": "-ldflags=-s=false")")},
        {build_strips, env(R"("GOFLAGS": "-mod=mod '-ldflags=-s -w'")"), env(R"("GOFLAGS": "-mod=mod")")},
        {build_strips, env(R"("GOFLAGS": "-mod=mod '-ldflags=-s -w'")"), env(R"("GOFLAGS": "'-ldflags=-X main.a=b'")")},
        {goflags, env(R"("GOFLAGS": "-mod mod")"), env(R"("GOFLAGS": "\"-tags=a b\"")")},
        {goflags, env(R"("GOFLAGS": "'-trimpath")"), env(R"("GOFLAGS": "-trimpath ${input:more}")")},
        {goflags, env(R"("GOFLAGS": "'-trimpath'")"), env(R"("GOFLAGS": "-trimpath")"), std::nullopt, 19},
        {build_trims, env(R"("GOFLAGS": "-trimpath")"), env(R"("GOFLAGS": "-trimpath=false")")},
        {build_trims, go(R"("buildFlags": ["-trimpath"])"), go(R"("buildFlags": "-tags=trimpath")")},
        {build_flags_joined, go(R"("buildFlags": "-tags=a b")"), go(R"("buildFlags": "-tags=a,b -v")")},
        {joined_flags, flags(R"("--log --log-output=dap")"),
         flags(R"("--log", "--log-output=dap", "-r", "stdin:a b")")},
        {test_flag, go(R"("mode": "test", "args": ["-run", "TestX"])"),
         go(R"("mode": "test", "args": ["-test.run=X", "run"])")},
        {test_flag, go(R"("mode": "test", "args": "-run TestX")"), go(R"("mode": "test", "args": "-test.v -- -run")")},
        {joined_flags, flags(R"("--backend native")"), flags(R"("--log-dest=/tmp/a b")")},
        {test_flag, go(R"("mode": "test", "args": ["-v"])"), go(R"("mode": "debug", "args": ["-v"])")},
        {source_as_program, cppdbg(R"("program": "${workspaceFolder}/main.cpp")"), cppdbg(R"("program": "${x}/main")")},
        {source_as_program, go(R"("mode": "exec", "program": "${x}/main.go")"), go(R"("program": "${x}/main.go")")},
        {ignored_attribute, go(R"("remotePath": "/x")"), go(R"("remotePath": "")")},
        {missing_path, cppdbg(R"("program": "${x}", "miDebuggerPath": "/nowhere/gdb")"),
         cppdbg(R"("program": "${x}", "miDebuggerPath": "gdb-multiarch")")},
        {unknown_name, R"({"configurations": [{"name": "a"}], "compounds": [{"configurations": ["b"]}]})",
         R"({"configurations": [{"name": "a"}], "compounds": [{"configurations": ["a", {"name": "b", "folder": "f"}]}]})"},
    };
}

std::vector<LintFinding> found(const std::string &text, const Sample &sample)
{
    return lint_launch(text, "f", {.dlv = sample.dlv, .go_minor = sample.go_minor});
}

bool names(const std::vector<LintFinding> &findings, LintRule rule)
{
    return std::ranges::find(findings, rule, &LintFinding::rule) != findings.end();
}

TEST(Lint, EachRuleFiresWhereItShouldAndNowhereElse)
{
    std::map<LintRule, int> seen;
    for (const auto &samples : {language_samples(), value_samples(), schema_samples()})
        for (const Sample &sample : samples) {
            ++seen[sample.rule];
            const std::string_view id = rule_info(sample.rule).id;
            EXPECT_TRUE(names(found(sample.fires, sample), sample.rule)) << id << ": " << sample.fires;
            EXPECT_FALSE(names(found(sample.silent, sample), sample.rule)) << id << ": " << sample.silent;
        }
    for (const RuleInfo &rule : lint_rules()) // two have tests of their own: they need files
        EXPECT_TRUE(seen.contains(rule.rule) || rule.rule == LintRule::overwritten_link ||
                    rule.rule == LintRule::not_built)
            << rule.id << " has no sample";
}

TEST(Lint, OfAnotherVersionOnlyWhatIsTrueOfIt)
{
    const std::string follow = go(R"("followExec": true)");
    EXPECT_TRUE(lint_launch(follow, "f", {.dlv = kNewDlv}).empty());
    EXPECT_TRUE(lint_launch(follow, "f", {}).empty()) << "no dlv: nothing to compare with";
    const std::string api = go(R"("debugAdapter": "legacy", "apiVersion": 1)");
    EXPECT_FALSE(names(lint_launch(api, "f", {.dlv = kOldDlv}), LintRule::removed_api));
    const std::string flag = flags(R"("--brand-new")");
    EXPECT_TRUE(lint_launch(flag, "f", {.dlv = ToolVersion{1, 99, 0}}).empty()) << "it may have it";
    const std::string kills = env(R"("GODEBUG": "cgocheck=2")");
    EXPECT_TRUE(lint_launch(kills, "f", {.go_minor = 19}).empty());
    EXPECT_TRUE(lint_launch(kills, "f", {}).empty());
}

TEST(Lint, PlacesAreThoseOfTheText)
{
    const std::string text = "{\n  \"configurations\": [{\"type\": \"go\", \"request\": \"launch\",\n"
                             "    \"env\": {\"é\": \"\", \"GOMEMLIMIT\": \"1G\"}, \"port\": 1\n  }]}";
    const auto findings = lint_launch(text, "f", {});
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].rule, LintRule::gomemlimit);
    EXPECT_EQ(std::pair(findings[0].place.line, findings[0].place.column), std::pair(3, 36));
    EXPECT_EQ(findings[1].rule, LintRule::external_server);
    const auto broken = lint_launch("{\n  \"a\": tru}", "f", {});
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(std::pair(broken[0].place.line, broken[0].place.column), std::pair(2, 8));
}

TEST(Lint, NothingIsSaidOfTheCorpusButWhatIsTrue)
{
    const std::map<std::string, std::vector<LintRule>> expected = {
        {"blank-lines-and-blanks-at-ends.json", {LintRule::missing_attribute}},
        {"duplicate-keys.json", {LintRule::duplicate_key, LintRule::duplicate_key, LintRule::duplicate_key}},
        {"nested.json", {LintRule::unknown_attribute}},
        {"unknown-keys.json", {LintRule::unknown_attribute, LintRule::unknown_attribute, LintRule::unknown_attribute}},
    };
    for (const auto &entry : std::filesystem::directory_iterator(DBGSCOPE_SOURCE_ROOT "/tests/editor/corpus")) {
        std::ifstream in(entry.path(), std::ios::binary);
        const auto findings = lint_launch(std::string{std::istreambuf_iterator<char>(in), {}}, "f", {.dlv = kOldDlv});
        std::vector<LintRule> rules;
        std::ranges::transform(findings, std::back_inserter(rules), &LintFinding::rule);
        const auto named = expected.find(entry.path().filename());
        EXPECT_EQ(rules, named == expected.end() ? std::vector<LintRule>{} : named->second)
            << entry.path() << ": " << (findings.empty() ? "" : findings[0].text);
    }
}

TEST(Lint, SettingsAreLookedAtToo)
{
    const auto rules_of = [](const std::string &text) {
        std::vector<LintRule> rules;
        for (const LintFinding &finding : lint_settings(text, "f", {.home = "/home/x", .tool_bins = {}}))
            rules.push_back(finding.rule);
        return rules;
    };
    using Rules = std::vector<LintRule>;
    EXPECT_EQ(rules_of(R"({"go.delveConfig": {"dlvLoadConfig": {"maxVariableRecurse": 9}}})"),
              Rules{LintRule::ignored_attribute});
    EXPECT_EQ(rules_of(R"({"go.delveConfig": {"debugAdapter": "legacy", "dlvLoadConfig": {"maxVariableRecurse": 9}}})"),
              (Rules{LintRule::legacy_adapter, LintRule::deep_recursion}));
    EXPECT_EQ(rules_of(R"({"go.toolsEnvVars": {"GOMEMLIMIT": "1G", "N": 1}})"), Rules{LintRule::gomemlimit});
    EXPECT_EQ(rules_of(R"({"go.buildFlags": ["-trimpath"], "go.testFlags": ["-ldflags", "-w"]})"),
              (Rules{LintRule::build_trims, LintRule::build_strips}));
    EXPECT_EQ(rules_of(R"({"go.alternateTools": {"dlv": "/nowhere/dlv"}})"), Rules{LintRule::missing_path});
    EXPECT_EQ(rules_of(R"({"go.alternateTools": {"dlv": "dlv-1.20", "gopls": "/nowhere"}})"), Rules{});
    EXPECT_EQ(rules_of(R"({"launch": {"configurations": [{"type": "go", "request": "launch", "logDest": "3"}]}})"),
              Rules{LintRule::log_dest});
    EXPECT_EQ(rules_of(R"({"configurations": [{"type": "go", "logDest": "3"}]})"), Rules{});
}

TEST(Lint, ALinkWhereToolUpdatesOverwriteItIsNamed)
{
    const TempTree tree;
    const std::string program = tree.write("dbgscope", "");
    ASSERT_EQ(::chmod(program.c_str(), 0755), 0);
    for (const char *folder : {"go/bin", "shims"}) {
        std::filesystem::create_directories(tree.root() + "/" + folder);
        std::filesystem::create_symlink(program, tree.root() + "/" + folder + "/dlv");
    }
    const LintContext context{.tool_bins = {tree.root() + "/go/bin"}};
    const auto findings = [&](const std::string &dlv) {
        return lint_settings(R"({"go.alternateTools": {"dlv": ")" + dlv + "\"}}", "f", context);
    };
    const auto risky = findings(tree.root() + "/go/bin/dlv");
    ASSERT_EQ(risky.size(), 1U);
    EXPECT_EQ(risky[0].rule, LintRule::overwritten_link);
    EXPECT_TRUE(findings(tree.root() + "/shims/dlv").empty());
}

TEST(LintFile, IsToldByItsName)
{
    const TempTree tree;
    const auto rules_of = [](const std::string &path) {
        const auto findings = lint_file(path, {});
        EXPECT_TRUE(findings) << path;
        return findings && !findings->empty() ? std::string(rule_info(findings->front().rule).id) : "";
    };
    tree.write("ws/main.go", "package main\n");
    EXPECT_EQ(
        rules_of(tree.write("ws/.vscode/launch.json", go(R"("program": "main.go", "cwd": "${workspaceFolder}")"))), "");
    EXPECT_EQ(rules_of(tree.write("ws/.vscode/launch.json", go(R"("program": "${workspaceFolder}/cmd")"))),
              "missing-path");
    EXPECT_EQ(rules_of(tree.write("a.json", go(R"("logDest": "3")"))), "log-dest");
    EXPECT_EQ(rules_of(tree.write("settings.json", R"({"go.toolsEnvVars": {"GOMEMLIMIT": "x"}})")), "gomemlimit");
    EXPECT_EQ(rules_of(tree.write("ok.yaml", "memory:\n  max: 1G\n")), "");
    EXPECT_EQ(rules_of(tree.write("bad.yaml", "memory:\n  maxx: 1G\n")), "syntax");
    EXPECT_EQ(rules_of(tree.write("env.yaml", "setenv: [A=1, GOMEMLIMIT=512M]\n")), "gomemlimit");
    EXPECT_EQ(rules_of(tree.write("debug.yaml", "go:\n  debug: [memstats=1]\n")), "godebug-dead");
    const auto placed = lint_file(tree.write("bad.yaml", "memory:\n  max: 1Q\n"), {});
    ASSERT_TRUE(placed && placed->size() == 1);
    EXPECT_EQ(std::pair(placed->front().place.line, placed->front().place.column), std::pair(2, 8));
    for (const std::string &path :
         {tree.root() + "/none.json", tree.root() + "/none.yaml", tree.root(), std::string("x.toml")})
        EXPECT_FALSE(lint_file(path, {})) << path;
}

TEST(LintFile, FilesBesideLaunchJsonAreReadForWhatTheyAre)
{
    const TempTree tree;
    const auto rules_of = [](const std::string &path) {
        const auto findings = lint_file(path, {});
        EXPECT_TRUE(findings) << path << (findings ? "" : to_line(findings.error()));
        std::string rules;
        for (const LintFinding &finding : findings.value_or(std::vector<LintFinding>{}))
            rules += (rules.empty() ? "" : " ") + std::string(rule_info(finding.rule).id);
        return rules;
    };
    const std::string exec = R"("mode": "exec", "program": "${workspaceFolder}/bin/app")";
    EXPECT_EQ(rules_of(tree.write("ws/.vscode/launch.json", go(exec))), "not-built");
    EXPECT_EQ(rules_of(tree.write("ws/.vscode/launch.json", go(exec + R"(, "preLaunchTask": "build")"))),
              "unknown-name");
    EXPECT_EQ(rules_of(tree.write("ws/.vscode/launch.json", go(exec + R"(, "preLaunchTask": "go: build package")"))),
              "");
    EXPECT_EQ(rules_of(tree.write("ws/.vscode/tasks.json", R"({"version": "2.0.0", "tasks": [
        {"label": "build", "type": "shell", "command": "go build -ldflags '-s -w' .", "dependsOn": ["generate", "nothing"]},
        {"label": "generate", "type": "process", "command": "go", "args": ["build", "-trimpath"], "isBackground": "yes"}]})")),
              "build-strips unknown-name build-trims wrong-type");
    EXPECT_EQ(rules_of(tree.write("ws/.vscode/launch.json", go(exec + R"(, "preLaunchTask": "build")"))), "");
    EXPECT_EQ(rules_of(tree.write("ws/.devcontainer/devcontainer.json",
                                  R"({"image": "golang", "containerEnv": {"GOFLAGS": "-trimpath"},
        "customizations": {"vscode": {"settings": {"go.toolsEnvVars": {"GOFLAGS": "-ldflags=-s"}}}}})")),
              "build-trims build-strips");
    EXPECT_EQ(rules_of(tree.write("ws/a.code-workspace",
                                  R"({"folders": [], "settings": {"go.toolsEnvVars": {"GOMEMLIMIT": "1G"}},
        "tasks": {"tasks": [{"label": "make", "type": "shell"}]},
        "launch": {"configurations": [{"type": "go", "request": "launch", "preLaunchTask": "mkae", "logDest": "3"}]}})")),
              "gomemlimit unknown-name log-dest");
    EXPECT_EQ(rules_of(tree.write("ws/.zed/debug.json",
                                  R"([{"label": "a", "adapter": "Delve", "request": "launch", "mode": "core",
        "program": "bin/app", "env": {"A": 1}}, {"label": "b", "adapter": "CodeLLDB"}, {"adapter": "Delve"}])")),
              "missing-attribute missing-path env-not-string missing-attribute");
    EXPECT_EQ(rules_of(tree.write("user.json", R"({"go.toolsEnvVars": {"GOMEMLIMIT": "1G"}})")), "gomemlimit");
    EXPECT_FALSE(lint_file(tree.write("package.json", R"({"name": "x"})"), {})) << "said to be unread, not found right";
}

TEST(Lint, TheManualSaysEachRuleAsTheTableDoes)
{
    std::ifstream in(DBGSCOPE_SOURCE_ROOT "/man/dbgscope-init.1");
    const std::string page{std::istreambuf_iterator<char>(in), {}};
    for (const RuleInfo &rule : lint_rules()) {
        const std::string item = ".It Cm " + std::string(rule.id) + "\n" + std::string(severity_name(rule.severity)) +
                                 ": " + std::string(rule.what) + ".\n";
        EXPECT_NE(page.find(item), std::string::npos) << item;
    }
}

TEST(LintVersion, IsReadAsToolsWriteIt)
{
    EXPECT_EQ(read_plain_version("1.20.2"), (ToolVersion{1, 20, 2}));
    EXPECT_EQ(read_plain_version("1.24"), (ToolVersion{1, 24, 0}));
    for (const char *text : {"", "1", "1.", "1.2.", "1.2.3.4", "a.b", "1.x", "-1.2", "1.2.3-rc1"})
        EXPECT_FALSE(read_plain_version(text)) << text;
    EXPECT_LT((ToolVersion{1, 9, 9}), (ToolVersion{1, 10, 0}));
}

} // namespace
} // namespace dbgscope
