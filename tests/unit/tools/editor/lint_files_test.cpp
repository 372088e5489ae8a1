// SPDX-License-Identifier: Apache-2.0
#include "unit/tools/editor/linted.hpp"

// Configurations of cpptools and other files as people have them, one fault each; and sound ones.
namespace dbgscope {
namespace {

constexpr LintedFile kCppdbg[] = {
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "miDebuggerPath": "/usr/local/nowhere/gdb")",
     "not-built missing-path"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "env": [{"name": "A", "value": "b"}])",
     "not-built foreign-attribute"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "environment": {"A": "b"})", "not-built wrong-type"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "environment": ["A=b"])", "not-built missing-attribute"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "environment": [{"name": "A", "value": 1}])",
     "not-built wrong-type"},
    {"cppdbg", R"("program": "${file}")", "source-as-program"},
    {"cppdbg", R"("program": "${workspaceFolder}/src/main.c")", "source-as-program"},
    {"cppdbg", R"("program": "${relativeFile}")", "source-as-program"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "stopOnEntry": true)", "not-built foreign-attribute"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "MIMode": "dlv")", "not-built wrong-value"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "args": "-a -b")", "not-built wrong-type"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "externalConsole": "false")", "not-built wrong-type"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "setupCommands": {"text": "x"})", "not-built wrong-type"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "sourceFileMap": ["/a", "/b"])", "not-built wrong-type"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "miDebugerPath": "/usr/bin/gdb")",
     "not-built misspelt-attribute"},
    {"cppdbg",
     R"("program": "${workspaceFolder}/out/app", "setupCommands": [{"description": "x", "txt": "-enable-pretty-printing"}])",
     "not-built missing-attribute"},
    {"cppdbg", R"("program": "${workspaceFolder}/out/app", "cwd": "/nowhere/at/all")", "not-built missing-path"},
    {"cppdbg", R"("program": "/nowhere/app")", "missing-path"},
    {"cppdbg", R"("cwd": "${workspaceFolder}")", "missing-attribute"},
};
TEST(LintKinds, Cppdbg)
{
    judge_files(kCppdbg);
}

constexpr LintedFile kNames[] = {
    {"go", R"("program": "${workspaceFolder}", "preLaunchTask": "biuld")", "unknown-name"},
    {"go", R"("program": "${workspaceFolder}", "postDebugTask": "clean")", "unknown-name"},
    {"go", R"("program": "${workspaceFolder}"}], "compounds": [{"name": "c", "configurations": ["a", "B"])",
     "unknown-name"},
    {"go",
     R"("program": "${workspaceFolder}"}], "compounds": [{"name": "c", "configurations": ["a"], "preLaunchTask": "nothing")",
     "unknown-name"},
    {"go", R"("program": "${workspaceFolder}", "preLaunchTask": "build")", ""},
    {".vscode/launch.json",
     R"({"configurations": [{"name": "a", "type": "node", "request": "launch", "program": "x.js", "preLaunchTask": "nothing"}]})",
     "unknown-name"},
    {".vscode/tasks.json", R"({"tasks": [{"label": "b", "type": "shell", "command": "make", "dependsOn": ["x"]}]})",
     "unknown-name"},
    {".vscode/tasks.json",
     R"({"tasks": [{"label": "b", "type": "shell", "command": "make", "dependsOn": {"type": "npm", "script": "build"}}]})",
     ""},
    {".vscode/tasks.json", R"({"tasks": [{"label": "b", "type": "shell", "command": "make", "isBackground": "true"}]})",
     "wrong-type"},
    {".vscode/tasks.json",
     R"({"tasks": [{"label": "b", "type": "shell", "command": "make", "dependsOrder": "serial"}]})", "wrong-value"},
    {".vscode/tasks.json", R"({"tasks": [{"label": "b", "type": "shel", "command": "make"}]})", ""},
};
TEST(LintKinds, Names)
{
    judge_files(kNames);
}

