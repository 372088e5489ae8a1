// SPDX-License-Identifier: Apache-2.0
#include "unit/tools/editor/linted.hpp"

// Configurations of the Go extension as people have them, one fault each.
namespace dbgscope {
namespace {

constexpr LintedFile kWhatABuildTakesAway[] = {
    {"go", R"("buildFlags": "-ldflags=-w")", "build-strips"},
    {"go", R"("buildFlags": ["-ldflags=-s"])", "build-strips"},
    {"go", R"("buildFlags": ["--ldflags", "-w -s -X main.v=1"])", "build-strips build-flags-joined"},
    {"go", R"("mode": "test", "program": "${workspaceFolder}", "buildFlags": "-trimpath -tags=x")", "build-trims"},
    {"go", R"("buildFlags": "-gcflags=all=-dwarf=false")", "build-strips"},
    {"go", R"("buildFlags": "-gcflags=-dwarf=0")", "build-strips"},
    {"go", R"("env": {"GOFLAGS": "-ldflags=-s"})", "build-strips"},
    {"go", R"("env": {"GOFLAGS": "\"-ldflags=-s -w\" -trimpath"})", "build-trims build-strips"},
    {".vscode/settings.json", R"({"go.toolsEnvVars": {"GOFLAGS": "-trimpath"}})", "build-trims"},
    {".vscode/settings.json", R"({"go.testEnvVars": {"GOFLAGS": "-trimpath"}})", "build-trims"},
    {".vscode/settings.json", R"({"go.buildFlags": ["-ldflags=-s -w"]})", "build-strips"},
    {".vscode/settings.json", R"({"go.testFlags": ["-trimpath", "-v"]})", "build-trims"},
    {".vscode/settings.json", R"({"terminal.integrated.env.linux": {"GOFLAGS": "-trimpath"}})", "build-trims"},
    {"devcontainer.json", R"({"image": "x", "remoteEnv": {"GOFLAGS": "-trimpath -mod=mod"}})", "build-trims"},
    {"devcontainer.json", R"({"image": "x", "containerEnv": {"GOMEMLIMIT": "512M"}})", "gomemlimit"},
    {".vscode/tasks.json",
     R"({"tasks": [{"label": "b", "type": "shell", "command": "go", "args": ["build", "-ldflags", "-s -w", "-o", "bin/app", "./cmd"]}]})",
     "build-strips"},
    {".vscode/tasks.json",
     R"({"tasks": [{"label": "b", "type": "shell", "command": "CGO_ENABLED=0 go build -trimpath -o bin/app ."}]})",
     "build-trims"},
    {".vscode/tasks.json",
     R"({"tasks": [{"label": "b", "type": "shell", "command": "go build -gcflags='all=-N -l' ./..."}]})", ""},
    {".vscode/tasks.json",
     R"({"tasks": [{"label": "b", "type": "go", "command": "build", "args": ["-ldflags=-s -w", "./..."]}]})",
     "build-strips"},
    {".vscode/tasks.json",
     R"({"tasks": [{"label": "b", "type": "shell", "command": "make", "options": {"env": {"GOFLAGS": "-ldflags=-w"}}}]})",
     "build-strips"},
};
TEST(LintKinds, WhatABuildTakesAway)
{
    judge_files(kWhatABuildTakesAway);
}

constexpr LintedFile kSubstitutePath[] = {
    {"go", R"("substitutePath": [{"from": "${workspaceFolder}"}])", "substitute-path"},
    {"go attach", R"("mode": "remote", "substitutePath": [{"to": "/app"}])", "substitute-path"},
    {"go attach", R"("mode": "remote", "substitutePath": {"from": "a", "to": "b"})", "wrong-type"},
    {"go attach", R"("mode": "remote", "substitutePath": "/app")", "wrong-type"},
    {"go attach", R"("mode": "remote", "substitutePath": [["/a", "/b"]])", "substitute-path"},
    {"go attach", R"("mode": "remote", "substitutePath": [{"from": "a", "to": 1}])", "substitute-path"},
    {"go attach", R"("mode": "remote", "substitutePath": [{"From": "a", "To": "b"}])", "substitute-path"},
    {".vscode/settings.json", R"({"go.delveConfig": {"substitutePath": [{"from": "/a"}]}})", "substitute-path"},
    {".vscode/settings.json", R"({"go.delveConfig": {"substitutePath": {"from": "/a", "to": "/b"}}})", "wrong-type"},
};
TEST(LintKinds, SubstitutePath)
{
    judge_files(kSubstitutePath);
}

constexpr LintedFile kModesAndTypes[] = {
    {"go", R"("outputMode": "both")", "wrong-value"},
    {"go", R"("logOutput": "dap,rcp")", "wrong-value"},
    {"go", R"("logOutput": "dap,rpc,debugger")", ""},
    {".vscode/launch.json", R"({"configurations": {"name": "a", "type": "go", "request": "launch"}})", "wrong-type"},
    {"go", R"("mode": "run", "program": "${workspaceFolder}")", "wrong-value"},
    {"go", R"("mode": "Debug", "program": "${workspaceFolder}")", "wrong-value"},
    {"go", R"("mode": "launch", "program": "${workspaceFolder}")", "wrong-value"},
    {"go", R"("mode": "remote", "port": 2345, "host": "127.0.0.1")", "wrong-request"},
    {"go attach", R"("mode": "debug", "processId": 1)", "wrong-value"},
    {".vscode/launch.json",
     R"({"configurations": [{"name": "a", "type": "go", "request": "run", "program": "${workspaceFolder}"}]})",
     "wrong-value"},
    {".vscode/launch.json", R"({"configurations": [{"name": "a", "type": "go", "program": "${workspaceFolder}"}]})",
     "missing-attribute"},
    {".vscode/launch.json",
     R"({"configurations": [{"name": "x", "request": "launch", "program": "${workspaceFolder}"}]})",
     "missing-attribute"},
    {"go", R"("stopOnEntry": "true")", "wrong-type"},
    {"go attach", R"("mode": "remote", "port": "2345")", "wrong-type"},
    {"go", R"("showLog": 1)", "wrong-type"},
    {"go", R"("mode": "debug", "program": ["main.go"])", "wrong-type"},
    {"go", R"("env": ["A=1"])", "wrong-type"},
    {"go", R"("args": {"a": 1})", "wrong-type"},
    {"go", R"("args": ["-n",3])", "wrong-type"},
    {"go", R"("env": {"PORT": 8080})", "env-not-string"},
    {"go", R"("stackTraceDepth": "50")", "wrong-type"},
    {"go", R"("console": "terminal")", "wrong-value"},
    {"go", R"("logOutput": ["dap"])", "wrong-type"},
    {"go", R"("hideSystemGoroutines": "false")", "wrong-type"},
    {"go", R"("backend": "gdb")", "wrong-value"},
};
TEST(LintKinds, ModesAndTypes)
{
    judge_files(kModesAndTypes);
}

constexpr LintedFile kDlvFlags[] = {
    {"go", R"("dlvFlags": ["--check-go-version=false --only-same-user=false"])", "joined-flags"},
    {"go", R"("dlvFlags": ["--log-output dap"])", "joined-flags"},
    {"go", R"("dlvFlags": ["-r stdin:in.txt"])", "joined-flags"},
    {"go", R"("dlvFlags": "--check-go-version=false")", "wrong-type"},
    {"go", R"("dlvFlags": ["--continue"])", "unknown-flag"},
    {"go", R"("dlvFlags": ["check-go-version=false"])", "ignored-flag"},
    {"go", R"("dlvFlags": ["--chek-go-version=false"])", "unknown-flag"},
    {".vscode/settings.json", R"({"go.delveConfig": {"dlvFlags": ["--log --log-output=dap"]}})", "joined-flags"},
    {".vscode/settings.json", R"({"go.delveConfig": {"dlvFlags": "--check-go-version=false"}})", "wrong-type"},
    {".vscode/settings.json", R"({"go.delveConfig": {"showLog": "true"}})", "wrong-type"},
    {".vscode/settings.json", R"({"go.delveConfig": {"debugAdapter": "dlv"}})", "wrong-value"},
};
TEST(LintKinds, DlvFlags)
{
    judge_files(kDlvFlags);
}

constexpr LintedFile kCoresTestsAndPorts[] = {
    {"go", R"("mode": "core", "program": "/bin/true")", "missing-attribute"},
    {"go", R"("mode": "core", "program": "/bin/true", "coreFilePath": "")", "missing-attribute"},
    {"go", R"("mode": "core", "coreFilePath": "/bin/true")", "missing-attribute"},
    {"go", R"("mode": "exec")", "missing-attribute"},
    {"go", R"("mode": "replay", "traceDirPath": "")", "missing-attribute"},
    {"go", R"("mode": "test", "program": "${workspaceFolder}", "args": ["--run=TestX"])", "test-flag"},
    {"go", R"("mode": "test", "program": "${workspaceFolder}", "args": ["-count=1", "-v"])", "test-flag test-flag"},
    {"go", R"("mode": "test", "program": "${workspaceFolder}", "args": ["-race"])", "test-flag"},
    {"go", R"("mode": "test", "program": "${workspaceFolder}", "args": ["-tags=integration"])", "test-flag"},
    {"go", R"("mode": "test", "program": "${workspaceFolder}", "args": ["-cover"])", "test-flag"},
    {"go", R"("mode": "test", "program": "${workspaceFolder}", "args": ["-json"])", "test-flag"},
    {"go", R"("mode": "test", "program": "${workspaceFolder}", "args": ["-test.run", "TestX", "-update"])", ""},
    {"go", R"("port": 2345)", "external-server"},
    {"go", R"("mode": "test", "program": "${workspaceFolder}", "port": 0)", ""},
    {"go", R"("mode": "exec", "program": "${workspaceFolder}/app_test.go")", "source-as-program"},
    {"go", R"("remotePath": "")", ""},
    {"go", R"("remotePath": "/app")", "ignored-attribute"},
};
TEST(LintKinds, CoresTestsAndPorts)
{
    judge_files(kCoresTestsAndPorts);
}

constexpr LintedFile kTags[] = {
    {"go", R"("buildFlags": "-tags integration unit")", "build-flags-joined"},
    {"go", R"("buildFlags": "-tags=integration unit")", "build-flags-joined"},
    {"go", R"("buildFlags": ["-tags", "integration unit"])", "build-flags-joined"},
    {"go", R"("buildFlags": ["-tags integration"])", "build-flags-joined"},
    {"go", R"("buildFlags": "-tags integration")", ""},
    {"go", R"("buildFlags": "-tags='integration unit'")", ""},
    {"go", R"("buildFlags": "-tags=integration,unit -race")", ""},
};
TEST(LintKinds, Tags)
{
    judge_files(kTags);
}

} // namespace
} // namespace dbgscope
