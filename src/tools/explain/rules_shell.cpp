// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/packed_rules.hpp"

namespace dbgscope {
namespace {

// What gdb's shell, $SHELL, says of a program it does not start.
constexpr Rule kRules[] = {
    {.id = "exec-denied",
     .severity = Severity::failure,
     .applies = "dlv, go run, go test, gdb, gdbserver",
     .patterns = {"fork/exec {file}: permission denied", "exec: {file}: cannot execute: Permission denied",
                  "?line 1: {file}: Permission denied", "?1: exec: {file}: Permission denied",
                  "?fish: Unknown command. '{file}' exists but is not an executable",
                  "?zsh:1: permission denied: {file}", "?sh: 1: {file}: Permission denied",
                  "?sh: {file_}: Permission denied"},
     .samples = {"could not launch process: fork/exec /tmp/x/__debug_bin: permission denied",
                 "/bin/bash: line 1: /mnt/nx/cdbg: Permission denied",
                 "/bin/bash: line 1: exec: /mnt/nx/cdbg: cannot execute: Permission denied",
                 "/bin/sh: 1: exec: /mnt/nx/cdbg: Permission denied",
                 "fish: Unknown command. '/mnt/nx/cdbg' exists but is not an executable file.",
                 "zsh:1: permission denied: /mnt/nx/cdbg", "/bin/sh: 1: /mnt/nx/cdbg: Permission denied",
                 "/bin/bash: /mnt/nx/cdbg: Permission denied"},
     .what = "{file} may not be executed",
     .cause = "The file system is mounted noexec (findmnt -T FILE shows it), or the file has no x bit.",
     .cure = "Build elsewhere (dlv debug --output=DIR/NAME, GOTMPDIR for go run and go test), or chmod +x.",
     .unless = "/proc/self/exe",
     .caused_by = {"selinux-ptrace"}},
    {.id = "shell-not-a-shell",
     .severity = Severity::failure,
     .applies = "gdb, gdbserver, lldb",
     .patterns = {"warning: Cannot exec {file_}", "gdbserver: Cannot exec {file_}", "?^Cannot exec {file_}",
                  "?This account is currently not available"},
     .samples = {"warning: Cannot exec /bin/expired", "gdbserver: Cannot exec /bin/expired", "Cannot exec /bin/expired",
                 "This account is currently not available."},
     .what = "gdb could not start its shell, or that is none",
     .cause = "gdb starts programs through $SHELL. A SHELL that is not there, or is nologin or false, starts nothing; "
              "with startup-with-shell off the file named is the program itself.",
     .cure = "SHELL=/bin/sh gdb ..., or set startup-with-shell off. dbgscope doctor looks at SHELL.",
     .unless = ": No such file or directory"},
    {.id = "inferior-not-traced",
     .severity = Severity::failure,
     .applies = "gdb, gdbserver",
     .patterns = {"Could not trace the inferior process"},
     .samples = {"warning: Could not trace the inferior process."},
     .what = "the kernel did not let gdb trace the program it started",
     .cause = "The next line says why: Operation not permitted is a right that is missing, Function not implemented an "
              "emulator or filter without ptrace.",
     .cure = "See that line; dbgscope doctor ptrace tries it.",
     .caused_by = {"ptrace-launch-refused", "ptrace-not-implemented", "ptrace-start-refused", "ptrace-emulated"}},
    {.id = "startup-exited",
     .severity = Severity::failure,
     .applies = "gdb, gdbserver",
     .patterns = {"During startup program exited with code {code#}."},
     .samples = {"During startup program exited with code 127."},
     .what = "the program ended before the debugger had it (code {code})",
     .cause =
         "gdb starts programs through $SHELL. 127 is mostly a program, or its ELF interpreter, that is not there, but "
         "gdb's own "
         "child ends with it as well when it may not be traced; 126 is one that may not or cannot be executed; other "
         "codes come from the shell's start files or a library that cannot be loaded. The lines before it say which.",
     .cure = "Run the program without a debugger; set startup-with-shell off leaves the shell out.",
     .caused_by = {"ptrace-launch-refused", "ptrace-not-implemented", "ptrace-start-refused", "elf-interpreter-missing",
                   "inferior-not-traced", "exec-format", "shell-not-a-shell", "library-missing", "exec-denied",
                   "program-missing", "program-missing-shell", "startup-shell-words"}},
    {.id = "startup-shell-words",
     .severity = Severity::failure,
     .applies = "gdb, cpptools",
     .patterns = {"?sh: -c: line {line#}: ", "?sh: line {line#}: syntax error near unexpected token",
                  "?sh: 1: Syntax error: "},
     .samples = {"/bin/bash: -c: line 0: unexpected EOF while looking for matching `}'",
                 "/bin/bash: line 1: syntax error near unexpected token `('",
                 "/bin/sh: 1: Syntax error: \"(\" unexpected"},
     .what = "the shell that starts the program could not read its command line",
     .cause = "gdb hands program, arguments and redirections to $SHELL: a quote, parenthesis, & or $ in them counts "
              "there; so does a function or variable in the environment that this shell cannot read.",
     .cure = "Quote them in args as for a shell, or set startup-with-shell off."},
    {.id = "startup-signal",
     .severity = Severity::failure,
     .applies = "gdb, gdbserver",
     .patterns = {"During startup program terminated with signal {signal_}"},
     .samples = {"During startup program terminated with signal SIGKILL, Killed."},
     .what = "the program got {signal} before the debugger had it",
     .cause = "Between fork and the first instruction: SIGKILL is memory or a seccomp filter that kills, SIGSYS a "
              "filter, SIGSEGV a broken program or preload, SIGTRAP an emulator.",
     .cure = "Run the program without a debugger; look at the kernel's log.",
     .caused_by = kKilledForMemory},
};

} // namespace

std::vector<Rule> shell_rules()
{
    return PackedRules<[] { return std::span(kRules); }>::rules();
}

} // namespace dbgscope
