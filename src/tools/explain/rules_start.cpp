// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/rules.hpp"

namespace dbgscope {
namespace {

// Why a debugger or its debuggee did not start.
constexpr Rule kRules[] = {
    {.id = "gomemlimit-malformed",
     .severity = Severity::failure,
     .applies = "Go 1.19 and later",
     .patterns = {"fatal error: malformed GOMEMLIMIT"},
     .samples = {"fatal error: malformed GOMEMLIMIT; see `go doc runtime/debug.SetMemoryLimit`"},
     .what = "a Go program ended at its start: GOMEMLIMIT cannot be read",
     .cause =
         "Go takes bytes, or a number with B, KiB, MiB, GiB or TiB. 512M, 512MB, 0.5GiB and 512 MiB are fatal. dlv "
         "and go read the variable too: with a bad one nothing starts.",
     .cure = "GOMEMLIMIT=512MiB, or off."},
    {.id = "godebug-removed",
     .severity = Severity::failure,
     .applies = "Go 1.27 and later",
     .patterns = {"fatal error: removed GODEBUG \"{key}\" set to old value \"{value}\""},
     .samples = {"fatal error: removed GODEBUG \"asynctimerchan\" set to old value \"1\" in environment"},
     .what = "a Go program ended at its start: GODEBUG {key}={value} is not there any more",
     .cause = "From Go 1.27 on a removed setting with its old value is fatal. It comes from the environment, and hits "
              "dlv and go as well if they were built with that Go.",
     .cure = "Take {key} out of GODEBUG (launch.json env, go.toolsEnvVars, shell start files)."},
    {.id = "godebug-cgocheck",
     .severity = Severity::failure,
     .applies = "Go 1.21 and later",
     .patterns = {"fatal error: cgocheck > 1 mode is no longer supported at runtime."},
     .samples =
         {"fatal error: cgocheck > 1 mode is no longer supported at runtime. Use GOEXPERIMENT=cgocheck2 at build "
          "time instead."},
     .what = "a Go program ended at its start: GODEBUG=cgocheck=2",
     .cause = "Go 1.21 moved this check from run time to the build.",
     .cure = "Take cgocheck=2 out of GODEBUG; for the check itself build with GOEXPERIMENT=cgocheck2."},
    {.id = "dlv-too-old",
     .severity = Severity::failure,
     .applies = "dlv 1.3 and later",
     .patterns = {"Version of Delve is too old for Go version {go_} (maximum supported version {max_},"},
     .samples = {"Version of Delve is too old for Go version 1.24.4 (maximum supported version 1.20, suppress this "
                 "error with --check-go-version=false)"},
     .what = "this dlv is too old for a program built with Go {go}: it knows Go up to {max}",
     .cause =
         "Each dlv release knows a window of Go releases; the debug information of a newer Go can be wrong for it.",
     .cure = "Update dlv: go install github.com/go-delve/delve/cmd/dlv@latest. --check-go-version=false goes on, "
             "with values that may be wrong. dbgscope doctor names the releases that fit."},
    {.id = "go-too-old",
     .severity = Severity::failure,
     .applies = "dlv 1.3 and later",
     .patterns = {"Go version {go_} is too old for this version of Delve (minimum supported version {min_},"},
     .samples = {"Go version go1.19.8 is too old for this version of Delve (minimum supported version 1.22, suppress "
                 "this error with --check-go-version=false)"},
     .what = "the program was built with Go {go}, this dlv needs Go {min} at least",
     .cause = "Each dlv release knows a window of Go releases, and drops old ones.",
     .cure = "Build with a newer Go, or install an older dlv that knows this one (Go before 1.19: dlv 1.20.2; before "
             "1.21: 1.22.1). --check-go-version=false goes on, with values that may be wrong."},
    {.id = "dlv-dwarf5",
     .severity = Severity::failure,
     .applies = "dlv built with Go before 1.25",
     .patterns = {"To debug executables using DWARFv5 or later Delve must be built with Go version {go_} or later"},
     .samples = {"To debug executables using DWARFv5 or later Delve must be built with Go version 1.25.0 or later"},
     .what = "this dlv was built with a Go that cannot read the program's debug information (DWARF 5)",
     .cause = "Go 1.25 and later write DWARF 5, and the reader is in the library dlv was built with.",
     .cure = "Build dlv again with Go {go} or later: go install github.com/go-delve/delve/cmd/dlv@latest. Or build the "
             "program with GOEXPERIMENT=nodwarf5."},
    {.id = "stripped",
     .severity = Severity::failure,
     .applies = "dlv 1.4 and later",
     .patterns = {"could not open debug info - debuggee must not be built with",
                  "Warning: no debug info found, some functionality will be missing"},
     .samples = {"could not launch process: could not open debug info - debuggee must not be built with 'go run' or "
                 "-ldflags='-s -w', which strip debug info",
                 "Warning: no debug info found, some functionality will be missing such as stack traces and variable "
                 "evaluation."},
     .what = "the program has no debug information: it is stripped",
     .cause = "It was built with -ldflags='-s -w', by go run, or went through strip.",
     .cure = "Build it without -s and -w: go build -gcflags='all=-N -l', or let dlv debug build it. go version -m FILE "
             "shows the flags of a build."},
    {.id = "not-executable",
     .severity = Severity::failure,
     .applies = "dlv 1.0 and later",
     .patterns = {"could not launch process: not an executable file", "Can not debug non-main package"},
     .samples = {"could not launch process: not an executable file", "Can not debug non-main package"},
     .what = "dlv was given something that is no program",
     .cause =
         "The package is not main, so that no program came out of it; or the file is a script, has no x bit, or is "
         "for another system. dlv starts ELF files only, no wrapper scripts.",
     .cure = "Name a package main (\"program\" in launch.json), or the program itself; put a wrapper before dlv, not "
             "before the program."},
    {.id = "program-missing",
     .severity = Severity::failure,
     .applies = "dlv, gdbserver, gdb",
     .patterns = {"could not launch process: open {file}: no such file or directory",
                  "^stat {file}: directory not found", "line 1: {file}: No such file or directory",
                  "1: exec: {file}: not found", "fish: Unknown command: {file}",
                  "zsh:1: no such file or directory: {file}"},
     .samples = {"could not launch process: open /home/me/app/bin: no such file or directory",
                 "stat /home/me/app/cmd: directory not found", "/bin/bash: line 1: /nosuch: No such file or directory",
                 "/bin/sh: 1: exec: /nosuch: not found", "fish: Unknown command: /nosuch",
                 "zsh:1: no such file or directory: /nosuch"},
     .what = "{file} is not there",
     .cause = "The path is relative to another directory than you think, or nothing has been built there yet.",
     .cure = "Give the path in full; in launch.json \"program\" and \"cwd\" with ${workspaceFolder}."},
    {.id = "exec-denied",
     .severity = Severity::failure,
     .applies = "dlv, go run, go test, gdb, gdbserver",
     .patterns = {"fork/exec {file}: permission denied", "exec: {file}: cannot execute: Permission denied",
                  "line 1: {file}: Permission denied", "1: exec: {file}: Permission denied",
                  "fish: Unknown command. '{file}' exists but is not an executable",
                  "zsh:1: permission denied: {file}"},
     .samples = {"could not launch process: fork/exec /tmp/x/__debug_bin: permission denied",
                 "/bin/bash: line 1: /mnt/nx/cdbg: Permission denied",
                 "/bin/bash: line 1: exec: /mnt/nx/cdbg: cannot execute: Permission denied",
                 "/bin/sh: 1: exec: /mnt/nx/cdbg: Permission denied",
                 "fish: Unknown command. '/mnt/nx/cdbg' exists but is not an executable file.",
                 "zsh:1: permission denied: /mnt/nx/cdbg"},
     .what = "{file} may not be executed",
     .cause = "The file system is mounted noexec (findmnt -T FILE shows it), or the file has no x bit.",
     .cure = "Build elsewhere (dlv debug --output=DIR/NAME, GOTMPDIR for go run and go test), or chmod +x."},
    {.id = "ptrace-launch-refused",
     .severity = Severity::failure,
     .applies = "dlv in containers",
     .patterns = {"fork/exec {file}: operation not permitted"},
     .samples = {"could not launch process: fork/exec /app/server: operation not permitted"},
     .what = "the kernel refused to trace {file}",
     .cause = "ptrace is forbidden here: a container's seccomp profile, yama ptrace_scope=3, or a tracer that is there "
              "already.",
     .cure = "docker run --cap-add=SYS_PTRACE --security-opt seccomp=unconfined; in Kubernetes securityContext."
             "capabilities.add SYS_PTRACE. dbgscope doctor shows what forbids it."},
    {.id = "already-traced",
     .severity = Severity::failure,
     .applies = "dlv 1.22 and later, gdb",
     .patterns = {"already being debugged by pid {tracer#}", "is already traced by process {tracer#}"},
     .samples = {"could not attach to pid 812: already being debugged by pid 644",
                 "warning: process 22110 is already traced by process 22111"},
     .what = "process {tracer} is tracing it already",
     .cause = "A process has one tracer: another dlv, gdb or strace holds it, perhaps a session left over.",
     .cure = "End the other one. dbgscope ps shows sessions, dbgscope stop ID ends one."},
    {.id = "attach-refused",
     .severity = Severity::failure,
     .applies = "dlv, gdb, gdbserver; Linux with yama",
     .patterns = {"this could be caused by a kernel security setting, try writing \"0\"",
                  "could not attach to pid {pid#}: operation not permitted", "^ptrace: Operation not permitted."},
     .samples = {"Could not attach to pid 812: this could be caused by a kernel security setting, try writing \"0\" to "
                 "/proc/sys/kernel/yama/ptrace_scope",
                 "could not attach to pid 22110: operation not permitted", "ptrace: Operation not permitted."},
     .what = "the kernel refused to attach",
     .cause = "One of: yama (ptrace_scope=1 lets a process be traced by its ancestors only), another user's process, a "
              "container without SYS_PTRACE, or somebody tracing it already.",
     .cure = "Start the program under the debugger instead of attaching, or: sysctl kernel.yama.ptrace_scope=0, or "
             "attach as root. dbgscope doctor says which of them it is.",
     .caused_by = {"already-traced"}},
    {.id = "attach-other-user",
     .severity = Severity::failure,
     .applies = "dlv 1.5 and later",
     .patterns = {"Could not attach to pid {pid#}: current user does not own the process"},
     .samples = {"Could not attach to pid 1: current user does not own the process"},
     .what = "process {pid} belongs to another user",
     .cause = "Only its owner, or root, may trace a process.",
     .cure = "Run the debugger as that user or as root: sudo dlv attach {pid}."},
    {.id = "attach-no-process",
     .severity = Severity::failure,
     .applies = "dlv, gdb, gdbserver",
     .patterns = {"could not attach to pid {pid#}: no such process", "Cannot attach to process {pid#}: No such process",
                  "^ptrace: No such process."},
     .samples = {"could not attach to pid 999999: no such process",
                 "Cannot attach to process 999999: No such process (3)", "ptrace: No such process."},
     .what = "the process to attach to is not there",
     .cause =
         "It has ended, or the pid is one of another pid namespace: outside a container pids are not those inside.",
     .cure = "Look it up again: pgrep -a NAME; for a container docker top, or attach inside it."},
    {.id = "not-a-terminal",
     .severity = Severity::failure,
     .applies = "dlv 1.5 and later",
     .patterns = {"Stdin is not a terminal, use '-r' to specify redirects"},
     .samples = {"Stdin is not a terminal, use '-r' to specify redirects for the target process or "
                 "--allow-non-terminal-interactive=true if you really want to specify a redirect for Delve"},
     .what = "dlv was started with its prompt, and without a terminal",
     .cause = "A script, CI job or wrapper put a pipe on its standard input.",
     .cure = "Give it a terminal, use --headless or dlv dap, or --allow-non-terminal-interactive=true with commands "
             "on standard input. For the program's own input: -r stdin:FILE."},
    {.id = "dlv-build-failed",
     .severity = Severity::failure,
     .applies = "dlv dap 1.4 and later",
     .patterns = {"Failed to launch: Build error: Check the debug console for details."},
     .samples = {"Failed to launch: Build error: Check the debug console for details."},
     .what = "the program could not be built",
     .cause = "The compiler's own words are in the debug console, after \"Build Error:\".",
     .cure = "Run that go build command in the same directory; what it prints is what has to be mended.",
     .caused_by = {"build-killed", "gomemlimit-malformed", "godebug-removed", "godebug-cgocheck"}},
    {.id = "startup-exited",
     .severity = Severity::failure,
     .applies = "gdb, gdbserver",
     .patterns = {"During startup program exited with code {code#}."},
     .samples = {"During startup program exited with code 127."},
     .what = "the program ended before the debugger had it (code {code})",
     .cause =
         "gdb starts programs through $SHELL: 127 is a program that is not there, 126 one that may not be executed; "
         "other codes come from the shell's start files or a library that cannot be loaded.",
     .cure = "Run the program without a debugger; set startup-with-shell off leaves the shell out.",
     .caused_by = {"program-missing", "exec-denied"}},
};

} // namespace

std::span<const Rule> start_rules()
{
    return kRules;
}

} // namespace dbgscope
