// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/packed_rules.hpp"

namespace dbgscope {
namespace {

// Who ends programs besides the kernel, and the parts of the kernel's report that are quoted alone.
constexpr Rule kRules[] = {
    {.id = "oom-limit",
     .severity = Severity::failure,
     .applies = "Linux kernel log before 5.0",
     .patterns = {"Task in {task_} killed as a result of limit of {cgroup_}"},
     .samples = {"[88.5] Task in /kubepods/pod1/aa killed as a result of limit of /kubepods/pod1"},
     .what = "the kernel killed a process of {task}: the limit of {cgroup} was used up",
     .cause = "It is the first line of the kernel's report; who was killed stands in a later one (Killed process), "
              "which is not in this log.",
     .cure = "Raise memory.limit_in_bytes of that cgroup (docker run --memory, resources.limits.memory); journalctl "
             "-k has the whole report."},
    {.id = "oom-invoked",
     .severity = Severity::failure,
     .applies = "Linux kernel log, every version",
     .patterns = {"{who} invoked oom-killer: "},
     .samples = {"[88.5] java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0"},
     .what = "memory ran out while {who} asked for some",
     .cause = "It is the first line of the kernel's report. {who} asked; who was killed, and whose limit it was, stand "
              "in later lines, which are not in this log.",
     .cure = "Have the whole report: journalctl -k, or dmesg as root.",
     .caused_by = {"oom-limit", "oom-reaped"}},
    {.id = "oom-reaped",
     .severity = Severity::failure,
     .applies = "Linux 4.6 and later",
     .patterns = {"oom_reaper: reaped process {pid#} ({name}), now anon-rss:"},
     .samples = {"[88.5] oom_reaper: reaped process 4254 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"},
     .what = "the kernel killed {name} (pid {pid}) for memory",
     .cause = "This line only takes the memory of a victim back; the lines before it say whose memory ran out, and "
              "are not in this log.",
     .cure = "Have the whole report: journalctl -k, or dmesg as root."},
    {.id = "earlyoom-kill",
     .severity = Severity::failure,
     .applies = "earlyoom, every version",
     .patterns = {"ending {signal_} to process {pid#} uid {uid#} \"{name}\": ",
                  "Killing process: {name}, pid: {pid#}, uid: {uid#}, badness: "},
     .samples = {"earlyoom[812]: sending SIGTERM to process 4711 uid 1000 \"dlv\": oom_score 800, VmRSS 512 MiB",
                 "earlyoom: Killing process: chrome, pid: 4711, uid: 1000, badness: 305, VmRSS: 812 MiB"},
     .what = "earlyoom killed {name} (pid {pid}): the machine was nearly out of memory",
     .cause = "earlyoom acts before the kernel does, when available memory and free swap fall below its thresholds "
              "(-m, -s), and takes the process with the highest score. No limit of a cgroup was reached.",
     .cure = "Give what you debug a limit of its own (dbgscope --memory-max=SIZE dlv ...), or keep the debugger out: "
             "earlyoom --avoid '^(dlv|gdb)$'."},
    {.id = "systemd-stop-timeout",
     .severity = Severity::failure,
     .applies = "systemd, every version",
     .patterns = {"tate '{state}' timed out. Killing.", "topping timed out. Killing.",
                  "{unit_}: Killing process {pid#} ({name}) with signal SIGKILL."},
     .samples = {"Nov 22 10:00:00 build systemd[1]: app.service: State 'stop-sigterm' timed out. Killing.",
                 "Nov 22 10:00:00 build systemd[1]: app.scope: Stopping timed out. Killing.",
                 "Nov 22 10:00:00 build systemd[1]: app.service: Killing process 812 (app) with signal SIGKILL."},
     .what = "systemd killed what had not stopped in time",
     .cause = "The unit was asked to stop and was still there after TimeoutStopSec (90 s); a program that is held at a "
              "breakpoint hears no SIGTERM. No memory ran out.",
     .cure = "End the debug session first, or raise TimeoutStopSec=."},
    {.id = "systemd-killed",
     .severity = Severity::failure,
     .applies = "systemd, every version",
     .patterns = {"{unit_}: Main process exited, code=killed, status=9/KILL",
                  "{unit_}: Control process exited, code=killed, status=9/KILL"},
     .samples = {"Nov 22 10:00:00 build systemd[1]: app.service: Main process exited, code=killed, status=9/KILL",
                 "Nov 22 10:00:00 build systemd[1]: app.service: Control process exited, code=killed, status=9/KILL"},
     .what = "{unit}: its process was killed with SIGKILL",
     .cause = "systemd says that it happened, not who did it: the kernel for memory (Failed with result 'oom-kill' "
              "then), a stop whose time was up, or somebody's kill -9.",
     .cure = "journalctl -k, or dmesg as root: dbgscope explain LOG --with KERNEL_LOG.",
     .caused_by = kKilledForMemory},
    {.id = "container-oom",
     .severity = Severity::failure,
     .applies = "ECS, Nomad, old Kubernetes",
     .patterns = {"OutOfMemoryError: Container killed due to memory usage", "\"OOM Killed\""},
     .samples = {"OutOfMemoryError: Container killed due to memory usage", "Terminated  Exit Message: \"OOM Killed\""},
     .what = "a container was killed for memory",
     .cause = "It reached the limit of its task. Under a debugger that limit also holds dlv, go build and what they "
              "load.",
     .cure = "Raise the task's memory while debugging, or give the debuggee a cap of its own below it: dbgscope "
             "--memory-max=SIZE dlv ...",
     .caused_by = {"kernel-oom-kill", "kernel-oom-machine", "kernel-oom-nodes", "kernel-oom-killed"}},
    {.id = "container-137",
     .severity = Severity::warning,
     .applies = "docker, containerd, Kubernetes, Hadoop",
     .patterns = {"xitCode\": 137", "xitCode\":137", "xitCode: 137", "xit code is 137", "exit_status:137",
                  "Exited (137)"},
     .samples = {"\"exitCode\": 137,", "\"exitCode\":137,\"reason\":\"Error\"", "    exitCode: 137",
                 "Container killed on request. Exit code is 137",
                 "msg=\"received exit event container_id:0f0f exit_status:137 exited_at:{seconds:1}\"",
                 "0f0f0f0f0f0f   api   \"/app/server\"   5 minutes ago   Exited (137) 3 minutes ago"},
     .what = "a process ended with status 137: it got SIGKILL",
     .cause = "128 + 9. Memory is one reason; a stop whose time was up (docker stop after 10 s), and a failed liveness "
              "probe are others. Reason: OOMKilled beside it, or the kernel's log, tells them apart.",
     .cure = "kubectl describe pod, docker inspect (State.OOMKilled) or the kernel's log: dbgscope explain LOG --with "
             "KERNEL_LOG.",
     .unless = "OOM Killed",
     .caused_by = kKilledForMemory},
    {.id = "parent-says-killed",
     .severity = Severity::failure,
     .applies = "zsh, fish, bash, GNU time, supervisord, gunicorn, Python, pm2",
     .patterns = {"zsh: killed  ", "terminated by signal SIGKILL", "]+  Killed  ", "ommand terminated by signal 9",
                  "(terminated by SIGKILL; ", "was sent SIGKILL! Perhaps out of memory?",
                  "died with <Signals.SIGKILL: 9>", "via signal [SIGKILL]"},
     .samples = {"zsh: killed     ./app", "fish: Job 1, './app' terminated by signal SIGKILL (Forced quit)",
                 "[1]+  Killed                  ./app", "Command terminated by signal 9",
                 "WARN exited: app (terminated by SIGKILL; not expected)",
                 "[ERROR] Worker (pid:12) was sent SIGKILL! Perhaps out of memory?",
                 "subprocess.CalledProcessError: Command './app' died with <Signals.SIGKILL: 9>.",
                 "App [api:0] exited with code [0] via signal [SIGKILL]"},
     .what = "a process was killed with SIGKILL",
     .cause = "Its parent says only that it happened. Mostly the kernel did it for memory; a stop whose time was up, "
              "or somebody's kill -9, are the other reasons.",
     .cure = "Ask the kernel's log: dbgscope explain LOG --with KERNEL_LOG (journalctl -k, or dmesg as root).",
     .caused_by = kKilledForMemory},
    {.id = "shell-killed-localized",
     .severity = Severity::failure,
     .applies = "make and bash in another language",
     .patterns = {"*** [{target}] {word~}$", ": Zeile {line#}: {pid#} {word~}  ", ": ligne {line#} : {pid#} {word~}  ",
                  ": ligne {line#}: {pid#} {word~}  ", "nea {line#}: {pid#} {word~}  ",
                  ": riga {line#}: {pid#} {word~}  ", ": linha {line#}: {pid#} {word~}  "},
     .samples = {"make[1]: *** [Makefile:12: all] Getötet", "./run.sh: Zeile 3: 12345 Getötet                  ./app",
                 "./run.sh : ligne 3 : 12345 Processus arrêté         ./app",
                 "./run.sh: ligne 3: 12345 Processus arrêté         ./app",
                 "./run.sh: línea 3: 12345 Terminado (killed)         ./app",
                 "./run.sh: riga 3: 12345 Ucciso                  ./app",
                 "./run.sh: linha 3: 12345 Morto                  ./app"},
     .what = "a process was killed with SIGKILL",
     .cause = "A shell says only that it happened. Mostly the kernel did it for memory; a container or job being "
              "stopped is the other usual reason.",
     .cure = "Ask the kernel's log: dbgscope explain LOG --with KERNEL_LOG (journalctl -k, or dmesg as root).",
     .unless = "] Killed",
     .caused_by = kKilledForMemory},
    {.id = "child-killed",
     .severity = Severity::failure,
     .applies = "Go programs that start others: gopls, golangci-lint, tools of builds",
     .patterns = {"failed: signal: killed$", "rror: signal: killed$", "err: signal: killed"},
     .samples = {"go: running gcc failed: signal: killed", "Error: signal: killed",
                 "packages.Load error: err: signal: killed: stderr: "},
     .what = "a program started by this one was killed with SIGKILL",
     .cause = "A Go program passes on how its child ended. Memory is the usual reason; a time limit of its own "
              "(exec.CommandContext) is the other.",
     .cure = "Look at the kernel's log: dbgscope explain LOG --with KERNEL_LOG.",
     .unless = "/link: ",
     .caused_by = kKilledForMemory},
};

} // namespace

std::vector<Rule> ended_rules()
{
    return PackedRules<[] { return std::span(kRules); }>::rules();
}

} // namespace dbgscope
