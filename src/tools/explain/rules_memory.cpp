// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/rules.hpp"

namespace dbgscope {
namespace {

// {name}, {pid}, {size} and {limit} of the kernel's lines are read by watch/kernel_log: see explain.cpp.
constexpr Rule kRules[] = {
    {.id = "kernel-oom-kill",
     .severity = Severity::failure,
     .applies = "Linux kernel log, every version",
     .patterns = {"Memory cgroup out of memory: Killed process {pid#} ({name}) total-vm:"},
     .samples = {"[29461.467781] Memory cgroup out of memory: Killed process 10685 (compile) total-vm:132340kB, "
                 "anon-rss:42032kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0"},
     .what = "the kernel killed {name} (pid {pid}, {size}): {limit} was used up",
     .cause = "A process in this cgroup asked for memory, the cgroup was at its limit, and nothing more could be "
              "reclaimed. The machine itself need not be short of memory. Mostly the largest process of the cgroup is "
              "killed, which need not be the one that grew.",
     .cure = "Raise that limit (under dbgscope: --memory-max=, or dbgscope more while it runs), or make "
             "the program smaller; --fuse-action=hold stops a debuggee before it dies."},
    {.id = "kernel-oom-machine",
     .severity = Severity::failure,
     .applies = "Linux kernel log, every version",
     .patterns = {"Out of memory: Killed process {pid#} ({name}) total-vm:"},
     .samples = {"Nov 22 10:00:00 build kernel: Out of memory: Killed process 811 (server) total-vm:16264424kB, "
                 "anon-rss:15102312kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:30512kB oom_score_adj:0"},
     .what = "the kernel killed {name} (pid {pid}, {size}): the whole machine was out of memory",
     .cause = "No cgroup's limit was in the way: all memory of the machine (and its swap) was used. The victim is the "
              "process with the highest score, which need not be the one that grew.",
     .cure = "Give what you debug a limit of its own, so that it cannot use up the machine: dbgscope --memory-max=SIZE "
             "dlv ..."},
    {.id = "systemd-oomd-kill",
     .severity = Severity::failure,
     .applies = "systemd 248 and later",
     .patterns = {"systemd-oomd killed {count#} process(es) in this unit.",
                  "Killed {unit_} due to memory pressure for ", "Killed {unit_} due to memory used ("},
     .samples =
         {"Dec 18 19:34:56 desktop systemd[1837]: vte-spawn-dbb4a75e.scope: systemd-oomd killed 12 process(es) "
          "in this unit.",
          "Dec 18 19:34:56 desktop systemd-oomd[840]: Killed /user.slice/vte-spawn-dbb4a75e.scope due to memory "
          "pressure for /user.slice/user-1001.slice/user@1001.service being 51.07% > 50.00% for > 20s with "
          "reclaim activity",
          "Nov 22 10:00:00 desktop systemd-oomd[840]: Killed /user.slice/app.scope due to memory used (16452116480) "
          "/ total (16560971776) and swap used (7752429568) / total (8589930496) being more than 90.00%"},
     .what = "systemd-oomd killed a whole unit",
     .cause =
         "systemd-oomd watches memory pressure and swap of a slice and kills the unit below it that reclaims most, "
         "every process of it, the debugger included. No memory limit has to be reached for that.",
     .cure =
         "Run the session under a limit of its own, so that it does not put the slice under pressure; dbgscope also "
         "marks the debugger's scope ManagedOOMPreference=avoid. oomctl shows what is watched."},
    {.id = "systemd-unit-oom",
     .severity = Severity::failure,
     .applies = "systemd 243 and later",
     .patterns = {"{unit_}: A process of this unit has been killed by the OOM killer.",
                  "{unit_}: Failed with result 'oom-kill'."},
     .samples = {"Nov 22 10:00:00 build systemd[1]: run-r5b8740ff.scope: A process of this unit has been killed by the "
                 "OOM killer.",
                 "Nov 22 10:00:00 build systemd[1]: run-r5b8740ff.scope: Failed with result 'oom-kill'."},
     .what = "{unit}: the kernel killed a process of this unit for memory",
     .cause =
         "systemd passes on what the kernel did. Under OOMPolicy=stop, the default of a scope without Delegate=yes, "
         "systemd then ends everything else in the unit: a debugger dies with its debuggee.",
     .cure = "dbgscope sends OOMPolicy=continue, and limits the debuggee alone. The kernel's own lines say whose limit "
             "it was: journalctl -k, or dmesg as root.",
     .caused_by = {"kernel-oom-kill", "kernel-oom-machine"}},
    {.id = "dbgscope-killed",
     .severity = Severity::failure,
     .applies = "dbgscope",
     .patterns = {"^dbgscope: {who} killed for memory: {what}",
                  "^dbgscope: {who} killed for memory with {others}: {what}"},
     .samples = {"dbgscope: dlv or a program it started was killed for memory with 2 others: compile (pid 412, 91.0M) "
                 "hit the scope's limit",
                 "dbgscope: debuggee killed for memory: leak (pid 22493, 127.3M) hit its cap of 128M "
                 "(memory.limit_in_bytes of /debuggee). dlv will say \"Process 22493 has exited with status -9\". Try "
                 "--memory-max=256M, or --fuse-action=hold to stop it before it dies."},
     .what = "{who} killed for memory: {what}",
     .cause = "It reached the limit that line names.",
     .cure = "Raise the cap if the program needs it; with --fuse-action=hold it is held below the cap, to be looked at "
             "in the debugger.",
     .caused_by = {"kernel-oom-kill"}},
    {.id = "dbgscope-held",
     .severity = Severity::warning,
     .applies = "dbgscope",
     .patterns = {"dbgscope: debuggee held: {what}"},
     .samples = {"dbgscope: debuggee held: 120.0M of its 128M cap cannot be reclaimed (anon 119.5M, +234.8M/s). Pause "
                 "it in the debugger to look, or give it more: dbgscope more"},
     .what = "the debuggee was held below its cap: {what}",
     .cause =
         "The fuse stops a program that is about to run out of memory. It looks like a hang: it is waiting for you.",
     .cure = "Pause it in the debugger and look at what grows, or give it more with dbgscope more."},
    {.id = "build-killed",
     .severity = Severity::failure,
     .applies = "go build, go test, dlv debug, dlv test; every version",
     .patterns = {"/pkg/tool/{arch_}/{tool_}: signal: killed"},
     .samples = {"go build runtime: /usr/lib/go-1.19/pkg/tool/linux_amd64/compile: signal: killed",
                 "/usr/local/go/pkg/tool/linux_amd64/link: signal: killed"},
     .what = "the build was killed: {tool} got SIGKILL",
     .cause = "Nearly always memory: the compiler or linker was the largest process under a limit, or on the machine, "
              "when it ran out. go says only that it was killed; the kernel's log names the limit.",
     .cure = "Give the build more (dbgscope: --debugger-memory-max=), or less to do at a time: GOFLAGS=-p=1. To see "
             "whose limit it was: dbgscope explain LOG --with KERNEL_LOG.",
     .caused_by = {"kernel-oom-kill", "kernel-oom-machine", "systemd-oomd-kill"}},
    {.id = "cc-killed",
     .severity = Severity::failure,
     .applies = "gcc 5 and later",
     .patterns = {"fatal error: Killed signal terminated program {tool_}", "ld terminated with signal 9 [Killed]"},
     .samples = {"gcc: fatal error: Killed signal terminated program cc1plus",
                 "collect2: fatal error: ld terminated with signal 9 [Killed]"},
     .what = "the C or C++ build was killed: a part of gcc got SIGKILL",
     .cause = "Nearly always memory: the compiler or linker was the largest process when a limit was reached.",
     .cure = "Fewer jobs at a time (make -j2), a larger limit, or -g1 for files with many templates.",
     .caused_by = {"kernel-oom-kill", "kernel-oom-machine", "systemd-oomd-kill"}},
    {.id = "go-out-of-memory",
     .severity = Severity::failure,
     .applies = "Go programs, every version (dlv and go themselves too)",
     .patterns = {"fatal error: runtime: out of memory"},
     .samples = {"fatal error: runtime: out of memory"},
     .what = "the Go runtime was refused memory by the kernel (ENOMEM) and gave up",
     .cause = "Not a cgroup limit, which kills: mmap failed. That is a limit on address space (ulimit -v, "
              "LimitAS=), on the number of mappings, or strict overcommit (vm.overcommit_memory=2).",
     .cure =
         "Look at ulimit -v and /proc/sys/vm/overcommit_memory. Limit memory with a cgroup instead: Go reserves far "
         "more address space than it uses."},
    {.id = "exited-sigkill",
     .severity = Severity::failure,
     .applies = "dlv 1.4 and later, gdb, gdbserver",
     .patterns = {"Process {pid#} has exited with status -9", "Program terminated with signal SIGKILL, Killed.",
                  "Child terminated with signal = 0x9 (SIGKILL)"},
     .samples = {"Process 22493 has exited with status -9", "Program terminated with signal SIGKILL, Killed.",
                 "Child terminated with signal = 0x9 (SIGKILL)"},
     .what = "the debuggee was killed with SIGKILL",
     .cause = "It comes from outside: from the kernel when memory runs out, from "
              "systemd-oomd, a container or CI being stopped, a person. This log does not say which.",
     .cure = "Ask the kernel's log: dbgscope explain LOG --with KERNEL_LOG (journalctl -k, or dmesg as root). Under "
             "dbgscope a kill for memory is said at once.",
     .unless = "dbgscope: ",
     .caused_by = {"dbgscope-killed", "kernel-oom-kill", "kernel-oom-machine", "systemd-oomd-kill",
                   "systemd-unit-oom"}},
    {.id = "strace-killed",
     .severity = Severity::failure,
     .applies = "strace",
     .patterns = {"+++ killed by SIGKILL +++"},
     .samples = {"22493 10:00:00.123456 +++ killed by SIGKILL +++"},
     .what = "a traced process was killed with SIGKILL",
     .cause = "strace shows that it happened, not who did it.",
     .cure = "Put the kernel's log beside it: dbgscope explain STRACE_LOG --with KERNEL_LOG.",
     .caused_by = {"dbgscope-killed", "kernel-oom-kill", "kernel-oom-machine", "systemd-oomd-kill",
                   "systemd-unit-oom"}},
    {.id = "run-killed",
     .severity = Severity::failure,
     .applies = "go run, go test",
     .patterns = {"^signal: killed$"},
     .samples = {"signal: killed"},
     .what = "the program under go run or go test was killed with SIGKILL",
     .cause =
         "go passes on how its child ended. Memory is the usual reason; a test's own time limit sends SIGQUIT first.",
     .cure = "Look at the kernel's log: dbgscope explain LOG --with KERNEL_LOG.",
     .caused_by = {"kernel-oom-kill", "kernel-oom-machine", "systemd-oomd-kill", "systemd-unit-oom"}},
    {.id = "trace-heap-goal",
     .severity = Severity::note,
     .applies = "go tool trace -d=parsed, Go 1.22 and later",
     .patterns = {"Name=\"/gc/heap/goal:bytes\" Value=Uint64({goal#})"},
     .samples = {"M=1531 P=1 G=1 Metric Time=42273122498688 Name=\"/gc/heap/goal:bytes\" Value=Uint64(9171274)"},
     .what = "the next collection was due at {goal} bytes of heap",
     .cause = "The collector has set its goal anew: the live heap and GOGC per cent of it, or what GOMEMLIMIT leaves.",
     .cure = "Compare it with the limit the program ran under: a goal above it is never reached."},
    {.id = "trace-collection",
     .severity = Severity::note,
     .applies = "go tool trace -d=parsed, Go 1.22 and later",
     .patterns = {"RangeBegin Time={time#} Name=\"GC concurrent mark phase\""},
     .samples = {"M=1531 P=1 G=1 RangeBegin Time=42273122100416 Name=\"GC concurrent mark phase\" Scope=None"},
     .what = "a collection began",
     .cause = "The heap had grown to its goal, two minutes had passed, or the program asked for it (runtime.GC).",
     .cure = "Nothing by itself; with gctrace=1 explain says what the collections cost."},
};

} // namespace

std::span<const Rule> memory_rules()
{
    return kRules;
}

} // namespace dbgscope