constexpr LintedFile kOtherFiles[] = {
    {"a.code-workspace",
     R"({"folders": [{"path": "."}], "launch": {"configurations": [{"name": "a", "type": "go", "request": "launch", "mode": "core", "program": "/bin/true"}]}})",
     "missing-attribute"},
    {"a.code-workspace",
     R"({"folders": [{"path": "."}], "settings": {"go.toolsEnvVars": {"GOFLAGS": "-trimpath"}}, "launch": {"configurations": [{"name": "a", "type": "go", "request": "launch"}], "compounds": [{"name": "x", "configurations": ["q"]}]}})",
     "build-trims unknown-name"},
    {".zed/debug.json",
     R"([{"label": "a", "adapter": "Delve", "request": "launch", "mode": "debug", "program": ".", "buildFlags": ["-trimpath"]}])",
     "build-trims"},
    {".zed/debug.json", R"([{"adapter": "Delve", "request": "launch", "program": "."}])", "missing-attribute"},
    {".zed/debug.json", R"([{"label": "a", "adapter": "delve", "request": "launch", "program": "."}])", "wrong-value"},
    {".zed/debug.json",
     R"([{"label": "a", "adapter": "Delve", "request": "launch", "mode": "launch", "program": "."}])", "wrong-value"},
    {"devcontainer.json", R"({"image": "x", "runArgs": "--cap-add=SYS_PTRACE"})", "wrong-type"},
    {"devcontainer.json", R"({"image": "x", "runArgs": ["--cap-add SYS_PTRACE"]})", "joined-flags"},
    {"devcontainer.json", R"({"image": "x", "capAdd": "SYS_PTRACE"})", "wrong-type"},
    {"devcontainer.json",
     R"({"image": "x", "customizations": {"vscode": {"settings": {"go.delveConfig": {"dlvFlags": ["--a --b"]}}}}})",
     "joined-flags"},
    {".vscode/c_cpp_properties.json", R"({"configurations": [{"name": "Linux", "includePath": ["/x"]}], "version": 4})",
     "not read"},
    {".vimspector.json",
     R"({"configurations": {"run": {"adapter": "delve", "configuration": {"request": "launch", "program": "${file}", "mode": "debug"}}}})",
     "not read"},
    {"config.yml", R"(aliases:
  list: ["ls"]
substitute-path:
  - {from: /a, to: /b}
)",
     "not read"},
    {"docker-compose.yml", R"(services:
  app:
    image: x
)",
     "not read"},
    {".golangci.yml", R"(linters:
  enable: [a]
)",
     "not read"},
    {".vimrc", R"(let g:x=1
)",
     "not read"},
    {"package.json", R"({"name": "x"})", "not read"},
    {".vscode/extensions.json", R"({"recommendations": ["golang.go"]})", "not read"},
};
TEST(LintKinds, OtherFiles)
{
    judge_files(kOtherFiles);
}

