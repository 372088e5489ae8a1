// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/rules.hpp"

namespace dbgscope {
namespace {

// Why a debugger or its debuggee did not start.
constexpr Rule kRules[] = {
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
     .cause = "The package is not main, so that no program came out of it; or the file is a script, has no x bit, or "
              "is for another system. dlv starts ELF files only, no wrapper scripts.",
     .cure = "Name a package main (\"program\" in launch.json), or the program itself; put a wrapper before dlv, not "
             "before the program."},
    {.id = "program-missing",
     .severity = Severity::failure,
     .applies = "dlv, gdbserver, gdb",
     .patterns = {"could not launch process: open {file}: no such file or directory",
                  "^stat {file}: directory not found",
                  "could not launch process: stat {file}: no such file or directory",
                  "?line 1: {file}: No such file or directory", "?1: exec: {file}: not found",
                  "?fish: Unknown command: {file}", "?zsh:1: no such file or directory: {file}",
                  "?sh: 1: {file}: not found"},
     .samples = {"could not launch process: open /home/me/app/bin: no such file or directory",
                 "stat /home/me/app/cmd: directory not found",
                 "could not launch process: stat /w/app: no such file or directory",
                 "/bin/bash: line 1: /nosuch: No such file or directory", "/bin/sh: 1: exec: /nosuch: not found",
                 "fish: Unknown command: /nosuch", "zsh:1: no such file or directory: /nosuch",
                 "/bin/sh: 1: /nosuch: not found"},
     .what = "{file} is not there",
     .cause = "The path is relative to another directory than you think, or nothing has been built there yet. Where a "
              "shell says so and the file is there, its ELF interpreter is not: file FILE names it.",
     .cure = "Give the path in full; in launch.json \"program\" and \"cwd\" with ${workspaceFolder}."},
    {.id = "launch-no-such-file",
     .severity = Severity::failure,
     .applies = "dlv, Go programs",
     .patterns = {"fork/exec {file}: no such file or directory", "chdir {file}: no such file or directory",
                  "^exec {file_}: no such file or directory"},
     .samples = {"could not launch process: fork/exec /app/server: no such file or directory",
                 "could not launch process: chdir /nosuch: no such file or directory",
                 "exec /usr/local/bin/app: no such file or directory"},
     .what = "{file} could not be started: a file it takes is not there",
     .cause = "One of three: the program itself; its ELF interpreter (a glibc program on Alpine, a musl one on Debian: "
              "file FILE names it); or the working directory it was to start in (cwd, --wd).",
     .cure = "ls -l {file}; file {file} and look for the interpreter it names; look at cwd. A Go program without an "
             "interpreter: CGO_ENABLED=0."},
    {.id = "elf-interpreter-missing",
     .severity = Severity::failure,
     .applies = "shells, container runtimes, musl",
     .patterns = {": cannot execute: required file not found", "bad ELF interpreter: No such file or directory",
                  "Check the interpreter or linker", "exec user process caused: no such file or directory",
                  "exec user process caused \"no such file or directory\"", "Error relocating {file}: ",
                  "rosetta error: failed to open elf at ", "^qemu-{qemu_}: Could not open '/lib"},
     .samples = {"/bin/bash: line 1: /w/app: cannot execute: required file not found",
                 "-bash: ./app: /lib/ld-linux.so.2: bad ELF interpreter: No such file or directory",
                 "exec: Failed to execute process '/w/app': The file exists and is executable. Check the interpreter "
                 "or linker?",
                 "standard_init_linux.go:228: exec user process caused: no such file or directory",
                 "standard_init_linux.go:190: exec user process caused \"no such file or directory\"",
                 "Error relocating /w/app: __fprintf_chk: symbol not found",
                 "rosetta error: failed to open elf at /lib64/ld-linux-x86-64.so.2",
                 "qemu-x86_64: Could not open '/lib64/ld-linux-x86-64.so.2': No such file or directory"},
     .what = "the program is there, and the ELF interpreter it names is not",
     .cause = "It was linked for another C library: glibc (/lib64/ld-linux-x86-64.so.2) on a system with musl, or the "
              "other way round; or it is a script whose first line names nothing.",
     .cure = "Build in an image of the same kind as the one it runs in, or link it statically: CGO_ENABLED=0 for Go, "
             "-static for C. file PROGRAM shows the interpreter."},
    {.id = "library-missing",
     .severity = Severity::failure,
     .applies = "the dynamic linker",
     .patterns = {"error while loading shared libraries: {library_}: cannot open shared object file",
                  ": version `{library}' not found (required by"},
     .samples = {"./app: error while loading shared libraries: libfoo.so.1: cannot open shared object file: No such "
                 "file or directory",
                 "./app: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by ./app)"},
     .what = "the program ended at its start: {library} is not there",
     .cause = "It needs a shared library, or a version of one, that this system does not have: it was built on "
              "another, newer one.",
     .cure = "Build it here, or install the library; ldd PROGRAM lists what is missing. LD_LIBRARY_PATH has to be in "
             "the debuggee's environment."},
    {.id = "exec-format",
     .severity = Severity::failure,
     .applies = "the kernel, shells, container runtimes",
     .patterns = {"fork/exec {file}: exec format error", "cannot execute binary file",
                  "exec user process caused: exec format error", "exec user process caused \"exec format error\"",
                  "exec {file_}: exec format error", ": Exec format error", "zsh:1: exec format error: "},
     .samples = {"could not launch process: fork/exec /app/server: exec format error",
                 "/bin/bash: line 1: /w/app: cannot execute binary file: Exec format error",
                 "standard_init_linux.go:228: exec user process caused: exec format error",
                 "standard_init_linux.go:190: exec user process caused \"exec format error\"",
                 "exec /app/server: exec format error", "/w/app: Exec format error",
                 "zsh:1: exec format error: /w/app"},
     .what = "the program is for another kind of machine, or is no program",
     .cause = "Its architecture is not this machine's (an arm64 image on amd64, or the other way round) and no "
              "emulator is registered; or it is an empty file, or a script without #!.",
     .cure = "Build for this machine: GOOS and GOARCH, docker build --platform. file PROGRAM and uname -m show both.",
     .unless = "could not insert"},
    {.id = "gdb-format",
     .severity = Severity::failure,
     .applies = "gdb",
     .patterns = {"not in executable format: ", "is not compatible with reported target architecture"},
     .samples =
         {"\"/w/app\": not in executable format: file format not recognized",
          "warning: Selected architecture i386:x86-64 is not compatible with reported target architecture aarch64"},
     .what = "gdb cannot read this program: it is for another architecture, or no program",
     .cause = "A gdb built for one architecture knows only that one; a script or an archive is none at all.",
     .cure = "Use gdb-multiarch, or the gdb of that machine; for a script debug its interpreter."},
    {.id = "not-a-terminal",
     .severity = Severity::failure,
     .applies = "dlv 1.5 and later",
     .patterns = {"Stdin is not a terminal, use '-r' to specify redirects"},
     .samples = {"Stdin is not a terminal, use '-r' to specify redirects for the target process or "
                 "--allow-non-terminal-interactive=true if you really want to specify a redirect for Delve"},
     .what = "dlv was started with its prompt, and without a terminal",
     .cause = "A script, CI job or wrapper put a pipe on its standard input.",
     .cure = "Give it a terminal, use --headless or dlv dap, or --allow-non-terminal-interactive=true with commands on "
             "standard input. For the program's own input: -r stdin:FILE."},
    {.id = "dlv-unknown-flag",
     .severity = Severity::failure,
     .applies = "dlv",
     .patterns = {"unknown flag: --client-addr", "?unknown flag: {flag_}", "?unknown shorthand flag: {flag_} in"},
     .samples = {"Error: unknown flag: --client-addr", "Error: unknown flag: --check-go-versions",
                 "Error: unknown shorthand flag: 'x' in -x"},
     .what = "dlv does not know a flag it was given",
     .cause = "It is misspelt, or this dlv is older than the flag. --client-addr, which VS Code uses for a session in "
              "a terminal or as root, is there from dlv 1.7.3 on.",
     .cure = "Update dlv: go install github.com/go-delve/delve/cmd/dlv@latest. dlv help shows what this one knows."},
    {.id = "debugger-missing",
     .severity = Severity::failure,
     .applies = "docker, shells, editors",
     .patterns = {"exec: \"dlv\": executable file not found in ", "exec: \"gdb\": executable file not found in ",
                  "exec: \"gdbserver\": executable file not found in ", ": dlv: command not found",
                  ": gdb: command not found", ": gdbserver: command not found", "spawn dlv ENOENT", "spawn gdb ENOENT"},
     .samples = {"OCI runtime exec failed: exec failed: unable to start container process: exec: \"dlv\": executable "
                 "file not found in $PATH: unknown",
                 "exec: \"gdb\": executable file not found in $PATH",
                 "exec: \"gdbserver\": executable file not found in $PATH", "bash: dlv: command not found",
                 "bash: gdb: command not found", "bash: gdbserver: command not found", "Error: spawn dlv ENOENT",
                 "Error: spawn gdb ENOENT"},
     .what = "the debugger is not there, or not in PATH",
     .cause = "It is not installed where it is started: inside the container, on the remote machine, or for a process "
              "whose PATH is not your shell's (an editor started from the desktop).",
     .cure = "Install it there: go install github.com/go-delve/delve/cmd/dlv@latest, or the package gdb; or name it by "
             "its full path."},
    {.id = "dap-bad-configuration",
     .severity = Severity::failure,
     .applies = "dlv dap",
     .patterns = {"invalid debug configuration - {why}"},
     .samples = {"Failed to launch: invalid debug configuration - cannot unmarshal number into \"env\" of type string"},
     .what = "dlv refused the debug configuration: {why}",
     .cause = "A value in launch.json is not of the kind dlv wants there.",
     .cure = "Mend it; dbgscope lint launch.json points at the line."},
    {.id = "dap-attribute-missing",
     .severity = Severity::failure,
     .applies = "dlv dap, VS Code with the Go extension",
     .patterns = {"The {attribute} attribute is missing in debug configuration",
                  "The {attribute} attribute is missing in the debug configuration",
                  "he '{attribute}' attribute is missing"},
     .samples = {"Failed to launch: The program attribute is missing in debug configuration.",
                 "The program attribute is missing in the debug configuration in launch.json.",
                 "Failed to attach: The 'processId' attribute is missing in debug configuration"},
     .what = "launch.json lacks the attribute {attribute}",
     .cause = "dlv needs it for this mode: program for a launch, processId for a local attach, coreFilePath for a "
              "core, traceDirPath for a replay.",
     .cure = "Write it into the configuration; dbgscope lint launch.json says which are missing."},
    {.id = "cppdbg-program-missing",
     .severity = Severity::failure,
     .applies = "VS Code with cpptools",
     .patterns = {"launch: program '{file}' does not exist", "Program path '{file}' is missing or invalid"},
     .samples = {"launch: program '/w/build/app' does not exist",
                 "Unable to start debugging. Program path '/w/build/app' is missing or invalid."},
     .what = "{file} is not there",
     .cause = "Nothing has been built there yet (no preLaunchTask, or it failed), or the path is another.",
     .cure = "Name the built program, with a preLaunchTask that builds it."},
    {.id = "cppdbg-no-debugger",
     .severity = Severity::failure,
     .applies = "VS Code with cpptools",
     .patterns = {"Unable to determine path to debugger", "The value of miDebuggerPath is invalid",
                  "Unable to establish a connection to GDB"},
     .samples = {"Launch options string provided by the project system is invalid. Unable to determine path to "
                 "debugger. Please specify the \"MIDebuggerPath\" option.",
                 "The value of miDebuggerPath is invalid.",
                 "Unable to start debugging. Unable to establish a connection to GDB. Debug output may contain more "
                 "information."},
     .what = "cpptools has no gdb it could start",
     .cause =
         "gdb is not installed there, or miDebuggerPath names something else; in a container it has to be inside it.",
     .cure = "Install gdb, or set miDebuggerPath to it; with \"engineLogging\": true the console says more."},
    {.id = "dap-no-debugger",
     .severity = Severity::failure,
     .applies = "dlv dap, nvim-dap",
     .patterns = {"Failed to attach: no debugger found", "Debug adapter didn't respond",
                  "The selected configuration references adapter `{adapter}`"},
     .samples = {"Failed to attach: no debugger found",
                 "Debug adapter didn't respond. Either the adapter is slow (then wait and ignore this) or there is a "
                 "problem with your adapter or `dlv` configuration",
                 "The selected configuration references adapter `go`, but dap.adapters.go is undefined"},
     .what = "the client asked for a session, and no debugger was there",
     .cause = "A remote attach wants a dlv that has its program already: dlv debug, exec or attach with --headless, "
              "not dlv dap. Or the client's adapter is not set up, or ended at once.",
     .cure = "dlv exec PROGRAM --headless --listen=ADDRESS --accept-multiclient on the other side; run the adapter's "
             "command by hand to see what it says."},
};

} // namespace

std::span<const Rule> start_rules()
{
    return kRules;
}

} // namespace dbgscope
