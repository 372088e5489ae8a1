// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/rules.hpp"

namespace dbgscope {
namespace {

// What dbgscope, debuggers and runtimes say of memory that ran out.
constexpr Rule kRules[] = {
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
    {.id = "go-out-of-memory",
     .severity = Severity::failure,
     .applies = "Go programs, every version (dlv and go themselves too)",
     .patterns = {"fatal error: runtime: out of memory", "^fatal error: out of memory",
                  "^fatal error: runtime: cannot allocate memory", "^runtime: out of memory: cannot allocate",
                  "^runtime: cannot allocate memory", "already; errno=12)", "mmap errno 12"},
     .samples = {"fatal error: runtime: out of memory", "fatal error: out of memory",
                 "fatal error: runtime: cannot allocate memory",
                 "runtime: out of memory: cannot allocate 67108864-byte block (3968008192 in use)",
                 "runtime: cannot allocate memory",
                 "runtime: failed to create new OS thread (have 12 already; errno=12)", "runtime: mmap errno 12"},
     .what = "the Go runtime was refused memory by the kernel (ENOMEM) and gave up",
     .cause = "Not a cgroup limit, which kills: mmap failed. That is a limit on address space (ulimit -v, LimitAS=), "
              "on the number of mappings, or strict overcommit (vm.overcommit_memory=2).",
     .cure = "Look at ulimit -v and /proc/sys/vm/overcommit_memory. Limit memory with a cgroup instead: Go reserves "
             "far more address space than it uses."},
    {.id = "memory-refused",
     .severity = Severity::failure,
     .applies = "every program; Go, C, C++",
     .patterns = {"annot allocate memory$", "emory exhausted$", "what():  std::bad_alloc",
                  "terminate called after throwing an instance of 'std::bad_alloc'",
                  ": out of memory allocating {bytes#} bytes", "^memory exhausted",
                  "virtual memory exhausted: ", "fatal: Out of memory, "},
     .samples = {"could not launch process: fork/exec /w/app: cannot allocate memory",
                 "bash: fork: Cannot allocate memory", "  what():  std::bad_alloc",
                 "terminate called after throwing an instance of 'std::bad_alloc'",
                 "cc1plus: out of memory allocating 65536 bytes after a total of 2147483648 bytes", "memory exhausted",
                 "virtual memory exhausted: Resource temporarily unavailable",
                 "fatal: Out of memory, malloc failed (tried to allocate 100 bytes)"},
     .what = "a program was refused memory by the kernel (ENOMEM)",
     .cause =
         "Not a cgroup limit, which kills instead: a limit on address space (ulimit -v, LimitAS=), strict overcommit "
         "(vm.overcommit_memory=2), too many mappings (vm.max_map_count), or a fork of something very large.",
     .cure = "Look at ulimit -v, /proc/sys/vm/overcommit_memory and CommitLimit in /proc/meminfo.",
     .unless = "runtime: "},
    {.id = "threads-refused",
     .severity = Severity::failure,
     .applies = "every program; Linux",
     .patterns = {"already; errno=11)", "runtime: may need to increase max user processes (ulimit -u)",
                  "fatal error: newosproc", "pthread_create failed: Resource temporarily unavailable",
                  "fork: {x}esource temporarily unavailable", "fork/exec {file}: resource temporarily unavailable",
                  "cgroup: fork rejected by pids controller in ", "unable to create native thread"},
     .samples = {"runtime: failed to create new OS thread (have 5 already; errno=11)",
                 "runtime: may need to increase max user processes (ulimit -u)", "fatal error: newosproc",
                 "runtime/cgo: pthread_create failed: Resource temporarily unavailable",
                 "bash: fork: retry: Resource temporarily unavailable",
                 "could not launch process: fork/exec /w/app: resource temporarily unavailable",
                 "[99.5] cgroup: fork rejected by pids controller in /user.slice/x.scope",
                 "java.lang.OutOfMemoryError: unable to create native thread"},
     .what = "no more threads or processes were allowed (EAGAIN); this is not memory",
     .cause = "A limit on tasks: pids.max of the cgroup (TasksMax of the unit, --pids-limit of the container), ulimit "
              "-u of the user, or kernel.threads-max.",
     .cure = "Compare pids.current with pids.max in the cgroup, and ulimit -u with what the user runs; raise the one "
             "that is reached. cgroup: fork rejected in the kernel's log names the cgroup."},
    {.id = "exited-sigkill",
     .severity = Severity::failure,
     .applies = "dlv 1.4 and later, gdb, gdbserver",
     .patterns = {"Process {pid#} has exited with status -9", "Program terminated with signal SIGKILL, Killed.",
                  "Child terminated with signal = 0x9 (SIGKILL)"},
     .samples = {"Process 22493 has exited with status -9", "Program terminated with signal SIGKILL, Killed.",
                 "Child terminated with signal = 0x9 (SIGKILL)"},
     .what = "the debuggee was killed with SIGKILL",
     .cause = "It comes from outside: from the kernel when memory runs out, from systemd-oomd, a container or CI being "
              "stopped, a person. This log does not say which.",
     .cure = "Ask the kernel's log: dbgscope explain LOG --with KERNEL_LOG (journalctl -k, or dmesg as root). Under "
             "dbgscope a kill for memory is said at once.",
     .unless = "dbgscope: ",
     .caused_by = kKilledForMemory},
    {.id = "strace-killed",
     .severity = Severity::failure,
     .applies = "strace",
     .patterns = {"+++ killed by SIGKILL +++"},
     .samples = {"22493 10:00:00.123456 +++ killed by SIGKILL +++"},
     .what = "a traced process was killed with SIGKILL",
     .cause = "strace shows that it happened, not who did it.",
     .cure = "Put the kernel's log beside it: dbgscope explain STRACE_LOG --with KERNEL_LOG.",
     .caused_by = kKilledForMemory},
    {.id = "run-killed",
     .severity = Severity::failure,
     .applies = "go run, go test",
     .patterns = {"^signal: killed$"},
     .samples = {"signal: killed"},
     .what = "the program under go run or go test was killed with SIGKILL",
     .cause =
         "go passes on how its child ended. Memory is the usual reason; a test's own time limit sends SIGQUIT first.",
     .cure = "Look at the kernel's log: dbgscope explain LOG --with KERNEL_LOG.",
     .caused_by = kKilledForMemory},
    {.id = "shell-killed",
     .severity = Severity::failure,
     .applies = "shells, make",
     .patterns = {"line {line#}: {pid#} Killed  ", "^Killed$", "] Killed$"},
     .samples = {"./run.sh: line 3: 12345 Killed                  ./app", "Killed",
                 "make[1]: *** [Makefile:12: all] Killed"},
     .what = "a process was killed with SIGKILL",
     .cause = "A shell says only that it happened. Mostly the kernel did it for memory; a container or job being "
              "stopped is the other usual reason.",
     .cure = "Ask the kernel's log: dbgscope explain LOG --with KERNEL_LOG (journalctl -k, or dmesg as root).",
     .caused_by = kKilledForMemory},
    {.id = "exit-137",
     .severity = Severity::warning,
     .applies = "docker, compose, Kubernetes, CI systems, make",
     .patterns = {"exited with code 137", "exit code 137", "exit code: 137", "exit status 137", "Exit Code:{blanks}137",
                  "xitCode\": 137", "Error 137$", "non-zero code: 137"},
     .samples = {"api-1 exited with code 137", "##[error]Process completed with exit code 137.",
                 "did not complete successfully: exit code: 137", "exit status 137", "      Exit Code:    137",
                 "\"exitCode\": 137,", "make: *** [Makefile:3: test] Error 137",
                 "The command returned a non-zero code: 137"},
     .what = "a process ended with status 137: it got SIGKILL",
     .cause = "128 + 9. Memory is one reason; a stop whose time was up (docker stop after 10 s), and a failed liveness "
              "probe are others. Reason: OOMKilled beside it, or the kernel's log, tells them apart.",
     .cure = "kubectl describe pod, docker inspect (State.OOMKilled) or the kernel's log: dbgscope explain LOG --with "
             "KERNEL_LOG.",
     .caused_by = kKilledForMemory},
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