constexpr LintedFile kHealthy[] = {
    {"go", R"("mode": "auto", "program": "${fileDirname}")", ""},
    {"go",
     R"("env": {"A": "1", "B":null}, "args": ["-x", "1"], "showLog": true, "trace": "verbose", "logOutput": "dap,rpc")",
     ""},
    {"go attach", R"("mode": "local", "processId": "${command:pickGoProcess}")", ""},
    {"go attach", R"("mode": "local", "processId": 0)", ""},
    {"go attach",
     R"("mode": "remote", "port": 2345, "host": "10.0.0.7", "substitutePath": [{"from": "${workspaceFolder}", "to": "/app"}])",
     ""},
    {"go attach", R"("mode": "remote", "port": 2345, "host": "x", "debugAdapter": "dlv-dap", "substitutePath": [])",
     ""},
    {"go",
     R"("mode": "test", "program": "${fileDirname}", "args": ["-test.v", "-test.run", "^TestX$"], "buildFlags": "-tags=integration -race")",
     ""},
    {"go", R"("buildFlags": "-ldflags='-X main.version=dev -X main.flags=-s'")", ""},
    {"go", R"("dlvFlags": ["--check-go-version=false"], "console": "integratedTerminal", "asRoot": true)", ""},
    {".vscode/launch.json", R"({
 // c
 "version": "0.2.0",
 "configurations": [{"name": "n", "type": "node", "request": "launch", "program": "x.js", "port": "9229"},{"name": "p", "type": "debugpy", "request": "launch", "module": "m", "env": {"A": 1}},],
 "inputs": [{"id": "x", "type": "promptString"}]})",
     ""},
    {"cppdbg",
     R"("program": "/bin/true", "args": [], "stopAtEntry": false, "cwd": "${workspaceFolder}", "environment": [], "externalConsole": false, "MIMode": "gdb", "setupCommands": [{"description": "x", "text": "-enable-pretty-printing", "ignoreFailures": true}])",
     ""},
    {"cppdbg",
     R"("program": "${workspaceFolder}/build/${input:target}", "MIMode": "gdb", "miDebuggerPath": "gdb-multiarch", "miDebuggerServerAddress": "localhost:3333", "useExtendedRemote": true)",
     ""},
    {"cppdbg attach", R"("program": "/bin/true", "processId": "${command:pickProcess}", "MIMode": "gdb")", ""},
    {"cppdbg",
     R"("program": "/bin/true", "MIMode": "gdb", "pipeTransport": {"pipeCwd": "", "pipeProgram": "ssh", "pipeArgs": ["x"], "debuggerPath": "/usr/bin/gdb"}, "sourceFileMap": {"/a": "/b"}, "logging": {"engineLogging": true})",
     ""},
    {".vscode/launch.json",
     R"({"configurations": [{"type": "lldb", "request": "launch", "name": "d", "program": "x", "args": [], "cwd": "${workspaceFolder}"}]})",
     ""},
    {".vscode/settings.json",
     R"({"editor.tabSize": 4, "go.toolsEnvVars": {"GOFLAGS": "-tags=integration", "GOPROXY": "direct"}, "go.buildFlags": [], "go.testFlags": ["-v", "-count=1"], "go.delveConfig": {"debugAdapter": "dlv-dap", "showGlobalVariables": true, "dlvFlags": ["--check-go-version=false"]}})",
     ""},
    {".vscode/tasks.json",
     R"({"tasks": [{"type": "go", "label": "go: build", "command": "build", "args": ["./..."], "problemMatcher": ["$go"], "group": "build"},{"label": "w", "type": "shell", "command": "go run ./cmd", "isBackground": true, "dependsOn": "go: build"}]})",
     ""},
    {"devcontainer.json",
     R"({"name": "Go", "image": "mcr/go:1", "runArgs": ["--cap-add=SYS_PTRACE", "--security-opt", "seccomp=unconfined"], "features": {}, "customizations": {"vscode": {"settings": {"go.useLanguageServer": true}, "extensions": ["golang.go"]}}, "postCreateCommand": "go version", "remoteUser": "vscode", "capAdd": ["SYS_PTRACE"], "containerEnv": {"A": "${localEnv:A}"}})",
     ""},
    {".zed/debug.json",
     R"([{"label": "Go", "adapter": "Delve", "request": "launch", "mode": "debug", "program": ".", "args": [], "env": {}},{"label": "c", "adapter": "CodeLLDB", "program": "x", "request": "launch"}])",
     ""},
    {"a.code-workspace",
     R"({"folders": [{"path": "."}], "settings": {"files.eol": "\n"}, "launch": {"configurations": [], "compounds": []}, "tasks": {"tasks": []}})",
     ""},
    {"go",
     R"("presentation": {"group": "x", "order": 1}, "serverReadyAction": {"action": "openExternally"}, "internalConsoleOptions": "openOnSessionStart")",
     ""},
};
TEST(LintKinds, Healthy)
{
    judge_files(kHealthy);
}

} // namespace
} // namespace dbgscope
