// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/packed_rules.hpp"

namespace dbgscope {
namespace {

// Sessions that did not begin, in the words of editors and of debuggers without a program.
constexpr Rule kRules[] = {
    {.id = "dap-session-busy",
     .severity = Severity::failure,
     .applies = "dlv 1.7.3 and later",
     .patterns = {"debug session already in progress at {address_}"},
     .samples = {"Failed to launch: debug session already in progress at 127.0.0.1:2345 - use remote attach mode to "
                 "connect to a server with an active debug session"},
     .what = "the dlv at {address} has its program already, and the client asked it for another",
     .cause = "dlv debug, exec and attach --headless serve the session they were started with; only dlv dap takes a "
              "launch.",
     .cure = "\"request\": \"attach\", \"mode\": \"remote\" in launch.json; or start dlv dap instead."},
    {.id = "lldb-server-missing",
     .severity = Severity::failure,
     .applies = "dlv on macOS, or with --backend=lldb; lldb",
     .patterns = {"debugserver or lldb-server not found", "could not find debugserver", "unable to locate lldb-server"},
     .samples =
         {"could not launch process: debugserver or lldb-server not found: install Xcode's command line tools or "
          "lldb-server",
          "could not find debugserver", "error: unable to locate lldb-server-17.0.6"},
     .what = "there is no debugserver or lldb-server to start the program with",
     .cause = "This backend needs one: on macOS it comes with Xcode's command line tools; on Linux dlv uses it "
              "only with --backend=lldb, and lldb always.",
     .cure = "xcode-select --install; on Linux take dlv's backend out (native is the default); for lldb install the "
             "package lldb of the same version."},
    {.id = "stub-exited",
     .severity = Severity::failure,
     .applies = "dlv on macOS, or with --backend=lldb",
     .patterns = {"stub exited while waiting for connection: {status}",
                  "could not launch process: could not fork/exec"},
     .samples = {"Failed to launch: could not launch process: stub exited while waiting for connection: exit status 0",
                 "could not launch process: could not fork/exec"},
     .what = "the debugger's helper on macOS ended at once",
     .cause = "debugserver did not start the program: it is no program for this machine or cannot be executed, "
              "developer mode is off, or the tools are older than the system (or, for an old dlv, not signed).",
     .cure = "DevToolsSecurity -enable; update Xcode's command line tools and dlv; run the program by hand. Its log: "
             "--log --log-output=debugger,gdbwire."},
    {.id = "lldb-lost",
     .severity = Severity::failure,
     .applies = "lldb, CodeLLDB",
     .patterns = {"error: attach failed: lost connection", "error: process launch failed: lost connection",
                  "while waiting for reply to initial handshake packet"},
     .samples = {"error: attach failed: lost connection", "error: process launch failed: lost connection",
                 "error: Connection shut down by remote side while waiting for reply to initial handshake packet"},
     .what = "lldb-server, which does lldb's work, ended before it answered",
     .cause = "It is of another version than lldb, crashed, or may not trace here (a container without SYS_PTRACE, an "
              "emulator).",
     .cure = "lldb-server --version and lldb --version should agree; dbgscope doctor ptrace tries what it needs.",
     .caused_by = {"ptrace-start-refused", "ptrace-emulated", "attach-refused"}},
    {.id = "lldb-launch-failed",
     .severity = Severity::failure,
     .applies = "lldb, CodeLLDB",
     .patterns = {"Sending vRun packet failed", "'A' packet returned an error: -1"},
     .samples = {"Cannot launch '/w/app': Sending vRun packet failed",
                 "error: process launch failed: 'A' packet returned an error: -1"},
     .what = "lldb-server could not start the program",
     .cause =
         "It does not say why: the program cannot be executed here (another architecture, no ELF interpreter, no x "
         "bit), the working directory is not there, or a filter forbids what lldb does at the start.",
     .cure = "Run the program by hand in that directory; file PROGRAM; in a container --cap-add=SYS_PTRACE "
             "--security-opt seccomp=unconfined."},
    {.id = "dap-adapter-exited",
     .severity = Severity::failure,
     .applies = "nvim-dap",
     .patterns = {"^dlv exited with code: {code#}", "^dlv exited with code {code#}",
                  "ommand `{command}` of adapter `{adapter}` exited with {code#}", "^gdb exited with code: {code#}"},
     .samples = {"dlv exited with code: 1", "dlv exited with code 2",
                 "command `dlv` of adapter `go` exited with 1. Run :DapShowLog to open logs",
                 "gdb exited with code: 1"},
     .what = "the debug adapter that the editor started has ended",
     .cause = "A flag it does not know, a port that is taken, a variable that Go refuses (GOMEMLIMIT, GODEBUG), or no "
              "such command. Its own words are on its standard error, in nvim-dap's log and REPL.",
     .cure = "Run the adapter's command by hand: dlv dap -l 127.0.0.1:0 has to print \"DAP server listening at\".",
     .caused_by = {"dlv-unknown-flag", "port-in-use", "gomemlimit-malformed", "godebug-removed", "debugger-missing"}},
    {.id = "spawn-denied",
     .severity = Severity::failure,
     .applies = "VS Code and other editors",
     .patterns = {"spawn {file}/dlv EACCES", "spawn {file}/gdb EACCES", "spawn {file}/dlv ENOTDIR"},
     .samples = {"Error: spawn /home/me/go/bin/dlv EACCES", "Error: spawn /usr/bin/gdb EACCES",
                 "Error: spawn /home/me/go/bin/dlv ENOTDIR"},
     .what = "the editor may not execute the debugger in {file}",
     .cause =
         "It has no x bit, is a directory, or lies on a file system mounted noexec; or the path goes through a file.",
     .cure = "ls -l on it; chmod +x, or install it anew."},
    {.id = "dap-adapter-missing",
     .severity = Severity::failure,
     .applies = "nvim-dap",
     .patterns = {"Executable `{command}` not found, fix the adapter definition for `{adapter}`",
                  "Error running `{command}` of `{adapter}`: "},
     .samples = {"Executable `dlv` not found, fix the adapter definition for `go` (ENOENT: no such file or directory)",
                 "Error running `dlv` of `go`: "},
     .what = "the editor could not start {command}, the debug adapter of {adapter}",
     .cause = "It is not installed, not in the PATH of the editor, or cannot be executed.",
     .cure =
         "Install it (go install github.com/go-delve/delve/cmd/dlv@latest; gdb 14 and later for --interpreter=dap), "
         "or give its full path in the adapter's definition."},
    {.id = "vscode-go-program",
     .severity = Severity::failure,
     .applies = "VS Code with the Go extension",
     .patterns = {"The program attribute must {be}", "failed to process 'envFile' and 'env' settings: "},
     .samples = {"The program attribute must be a directory or .go file in debug mode",
                 "failed to process 'envFile' and 'env' settings: Cannot load environment variables from file"},
     .what = "the Go extension refused the configuration before it started dlv",
     .cause =
         "program is not what the mode takes (a directory or .go file for debug and test, a built program for exec), "
         "or a file named in envFile cannot be read.",
     .cure = "Mend it in launch.json; dbgscope lint launch.json points at the line."},
    {.id = "listen-failed",
     .severity = Severity::failure,
     .applies = "dlv, gdbserver",
     .patterns = {"couldn't start listener: {why}cannot assign requested address",
                  "couldn't start listener: {why}missing port in address",
                  "couldn't start listener: {why}permission denied", "couldn't start listener: {why}no such host",
                  "^Can't bind address: Cannot assign requested address."},
     .samples = {"couldn't start listener: listen tcp 10.0.0.7:2345: bind: cannot assign requested address",
                 "couldn't start listener: listen tcp: address 2345: missing port in address",
                 "couldn't start listener: listen tcp :80: bind: permission denied",
                 "couldn't start listener: listen tcp: lookup nowhere: no such host",
                 "Can't bind address: Cannot assign requested address."},
     .what = "the debugger cannot listen on the address it was given",
     .cause = "The address is not this machine's (or not this container's), has no port, or its port is below 1024.",
     .cure = "--listen=127.0.0.1:2345 for this machine, :2345 for all addresses of a container."},
    {.id = "cppdbg-cwd-missing",
     .severity = Severity::failure,
     .applies = "VS Code with cpptools",
     .patterns = {"\"-environment-cd {directory}\". "},
     .samples =
         {"Unable to start debugging. Unexpected GDB output from command \"-environment-cd /w/build\". /w/build: "
          "No such file or directory."},
     .what = "the working directory {directory} is not there",
     .cause = "cwd in launch.json names it; it may come only with the first build, or be one of another machine.",
     .cure = "\"cwd\": \"${workspaceFolder}\", or make the directory."},
    {.id = "gdb-exited",
     .severity = Severity::failure,
     .applies = "VS Code with cpptools",
     .patterns = {"GDB exited unexpectedly", "LLDB exited unexpectedly"},
     .samples = {"ERROR: Unable to start debugging. GDB exited unexpectedly. Debugging will now abort.",
                 "ERROR: LLDB exited unexpectedly. Debugging will now abort."},
     .what = "the debugger itself ended in the middle of the session",
     .cause =
         "It crashed (a gdb much older than the compiler), was killed for memory with what it debugs, or is no gdb "
         "at all (miDebuggerPath).",
     .cure = "\"logging\": {\"engineLogging\": true} shows its last words; look at the kernel's log; run the same gdb "
             "by hand.",
     .caused_by = kKilledForMemory},
    {.id = "gdb-remote-silent",
     .severity = Severity::failure,
     .applies = "gdb with a remote target",
     .patterns = {"Remote replied unexpectedly to 'vMustReplyEmpty': timeout", "^Ignoring packet error, continuing...",
                  "Remote did not reply to 'vMustReplyEmpty'"},
     .samples = {"Remote replied unexpectedly to 'vMustReplyEmpty': timeout", "Ignoring packet error, continuing...",
                 "Remote did not reply to 'vMustReplyEmpty'"},
     .what = "something listens at gdb's remote address, and it does not speak gdb's protocol",
     .cause = "The port is another program's (dlv, a web server, a proxy), or gdbserver has its one client already and "
              "keeps the second waiting.",
     .cure = "ss -ltnp on that machine shows who listens; end the other gdb. For dlv use dlv connect or a DAP client."},
    {.id = "vscode-type-unknown",
     .severity = Severity::failure,
     .applies = "VS Code",
     .patterns = {"Configured debug type '{type}' is not supported",
                  "find a debug adapter descriptor for debug type '{type}'",
                  "Configured debug type '{type}' is installed but not supported in this environment"},
     .samples = {"Configured debug type 'cppdbg' is not supported.",
                 "Couldn't find a debug adapter descriptor for debug type 'go' (extension might have failed to "
                 "activate)",
                 "Configured debug type 'cppdbg' is installed but not supported in this environment."},
     .what = "VS Code has no extension here that debugs the type {type}",
     .cause = "The extension is not installed or switched off where the program runs (over SSH, in WSL and in a dev "
              "container extensions are installed anew), or did not start.",
     .cure = "Install it there: golang.go for go, ms-vscode.cpptools for cppdbg, vadimcn.vscode-lldb for lldb; look at "
             "its output channel, then reload the window."},
    {.id = "vscode-task-failed",
     .severity = Severity::failure,
     .applies = "VS Code",
     .patterns = {"The preLaunchTask '{task}' terminated with exit code {code#}",
                  "Errors exist after running preLaunchTask '{task}'"},
     .samples = {"The preLaunchTask 'build' terminated with exit code 1.",
                 "Errors exist after running preLaunchTask 'build'."},
     .what = "the task {task}, which runs before the session, failed",
     .cause = "Mostly the build: the program that would be debugged is then an old one, or not there.",
     .cure = "Run the task by itself (Terminal, Run Task): its terminal shows why."},
    {.id = "vscode-task-missing",
     .severity = Severity::failure,
     .applies = "VS Code",
     .patterns = {"ould not find the task '{task}'", "ould not find the preLaunchTask '{task}'"},
     .samples = {"Could not find the task 'build'.", "Could not find the preLaunchTask 'build'."},
     .what = "there is no task {task}",
     .cause = "preLaunchTask or postDebugTask in launch.json names it; tasks.json has no such label.",
     .cure = "Mend the name, or add the task; dbgscope lint launch.json points at the line."},
};

} // namespace

std::vector<Rule> session_rules()
{
    return PackedRules<[] { return std::span(kRules); }>::rules();
}

} // namespace dbgscope
