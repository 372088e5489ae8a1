// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/packed_rules.hpp"

namespace dbgscope {
namespace {

// The kernel, systemd and the kubelet, on memory that ran out.
constexpr Rule kRules[] = {
    {.id = "kernel-oom-kill",
     .severity = Severity::failure,
     .applies = "Linux kernel log, every version",
     .patterns = {"Memory cgroup out of memory: Killed process {pid#} ({name}) total-vm:",
                  "Memory cgroup out of memory (oom_kill_allocating_task): Killed process {pid#} ({name}) total-vm:"},
     .samples = {"[29461.467781] Memory cgroup out of memory: Killed process 10685 (compile) total-vm:132340kB, "
                 "anon-rss:42032kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0",
                 "[1.5] Memory cgroup out of memory (oom_kill_allocating_task): Killed process 7 (app) total-vm:9kB, "
                 "anon-rss:8kB, file-rss:0kB, shmem-rss:0kB"},
     .what = "the kernel killed {name} (pid {pid}, {size}): {limit} was used up",
     .cause = "A process in this cgroup asked for memory, the cgroup was at its limit, and nothing more could be "
              "reclaimed. The machine itself need not be short of memory. Mostly the largest process of the cgroup is "
              "killed, which need not be the one that grew.",
     .cure = "Raise that limit (under dbgscope: --memory-max=, or dbgscope more while it runs), or make "
             "the program smaller; --fuse-action=hold stops a debuggee before it dies."},
    {.id = "kernel-oom-nodes",
     .severity = Severity::failure,
     .applies = "Linux 5.0 and later",
     .patterns = {"oom-kill:constraint=CONSTRAINT_CPUSET,{x},task={name},pid={pid#},uid=",
                  "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,{x},task={name},pid={pid#},uid="},
     .samples = {"[88.5] "
                 "oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=pod1,mems_allowed=0,global_oom,task_"
                 "memcg=/a,task=server,pid=811,uid=0",
                 "[88.5] "
                 "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=1,cpuset=/"
                 ",mems_allowed=0-1,global_oom,task_memcg=/a,task=server,pid=811,uid=0"},
     .what = "the kernel killed {name} (pid {pid}): the NUMA nodes it may use were full, not the machine",
     .cause = "A cpuset (cpuset.mems) or a memory policy (numactl --membind, mbind) confines it to some nodes, and "
              "those had nothing left; others may be empty. No memory limit was reached.",
     .cure = "Give it more nodes: cpuset.mems of its cgroup, the container's --cpuset-mems, or numactl --preferred in "
             "place of --membind. numactl -H shows what each node has."},
    {.id = "kernel-oom-machine",
     .severity = Severity::failure,
     .applies = "Linux kernel log, every version",
     .patterns = {"Out of memory: Killed process {pid#} ({name}) total-vm:",
                  "Out of memory (oom_kill_allocating_task): Killed process {pid#} ({name}) total-vm:",
                  "Out of memory: Killed process {pid#} ({name}).", "Out of Memory: Killed process {pid#} ({name}).",
                  "Out of memory: Killed process {pid#}, UID {uid#}, ({name})."},
     .samples = {"Nov 22 10:00:00 build kernel: Out of memory: Killed process 811 (server) total-vm:16264424kB, "
                 "anon-rss:15102312kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:30512kB oom_score_adj:0",
                 "[1.5] Out of memory (oom_kill_allocating_task): Killed process 7 (app) total-vm:9kB, anon-rss:8kB, "
                 "file-rss:0kB, shmem-rss:0kB",
                 "Nov 22 10:00:00 old kernel: Out of memory: Killed process 5371 (httpd).",
                 "Nov 22 10:00:00 old kernel: Out of Memory: Killed process 5371 (httpd).",
                 "Nov 22 10:00:00 old kernel: Out of memory: Killed process 5371, UID 48, (httpd)."},
     .what = "the kernel killed {name} (pid {pid}, {size}): the whole machine was out of memory",
     .cause = "No cgroup's limit was in the way: all memory of the machine (and its swap) was used. The victim is the "
              "process with the highest score, which need not be the one that grew.",
     .cure = "Give what you debug a limit of its own, so that it cannot use up the machine: dbgscope --memory-max=SIZE "
             "dlv ..."},
    {.id = "kernel-oom-killed",
     .severity = Severity::failure,
     .applies = "Linux kernel log before 5.1 (RHEL 6 to 8, Debian 9 and 10, Ubuntu 16.04 and 18.04)",
     .patterns = {"^Killed process {pid#} ({name}) total-vm:", "^Killed process {pid#} ({name}), UID {uid#}, total-vm:",
                  "^Killed process {pid#}, UID {uid#}, ({name}) total-vm:", "^Killed process {pid#} ({name}) vsz:"},
     .samples = {"[88.5] Killed process 28438 (java) total-vm:3145728kB, anon-rss:524288kB, file-rss:1024kB",
                 "[88.5] Killed process 28438 (java), UID 0, total-vm:3145728kB, anon-rss:524288kB, file-rss:1024kB, "
                 "shmem-rss:0kB",
                 "[88.5] Killed process 5124, UID 502, (java) total-vm:3145728kB, anon-rss:524288kB, file-rss:1024kB",
                 "[88.5] Killed process 5124 (java) vsz:3145728kB, anon-rss:524288kB, file-rss:1024kB"},
     .what = "the kernel killed {name} (pid {pid}, {size}) for memory",
     .cause = "The lines before this one say whose memory ran out, a cgroup's (\"killed as a result of limit of\") or "
              "the machine's; they are not in this log.",
     .cure = "Have the whole report: journalctl -k, or dmesg as root."},
    {.id = "kernel-oom-panic",
     .severity = Severity::failure,
     .applies = "Linux kernel log",
     .patterns = {"Kernel panic - not syncing: Out of memory", "Out of memory and no killable processes",
                  "out of memory and no killable processes", "System is deadlocked on memory"},
     .samples = {"[5.5] Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled",
                 "[5.5] Out of memory and no killable processes...",
                 "[5.5] Memory cgroup out of memory and no killable processes...",
                 "[5.5] Kernel panic - not syncing: System is deadlocked on memory"},
     .what = "memory ran out, and the kernel had nothing it might kill",
     .cause = "Every process is protected (oom_score_adj -1000), or vm.panic_on_oom asks for a panic.",
     .cure = "Raise the limit, protect less (OOMScoreAdjust), or set vm.panic_on_oom=0."},
    {.id = "systemd-oomd-kill",
     .severity = Severity::failure,
     .applies = "systemd 248 and later",
     .patterns = {"systemd-oomd killed {count#} process(es) in this unit.", "systemd-oomd killed some process(es)",
                  "Killed {unit_} due to memory pressure for ", "Killed {unit_} due to memory used (",
                  "Marked {unit_} for killing due to memory "},
     .samples =
         {"Dec 18 19:34:56 desktop systemd[1837]: vte-spawn-dbb4a75e.scope: systemd-oomd killed 12 process(es) "
          "in this unit.",
          "Dec 18 19:34:56 desktop systemd[1]: user@1000.service: systemd-oomd killed some process(es) in this unit.",
          "Dec 18 19:34:56 desktop systemd-oomd[840]: Marked /user.slice/app.scope for killing due to memory pressure "
          "for /user.slice being 64.54% > 50.00% for > 20s with reclaim activity",
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
     .caused_by = {"kernel-oom-kill", "kernel-oom-machine", "kernel-oom-nodes", "kernel-oom-killed"}},
    {.id = "kubernetes-oom",
     .severity = Severity::failure,
     .applies = "Kubernetes, docker",
     .patterns = {"Reason:{blanks}OOMKilled", "eason\"{x}\"OOMKilled\"", "eason: OOMKilled", "\"OOMKilled\":{x}true",
                  "/{n#} {x}OOMKilled ", "System OOM encountered, victim process: {victim_}, pid: {number#}",
                  "container init was OOM-killed", "TaskOOM event "},
     .samples = {"      Reason:       OOMKilled", "\"reason\": \"OOMKilled\"", "reason: OOMKilled",
                 "\"OOMKilled\": true,", "api-7d9c5b4f8-x2x9p   0/1     OOMKilled   3 (20s ago)   5m",
                 "Warning  SystemOOM  2m  kubelet  System OOM encountered, victim process: java, pid: 4711",
                 "unable to start container process: container init was OOM-killed (memory limit too low?): unknown",
                 "time=\"2026-11-22T10:00:00Z\" level=info msg=\"TaskOOM event &TaskOOM{ContainerID:0f0f,}\""},
     .what = "a container was killed for memory (OOMKilled)",
     .cause = "The container reached its own limit (resources.limits.memory, docker run --memory), or the node ran "
              "out. Under a debugger that limit also holds dlv, go build and what they load.",
     .cure = "Raise the limit while debugging, or give the debuggee a cap of its own below it: dbgscope "
             "--memory-max=SIZE dlv ... The node's kernel log names the process.",
     .caused_by = {"kernel-oom-kill", "kernel-oom-machine", "kernel-oom-nodes", "kernel-oom-killed"}},
    {.id = "kubernetes-evicted",
     .severity = Severity::failure,
     .applies = "Kubernetes",
     .patterns = {"The node was low on resource: {resource}. ", "The node had condition: [{resource}]"},
     .samples = {"The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi.",
                 "The node had condition: [MemoryPressure]. "},
     .what = "the kubelet evicted a pod, for the state of its node: {resource}",
     .cause = "The pod used more than it asked for (resources.requests), and was chosen when the node ran short.",
     .cure = "Ask for what a debug session needs in resources.requests, or use a larger node."},
    {.id = "liveness-probe",
     .severity = Severity::failure,
     .applies = "Kubernetes",
     .patterns = {"Liveness probe failed", "failed liveness probe, will be restarted", "Liveness probe errored",
                  "Startup probe failed", "failed startup probe, will be restarted", "Startup probe errored",
                  "is unhealthy, it will be killed and re-created"},
     .samples =
         {"  Warning  Unhealthy  10s  kubelet  Liveness probe failed: Get \"http://10.0.0.7:8080/healthz\": "
          "context deadline exceeded",
          "  Normal   Killing    5s  kubelet  Container api failed liveness probe, will be restarted",
          "  Warning  Unhealthy  10s  kubelet  Liveness probe errored: rpc error",
          "  Warning  Unhealthy  10s  kubelet  Startup probe failed: HTTP probe failed with statuscode: 503",
          "  Normal   Killing    5s  kubelet  Container api failed startup probe, will be restarted",
          "  Warning  Unhealthy  10s  kubelet  Startup probe errored: rpc error",
          "Killing container with id docker://api:Container api is unhealthy, it will be killed and re-created."},
     .what = "a liveness or startup probe failed, for which the kubelet kills the container",
     .cause = "A program that is stopped at a breakpoint answers no probe. After failureThreshold times periodSeconds "
              "the container gets SIGTERM, then SIGKILL: status 137, Reason: Error, and no memory ran out.",
     .cure = "While debugging take livenessProbe (and startupProbe) out, or raise its failureThreshold and "
             "timeoutSeconds."},
};

} // namespace

std::vector<Rule> kernel_rules()
{
    return PackedRules<[] { return std::span(kRules); }>::rules();
}

} // namespace dbgscope
