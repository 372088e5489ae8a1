// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/packed_rules.hpp"

namespace dbgscope {
namespace {

// Refusals that name who refused, and what a debugger can only do in part.
constexpr Rule kRules[] = {
    {.id = "attach-denied",
     .severity = Severity::failure,
     .applies = "dlv, gdb, strace; AppArmor, SELinux, other users' processes",
     .patterns = {"could not attach to pid {pid#}: permission denied", "^ptrace: Permission denied.",
                  "ptrace(PTRACE_ATTACH, {pid#}): Operation not permitted",
                  "could not open as an executable file: Operation not permitted",
                  "could not open as an executable file: Permission denied",
                  "attach: ptrace(PTRACE_SEIZE, {pid#}): Permission denied", "ot allowed to attach to process"},
     .samples =
         {"could not attach to pid 4711: permission denied", "ptrace: Permission denied.",
          "strace: attach: ptrace(PTRACE_ATTACH, 4711): Operation not permitted",
          "warning: \"target:/proc/812/exe\": could not open as an executable file: Operation not permitted.",
          "warning: \"target:/proc/812/exe\": could not open as an executable file: Permission denied.",
          "strace: attach: ptrace(PTRACE_SEIZE, 4711): Permission denied",
          "error: attach failed: attach failed (Not allowed to attach to process.  Look in the console messages"},
     .what = "the kernel refused to attach",
     .cause = "One of: AppArmor or SELinux (\"Permission denied\", in containers too: the two are under different "
              "profiles), another user's process, one that changed its user or has capabilities you lack, yama, or a "
              "container without SYS_PTRACE.",
     .cure = "Attach as root, or start the program under the debugger; docker run --security-opt apparmor=unconfined "
             "for the container that debugs. dbgscope doctor says which of them it is.",
     .caused_by = {"attach-refused", "attach-zombie", "already-traced", "apparmor-ptrace", "selinux-ptrace",
                   "seccomp-ptrace"}},
    {.id = "attach-zombie",
     .severity = Severity::failure,
     .applies = "gdb",
     .patterns = {"process {pid#} is a zombie - the process has already terminated"},
     .samples = {"warning: process 812 is a zombie - the process has already terminated"},
     .what = "process {pid} has ended: only its entry is left (a zombie)",
     .cause = "Its parent has not asked for its status yet. There is nothing left to attach to.",
     .cure = "Attach to a process that runs; ps -o pid,ppid,stat,cmd shows Z for those that do not."},
    {.id = "seccomp-ptrace",
     .severity = Severity::failure,
     .applies = "Linux audit log",
     .patterns = {"type=1326 audit({when}): {x} arch=c000003e syscall=101 ",
                  "type=1326 audit({when}): {x} arch=c00000b7 syscall=117 ",
                  "type=SECCOMP msg=audit({when}): {x} arch=c000003e syscall=101 ",
                  "type=SECCOMP msg=audit({when}): {x} arch=c00000b7 syscall=117 "},
     .samples =
         {"[88.5] audit: type=1326 audit(1763805600.123:45): auid=1000 uid=0 pid=4711 comm=\"dlv\" "
          "exe=\"/go/bin/dlv\" sig=0 arch=c000003e syscall=101 compat=0 ip=0x4a code=0x50000",
          "[88.5] audit: type=1326 audit(1763805600.123:45): auid=1000 uid=0 pid=4711 comm=\"dlv\" "
          "exe=\"/go/bin/dlv\" sig=0 arch=c00000b7 syscall=117 compat=0 ip=0x4a code=0x50000",
          "type=SECCOMP msg=audit(1763805600.123:45): auid=1000 uid=0 pid=4711 comm=\"gdb\" exe=\"/usr/bin/gdb\" "
          "sig=0 arch=c000003e syscall=101 compat=0 ip=0x4a code=0x50000",
          "type=SECCOMP msg=audit(1763805600.123:45): auid=1000 uid=0 pid=4711 comm=\"gdb\" exe=\"/usr/bin/gdb\" "
          "sig=0 arch=c00000b7 syscall=117 compat=0 ip=0x4a code=0x50000"},
     .what = "a seccomp filter forbade ptrace",
     .cause = "The container's or unit's filter (docker's default profile without SYS_PTRACE, SystemCallFilter=) does "
              "not allow the call.",
     .cure = "docker run --cap-add=SYS_PTRACE --security-opt seccomp=unconfined; in Kubernetes seccompProfile: "
             "Unconfined; SystemCallFilter=@debug in a unit."},
    {.id = "capability-ptrace",
     .severity = Severity::failure,
     .applies = "AppArmor, SELinux",
     .patterns = {"apparmor=\"DENIED\" operation=\"capable\"{x}comm=\"dlv\"{y}capname=\"sys_ptrace\"",
                  "apparmor=\"DENIED\" operation=\"capable\"{x}comm=\"gdb\"{y}capname=\"sys_ptrace\"",
                  "sys_ptrace } for  pid={pid_} comm=\"dlv\"{y}tclass=cap",
                  "sys_ptrace } for  pid={pid_} comm=\"gdb\"{y}tclass=cap"},
     .samples = {"[88.5] audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" operation=\"capable\" class=\"cap\" "
                 "profile=\"docker-default\" pid=4711 comm=\"dlv\" capability=19  capname=\"sys_ptrace\"",
                 "[88.5] audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" operation=\"capable\" class=\"cap\" "
                 "profile=\"docker-default\" pid=4711 comm=\"gdb\" capability=19  capname=\"sys_ptrace\"",
                 "type=AVC msg=audit(1.2:3): avc:  denied  { sys_ptrace } for  pid=4711 comm=\"dlv\" capability=19  "
                 "scontext=a tcontext=a tclass=capability permissive=0",
                 "type=AVC msg=audit(1.2:3): avc:  denied  { sys_ptrace } for  pid=4711 comm=\"gdb\" capability=19  "
                 "scontext=a tcontext=a tclass=cap_userns permissive=0"},
     .what = "a security module refused the debugger the capability to trace other users' processes",
     .cause = "The process to be traced is another user's, or has more rights; CAP_SYS_PTRACE would allow it, and the "
              "profile or domain forbids that capability.",
     .cure = "Debug as the user of the process; docker run --cap-add=SYS_PTRACE --security-opt apparmor=unconfined, or "
             "label=disable under SELinux.",
     .unless = "permissive=1"},
    {.id = "pkexec-unusable",
     .severity = Severity::failure,
     .applies = "VS Code with cpptools; polkit",
     .patterns = {"Error creating textual authentication agent: ",
                  "Error getting authority: Error initializing authority", "pkexec must be setuid root",
                  "pkexec: not found", "pkexec: command not found"},
     .samples = {"Error creating textual authentication agent: Error opening current controlling terminal for the "
                 "process (`/dev/tty'): No such device or address",
                 "Error getting authority: Error initializing authority: Could not connect: No such file or directory",
                 "pkexec must be setuid root", "/bin/sh: 1: /usr/bin/pkexec: not found",
                 "bash: pkexec: command not found"},
     .what = "pkexec, by which cpptools asks for root to attach, does not work here",
     .cause = "It needs polkit with its daemon on the system bus, and a terminal or an agent; containers, WSL and SSH "
              "sessions have none. It is asked only where yama's ptrace_scope is not 0.",
     .cure = "sysctl kernel.yama.ptrace_scope=0, then no root is asked for; or start the program under the debugger.",
     .caused_by = {"pkexec-refused"}},
    {.id = "proc-mem-denied",
     .severity = Severity::failure,
     .applies = "gdb 11 and later",
     .patterns = {"mem file for lwp {lwp_} failed: Permission denied"},
     .samples = {"warning: opening /proc/PID/mem file for lwp 92.92 failed: Permission denied (13)"},
     .what = "gdb may not open the program's memory (/proc/PID/mem)",
     .cause = "The program changed its user, is set-uid or not dumpable, or the container or security module lets "
              "ptrace pass and this file not. Breakpoints then cannot be inserted.",
     .cure = "Debug as root, or as the user the program runs as from its start; for a container --cap-add=SYS_PTRACE "
             "--security-opt apparmor=unconfined."},
    {.id = "gdb-cannot-insert",
     .severity = Severity::failure,
     .applies = "gdb",
     .patterns = {"^Cannot insert breakpoint {number#}."},
     .samples = {"Cannot insert breakpoint 1."},
     .what = "gdb could not write breakpoint {number} into the program",
     .cause = "Its address is none of the running program: set by address (break *0x...) before a position-independent "
              "program was started, or from another build. Or gdb cannot write there at all: WSL 1, a filtered /proc.",
     .cure = "delete {number}, start the program (starti), and set it by name; dbgscope doctor shows a filtered /proc.",
     .caused_by = {"wsl1-proc-mem", "proc-mem-denied"}},
    {.id = "other-pid-namespace",
     .severity = Severity::warning,
     .applies = "gdb 8 and later",
     .patterns = {"Target and debugger are in different PID namespaces"},
     .samples = {"warning: Target and debugger are in different PID namespaces; thread lists and other data are likely "
                 "unreliable.  Connect to gdbserver inside the container."},
     .what = "the program is in a container, and the debugger is outside it",
     .cause = "Pids and the paths of its libraries are others inside: threads and symbols may be wrong or missing.",
     .cure = "Run the debugger, gdbserver or dlv --headless, inside the container; or set sysroot /proc/PID/root."},
    {.id = "aslr-not-disabled",
     .severity = Severity::note,
     .applies = "gdb, gdbserver; containers",
     .patterns = {"Error disabling address space randomization: "},
     .samples = {"warning: Error disabling address space randomization: Operation not permitted"},
     .what = "gdb could not switch address randomization off; debugging works all the same",
     .cause = "A seccomp filter forbids personality(ADDR_NO_RANDOMIZE), as docker's does. Addresses differ from run to "
              "run.",
     .cure = "Nothing has to be done; set disable-randomization off takes the warning away, --security-opt "
             "seccomp=unconfined the filter.",
     .caused_by = {"ptrace-launch-refused", "ptrace-not-implemented", "ptrace-start-refused", "ptrace-emulated"}},
    {.id = "rr-perf",
     .severity = Severity::failure,
     .applies = "rr; dlv with backend rr",
     .patterns = {"rr needs /proc/sys/kernel/perf_event_paranoid <= 1"},
     .samples = {"[FATAL] rr needs /proc/sys/kernel/perf_event_paranoid <= 1, but it is 4."},
     .what = "rr may not use the processor's counters",
     .cause = "kernel.perf_event_paranoid keeps users from them.",
     .cure = "sysctl kernel.perf_event_paranoid=1; in a container on the host, and a seccomp profile that allows "
             "perf_event_open."},
};

} // namespace

std::vector<Rule> refused_rules()
{
    return PackedRules<[] { return std::span(kRules); }>::rules();
}

} // namespace dbgscope
