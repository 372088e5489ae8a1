// SPDX-License-Identifier: Apache-2.0
#include "unit/tools/explain/listed.hpp"

// Brothers of what public reports have: the same kinds in the words of other versions, shells, tools and containers.
namespace dbgscope {
namespace {

constexpr Report kWhyAProgramDidNotStart[] = {
    {"warning: Error disabling address space randomization: Operation not permitted\nwarning: Could not trace the "
     "inferior process.\nwarning: ptrace: Operation not permitted\nDuring startup program exited with code 127.\n",
     "ptrace-launch-refused"},
    {"/bin/bash: /w/app: No such file or directory\nDuring startup program exited with code 127.\n",
     "program-missing-shell"},
    {"/bin/bash: line 0: exec: /w/app: cannot execute: Permission denied\nDuring startup program exited with code "
     "126.\n",
     "exec-denied"},
    {"/bin/bash: /w/app: Permission denied\nDuring startup program exited with code 126.\n", "exec-denied"},
    {"/bin/bash: /w/app: cannot execute binary file\n/bin/bash: /w/app: Success\nDuring startup program exited with "
     "code 126.\n",
     "exec-format"},
    {"/bin/ash: exec: line 1: /w/app: not found\nDuring startup program exited with code 127.\n",
     "program-missing-shell"},
    {"/bin/sh: /w/app: not found\nDuring startup program exited with code 127.\n", "program-missing-shell"},
    {"/bin/sh: 0: exec: /w/app: not found\nDuring startup program exited with code 127.\n", "program-missing"},
    {"/bin/bash: line 1: exec: /w/app: not found\nDuring startup program exited with code 127.\n", "program-missing"},
    {"/bin/bash: line 1: /w/app: /lib/ld-musl-x86_64.so.1: bad ELF interpreter: No such file or directory\nDuring "
     "startup program exited with code 127.\n",
     "elf-interpreter-missing"},
    {"/w/app: error while loading shared libraries: libQt5Core.so.5: cannot open shared object file: No such file or "
     "directory\nDuring startup program exited with code 127.\n",
     "library-missing"},
    {"zsh:1: no such file or directory: /w/app\nDuring startup program exited with code 127.\n", "program-missing"},
    {"zsh:1: exec format error: /w/app\nDuring startup program exited with code 126.\n", "exec-format"},
    {"/w/app: Command not found.\nDuring startup program exited with code 1.\n", "startup-exited"},
    {"/bin/bash: -c: line 0: unexpected EOF while looking for matching `}'\n/bin/bash: -c: line 1: syntax error: "
     "unexpected end of file\nDuring startup program exited with code 1.\n",
     "startup-shell-words"},
    {"~\"Starting program: /w/app \\n\"\n&\"warning: Could not trace the inferior process.\\n\"\n&\"warning: ptrace: "
     "Operation not permitted\\n\"\n^error,msg=\"During startup program exited with code 127.\"\n",
     "ptrace-launch-refused"},
    {"&\"/bin/bash: line 1: /w/app: cannot execute: required file not found\\n\"\n1014^error,msg=\"During startup "
     "program exited with code 127.\"\n",
     "elf-interpreter-missing"},
    {"1: (2200) ->&\"warning: Could not trace the inferior process.\\n\"\n1: (2201) ->&\"warning: ptrace: Operation "
     "not permitted\\n\"\n1: (2201) ->1013^error,msg=\"During startup program exited with code 127.\"\n",
     "ptrace-launch-refused"},
    {"warning: ptrace: Permission denied\nDuring startup program exited with code 127.\n", "ptrace-start-refused"},
    {"warning: Error disabling address space randomization: Operation not permitted\nwarning: Couldn't get registers: "
     "Input/output error.\n",
     "ptrace-emulated"},
    {"gdbserver: linux_ptrace_test_ret_to_nx: Cannot PTRACE_TRACEME: Function not implemented\ngdbserver: "
     "linux_ptrace_test_ret_to_nx: status 256 is not WIFSTOPPED!\n",
     "ptrace-not-implemented"},
    {"gdbserver: Could not trace the inferior process.\ngdbserver: ptrace: Function not implemented\n",
     "ptrace-not-implemented"},
    {"Cannot exec /w/app: No such file or directory.\n\nChild exited with status 127\nNo program to debug\nExiting\n",
     "program-missing-shell"},
    {"(lldb) run\nerror: Cannot launch '/w/app': personality set failed: Operation not permitted\n",
     "ptrace-start-refused"},
    {"warning: Cannot exec /usr/sbin/nologin\nwarning:  -c\nwarning:  exec /w/app \nwarning: Error: Permission "
     "denied\nDuring startup program exited with code 127.\n",
     "shell-not-a-shell"},
    {"This account is currently not available.\nDuring startup program exited with code 1.\n", "shell-not-a-shell"},
    {"qemu-aarch64: Could not open '/lib/ld-linux-aarch64.so.1': No such file or directory\nDuring startup program "
     "exited with code 255.\n",
     "elf-interpreter-missing"},
    {"Starting program: /w/app \nwarning: Error disabling address space randomization: Operation not "
     "permitted\n[Inferior 1 (process 22) exited normally]\n",
     "aslr-not-disabled"},
    {"Reading symbols from ./a.out...\n(gdb) r\nStarting program: /root/a.out \nwarning: Could not trace the inferior "
     "process.\nwarning: ptrace: Operation not permitted\nDuring startup program exited with code 127.\n(gdb)\n",
     "ptrace-launch-refused"},
    {"(gdb) run\nStarting program: /w/a.out \n/bin/sh: 1: exec: /w/a.out: Permission denied\nDuring startup program "
     "exited with code 126.\n",
     "exec-denied"},
    {"(gdb) run\nStarting program: /w/a.out \nzsh:1: permission denied: /w/a.out\nDuring startup program exited with "
     "code 126.\n",
     "exec-denied"},
    {"(gdb) run\nStarting program: /w/a.out \n/bin/bash: line 1: /w/a.out: cannot execute: required file not "
     "found\nDuring startup program exited with code 127.\n",
     "elf-interpreter-missing"},
    {"(gdb) run\n/w/a.out: error while loading shared libraries: libssl.so.1.1: cannot open shared object file: No "
     "such file or directory\nDuring startup program exited with code 127.\n",
     "library-missing"},
    {"(gdb) run\n/w/a.out: /lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by "
     "/w/a.out)\nDuring startup program exited with code 1.\n",
     "library-missing"},
    {"(gdb) run\nfish: Unknown command: /w/a.out\nDuring startup program exited with code 127.\n", "program-missing"},
    {"{\"type\":\"event\",\"event\":\"output\",\"body\":{\"category\":\"stderr\",\"output\":\"warning: ptrace: "
     "Function not "
     "implemented\\n\"}}\n{\"type\":\"event\",\"event\":\"output\",\"body\":{\"category\":\"stderr\",\"output\":"
     "\"During startup program exited with code 127.\\n\"}}\n",
     "ptrace-not-implemented"},
    {"1: (1401) ->&\"/bin/bash: line 1: /w/app: cannot execute binary file: Exec format error\\n\"\n1: (1402) "
     "->1012^error,msg=\"During startup program exited with code 126.\"\n",
     "exec-format"},
    {"@\"/w/app: error while loading shared libraries: libfoo.so.1: cannot open shared object file: No such file or "
     "directory\\n\"\n^error,msg=\"During startup program exited with code 127.\"\n",
     "library-missing"},
    {"&\"warning: Error disabling address space randomization: Operation not permitted\\n\"\n&\"warning: Could not "
     "trace the inferior process.\\n\"\n&\"warning: ptrace: Function not implemented\\n\"\n1011^error,msg=\"During "
     "startup program exited with code 127.\"\n",
     "ptrace-not-implemented"},
    {"gdbserver: Error disabling address space randomization: Operation not permitted\ngdbserver: Could not trace the "
     "inferior process.\ngdbserver: ptrace: Operation not permitted\nDuring startup program exited with code "
     "127.\nExiting\n",
     "ptrace-launch-refused"},
    {"warning: Could not trace the inferior process.\nError: \nwarning: ptrace: Operation not permitted\nDuring "
     "startup program exited with code 127.\n",
     "ptrace-launch-refused"},
    {"warning: Cannot exec /usr/bin/zsh\nwarning:  -c\nwarning:  exec /w/app \nwarning: Error: No such file or "
     "directory\nDuring startup program exited with code 127.\n",
     "shell-not-a-shell"},
    {"warning: Cannot exec /bin/false\nwarning: Error: Permission denied\nDuring startup program exited with code 1.\n",
     "shell-not-a-shell"},
};
TEST(Kinds, WhyAProgramDidNotStart)
{
    judge(kWhyAProgramDidNotStart);
}

constexpr Report kTheKernelAndThoseWhoActBeforeIt[] = {
    {"<6>[88.5] "
     "oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=slurm_job_1,mems_allowed=1,global_oom,task_memcg=/"
     "slurm/uid_1000/job_1,task=python3,pid=9911,uid=1000\n<3>[88.5] Out of memory: Killed process 9911 (python3) "
     "total-vm:9000kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:160kB oom_score_adj:0\n",
     "kernel-oom-nodes"},
    {"Nov 22 10:00:00 host kernel: "
     "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0-1,cpuset=/,mems_allowed=0-3,global_oom,task_memcg=/"
     "user.slice/user-0.slice/session-3.scope,task=qemu-system-x86,pid=77,uid=0\nNov 22 10:00:00 host kernel: Out of "
     "memory: Killed process 77 (qemu-system-x86) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 "
     "pgtables:160kB oom_score_adj:0\n",
     "kernel-oom-nodes"},
    {"{\"MESSAGE\":\"oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=p,mems_allowed=0,global_oom,task_"
     "memcg=/a,task=Web Content,pid=811,uid=0\"}\n",
     "kernel-oom-nodes"},
    {"[88.5] "
     "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=0,cpuset=p,mems_allowed=0,oom_memcg=/a,task_memcg=/a/"
     "b,task=x,pid=811,uid=0\n",
     "kernel-oom-kill"},
    {"[88.5] "
     "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=p,mems_allowed=0-1,global_oom,task_memcg=/a/"
     "b,task=x,pid=811,uid=0\n",
     "kernel-oom-machine"},
    {"numactl: x\n[Sun Nov 22 10:00:00 2026] "
     "oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=p,mems_allowed=0,global_oom,task_memcg=/"
     "a,task=a,pid=811,uid=0\n[Sun Nov 22 10:00:00 2026] Out of memory: Kill process 811 (a) score 9 or sacrifice "
     "child\n[Sun Nov 22 10:00:00 2026] Killed process 811 (a) total-vm:9kB, anon-rss:8kB, file-rss:0kB, "
     "shmem-rss:0kB\n",
     "kernel-oom-nodes"},
    {"[1.5] Out of memory: kill process 2592 (oom) score 9 or a child\n[1.5] Killed process 2592 (oom) vsz:90kB, "
     "anon-rss:80kB, file-rss:0kB\n",
     "kernel-oom-killed"},
    {"Nov 22 10:00:00 host kernel: Out of Memory: Killed process 5371 (httpd).\n", "kernel-oom-machine"},
    {"Nov 22 10:00:00 host kernel: Out of memory: Killed process 5371 (httpd).\n", "kernel-oom-machine"},
    {"Nov 22 10:00:00 host kernel: Out of memory: Killed process 5371, UID 48, (httpd).\n", "kernel-oom-machine"},
    {"Dec  7 00:05:14 h kernel: Task in /docker/0f0f killed as a result of limit of /docker/0f0f\nDec  7 00:05:14 h "
     "kernel: memory: usage 131072kB, limit 131072kB, failcnt 1203\nDec  7 00:05:14 h kernel: memory+swap: usage "
     "262144kB, limit 262144kB, failcnt 27\nDec  7 00:05:15 h kernel: [ pid ]   uid  tgid total_vm      rss nr_ptes "
     "swapents oom_score_adj name\nDec  7 00:05:15 h kernel: [ 4142]     0  4142    30000    20000      61      136    "
     "         0 python3\nDec  7 00:05:15 h kernel: Memory cgroup out of memory: Kill process 4142 (python3) score 968 "
     "or sacrifice child\nDec  7 00:05:15 h kernel: Killed process 4142 (python3) total-vm:11968kB, anon-rss:4288kB, "
     "file-rss:3972kB, shmem-rss:0kB\n",
     "kernel-oom-kill"},
    {"[ 152.7] Memory cgroup out of memory: Kill process 4142 (python3) score 68 or sacrifice child\n[ 152.7] Killed "
     "process 4254 (python3) total-vm:11968kB, anon-rss:4288kB, file-rss:3972kB, shmem-rss:0kB\n[ 152.8] oom_reaper: "
     "reaped process 4254 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n",
     "kernel-oom-kill"},
    {"[ 152.8] oom_reaper: reaped process 4254 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n",
     "oom-reaped"},
    {"[9143134.8] java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n[9143134.8] java cpuset=5929cf "
     "mems_allowed=0\n",
     "oom-invoked"},
    {"[1.5] Memory cgroup out of memory: Kill process 3044 (java) score 1000 or sacrifice child\n[1.5] Killed process "
     "3044, UID 500, (java) total-vm:90kB, anon-rss:80kB, file-rss:0kB\n",
     "kernel-oom-kill"},
    {"[1.5] Out of memory: Kill process 3044 (mysqld) score 300 or sacrifice child\n[1.5] Killed process 3044 "
     "(mysqld), UID 27, total-vm:90kB, anon-rss:80kB, file-rss:0kB, shmem-rss:0kB\n",
     "kernel-oom-machine"},
    {"[1.5] Tasks in /kubepods/burstable/pod1/c1 are going to be killed due to memory.oom.group set\n[1.5] Memory "
     "cgroup out of memory: Killed process 30 (app) total-vm:90kB, anon-rss:80kB, file-rss:0kB, shmem-rss:0kB, UID:0 "
     "pgtables:160kB oom_score_adj:0\n[1.5] Memory cgroup out of memory: Killed process 31 (helper) total-vm:90kB, "
     "anon-rss:70kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
     "kernel-oom-kill kernel-oom-kill"},
    {"Task in /system.slice/docker-7a.scope killed as a result of limit of /system.slice/docker-7a.scope\nmemory: "
     "usage 65536kB, limit 65536kB, failcnt 99\n",
     "oom-limit"},
    {"[Thu Dec  7 00:05:15 2017] Out of memory: Kill process 9557 (postgres) score 66 or sacrifice child\n[Thu Dec  7 "
     "00:05:15 2017] Killed process 9557 (postgres) total-vm:9kB, anon-rss:8kB, file-rss:7kB\n",
     "kernel-oom-machine"},
    {"Out of memory (oom_kill_allocating_task): Kill process 9557 (postgres) score 0 or sacrifice child\nKilled "
     "process 9557 (postgres) total-vm:9kB, anon-rss:8kB, file-rss:7kB\n",
     "kernel-oom-machine"},
    {"earlyoom[812]: mem avail:   120 of  7900 MiB ( 1.52%), swap free:    0 of 2048 MiB ( 0.00%)\nearlyoom[812]: low "
     "memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%\nearlyoom[812]: sending SIGTERM to process 4711 uid "
     "1000 \"dlv\": oom_score 800, VmRSS 512 MiB, cmdline \"dlv dap\"\n",
     "earlyoom-kill"},
    {"Nov 22 10:00:00 host earlyoom[812]: sending SIGKILL to process 4711 uid 1000 \"__debug_bin\": badness 905, VmRSS "
     "5120 MiB\n",
     "earlyoom-kill"},
    {"earlyoom[812]: Killing process: chrome, pid: 4711, uid: 1000, badness: 305, VmRSS: 812 MiB\n", "earlyoom-kill"},
    {"Nov 22 10:00:00 h systemd[1]: user@1000.service: systemd-oomd killed some process(es) in this unit.\n",
     "systemd-oomd-kill"},
    {"Nov 22 10:00:00 h systemd-oomd[840]: Marked /user.slice/app.scope for killing due to memory pressure for "
     "/user.slice/user-1000.slice/user@1000.service being 64.54% > 50.00% for > 20s with reclaim activity\n",
     "systemd-oomd-kill"},
    {"Nov 22 10:00:00 h systemd[1]: app.service: Main process exited, code=killed, status=9/KILL\nNov 22 10:00:00 h "
     "systemd[1]: app.service: Failed with result 'oom-kill'.\n",
     "systemd-unit-oom"},
    {"Nov 22 10:00:00 h systemd[1]: app.service: Main process exited, code=killed, status=9/KILL\nNov 22 10:00:00 h "
     "systemd[1]: app.service: Failed with result 'signal'.\n",
     "systemd-killed"},
    {"Nov 22 10:00:00 h systemd[1]: app.service: State 'stop-sigterm' timed out. Killing.\nNov 22 10:00:00 h "
     "systemd[1]: app.service: Killing process 812 (app) with signal SIGKILL.\nNov 22 10:00:00 h systemd[1]: "
     "app.service: Main process exited, code=killed, status=9/KILL\n",
     "systemd-stop-timeout"},
};
TEST(Kinds, TheKernelAndThoseWhoActBeforeIt)
{
    judge(kTheKernelAndThoseWhoActBeforeIt);
}

constexpr Report kContainers[] = {
    {"CONTAINER ID   IMAGE   STATUS\n0f0f   api   Exited (137) 3 minutes ago\n", "container-137"},
    {"{\"reason\":\"OOMKilled\",\"exitCode\":137}\n", "kubernetes-oom"},
    {"    exitCode: 137\n    reason: OOMKilled\n", "kubernetes-oom"},
    {"    exitCode: 137\n    reason: Error\n", "container-137"},
    {"\"exitCode\":137,\"reason\":\"Error\"\n", "container-137"},
    {"      Reason:       Error\n      Exit Code:    137\n  Warning  Unhealthy  10s  kubelet  Startup probe failed: "
     "HTTP probe failed with statuscode: 503\n  Normal   Killing    5s  kubelet  Container api failed startup probe, "
     "will be restarted\n",
     "liveness-probe"},
    {"      Reason:       Error\n      Exit Code:    137\n  Warning  Unhealthy  10s  kubelet  Readiness probe failed: "
     "HTTP probe failed with statuscode: 503\n",
     "exit-137"},
    {"failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
     "container init was OOM-killed (memory limit too low?): unknown\n",
     "kubernetes-oom"},
    {"OutOfMemoryError: Container killed due to memory usage\n", "container-oom"},
    {"Exit Code: 137, Exit Message: \"OOM Killed\"\n", "container-oom"},
    {"Container killed on request. Exit code is 137\n", "container-137"},
    {"heroku[web.1]: Process exited with status 137\n", "exit-137"},
    {"time=\"2026-11-22T10:00:00Z\" level=info msg=\"TaskOOM event &TaskOOM{ContainerID:0f0f,}\"\n", "kubernetes-oom"},
    {"The node had condition: [MemoryPressure]. \n", "kubernetes-evicted"},
    {"  Warning  Evicted  2m  kubelet  The node was low on resource: memory. Threshold quantity: 100Mi, available: "
     "90Mi. Container api was using 200Mi, request is 0, has larger consumption of memory.\n",
     "kubernetes-evicted"},
    {"command terminated with exit code 137\n", "exit-137"},
    {"ERROR: Job failed: exit code 137\n", "exit-137"},
    {"Killing container with id docker://api:pod \"api_default(1)\" container \"api\" is unhealthy, it will be killed "
     "and re-created.\n",
     "liveness-probe"},
    {"    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    1\n", "kubernetes-oom"},
    {"  Warning  OOMKilling  2m  kernel-monitor, node1  Memory cgroup out of memory: Kill process 4711 (java) score "
     "1000 or sacrifice child\nKilled process 4711 (java) total-vm:9kB, anon-rss:8kB, file-rss:0kB\n",
     "kernel-oom-kill"},
};
TEST(Kinds, Containers)
{
    judge(kContainers);
}

constexpr Report kUserNamespacesAreNotPtrace[] = {
    {"[rootlesskit:parent] error: failed to start the child: fork/exec /proc/self/exe: operation not permitted\n",
     "userns-refused"},
    {"Error: fork/exec /proc/self/exe: no space left on device\n", "userns-refused"},
    {"unshare: unshare failed: No space left on device\n", "userns-refused"},
    {"bwrap: No permissions to creating new namespace, likely because the kernel does not allow non-privileged user "
     "namespaces.\n",
     "sandbox-refused"},
    {"bwrap: Creating new namespace failed: Operation not permitted\n", "sandbox-refused"},
    {"Error during unshare(CLONE_NEWUSER): Operation not permitted\nUser namespaces are not enabled in "
     "/proc/sys/kernel/unprivileged_userns_clone.\n",
     "userns-refused"},
    {"runc run failed: unable to start container process: nsenter: failed to unshare user namespace: Operation not "
     "permitted\n",
     "userns-refused"},
    {"nsexec[4711]: failed to unshare user namespace: Operation not permitted\n", "userns-refused"},
    {"ERROR  : Failed to create user namespace: user namespace disabled\n", "sandbox-refused"},
    {"newuidmap: open of uid_map failed: Permission denied\n", "userns-refused"},
    {"cannot clone: Invalid argument\nuser namespaces are not enabled in /proc/sys/user/max_user_namespaces\nError: "
     "could not get runtime: cannot re-exec process\n",
     "sandbox-refused"},
    {"Failed to move to new namespace: PID namespaces supported, Network namespace supported, but failed: errno = "
     "Operation not permitted\n",
     "sandbox-refused"},
    {"No usable sandbox! Update your kernel or see https://chromium.googlesource.com/x for more information\n",
     "sandbox-refused"},
    {"[88.5] audit: type=1400 audit(1763805600.123:45): apparmor=\"DENIED\" operation=\"userns_create\" "
     "class=\"namespace\" info=\"Userns create restricted - failed to find unprivileged_userns profile\" error=-13 "
     "profile=\"unconfined\" pid=4711 comm=\"bwrap\" requested=\"userns_create\" denied=\"userns_create\" "
     "target=\"unprivileged_userns\"\n",
     "sandbox-refused"},
    {"Type 'help' for list of commands.\n(dlv) continue\nError: fork/exec /proc/self/exe: operation not permitted\n",
     "userns-refused"},
    {"[88.5] audit: type=1400 audit(1763805600.123:45): apparmor=\"AUDIT\" operation=\"userns_create\" "
     "class=\"namespace\" profile=\"unconfined\" pid=4711 comm=\"chrome\" requested=\"userns_create\" "
     "target=\"unprivileged_userns\"\n",
     ""},
};
TEST(Kinds, UserNamespacesAreNotPtrace)
{
    judge(kUserNamespacesAreNotPtrace);
}

} // namespace
} // namespace dbgscope
