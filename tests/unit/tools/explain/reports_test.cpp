// SPDX-License-Identifier: Apache-2.0
#include "unit/tools/explain/listed.hpp"

// Whole logs, small ones, as people put them into public reports: what is said of them, and what is not.
namespace dbgscope {
namespace {

TEST(Reports, WhyStandsBeforeThat)
{
    judge(std::to_array<Report>({
        {"warning: Could not trace the inferior process.\nwarning: ptrace: Operation not permitted\nDuring startup "
         "program "
         "exited with code 127.\n",
         "ptrace-launch-refused"},
        {"warning: Could not trace the inferior process.\nwarning: ptrace: Function not implemented\nDuring startup "
         "program exited with code 127.\n",
         "ptrace-not-implemented"},
        {"&\"warning: Could not trace the inferior process.\\n\"\n&\"warning: ptrace: Operation not permitted\\n\"\n"
         "^error,msg=\"During startup program exited with code 127.\"\n",
         "ptrace-launch-refused"},
        {"1: (4720) ->&\"warning: ptrace: Function not implemented\\n\"\n1: (4721) ->1012^error,msg=\"During startup "
         "program exited with code 127.\"\n",
         "ptrace-not-implemented"},
        {"gdbserver: Could not trace the inferior process.\ngdbserver: ptrace: Operation not permitted\n",
         "ptrace-launch-refused"},
        {"/bin/bash: line 1: /w/app: cannot execute: required file not found\nDuring startup program exited with code "
         "127.\n",
         "elf-interpreter-missing"},
        {"/bin/bash: line 1: /w/app: cannot execute binary file: Exec format error\n/bin/bash: line 1: /w/app: "
         "Success\n"
         "During startup program exited with code 126.\n",
         "exec-format"},
        {"/bin/sh: 1: exec: /w/app: Exec format error\nDuring startup program exited with code 126.\n", "exec-format"},
        {"warning: Cannot exec /bin/expired\nwarning:  -c\nwarning:  exec /w/app\nwarning: Error: No such file or "
         "directory\nDuring startup program exited with code 127.\n",
         "shell-not-a-shell"},
        {"^error,msg=\"ptrace: Operation not permitted.\"\n", "attach-refused"},
        {"rosetta error: failed to open elf at /lib64/ld-linux-x86-64.so.2\nDuring startup program exited with code "
         "127.\n",
         "elf-interpreter-missing"},
        {"&\"warning: Cannot exec /bin/expired\\n\"\n^error,msg=\"During startup program exited with code 127.\"\n",
         "shell-not-a-shell"},
        {"During startup program exited with code 127.\n", "startup-exited"},
    }));
}

TEST(Reports, WhatIsNotADebuggersIsNotSaidOfOne)
{
    judge(std::to_array<Report>({
        {"Error: fork/exec /proc/self/exe: operation not permitted\n", "userns-refused"},
        {"fork/exec /usr/bin/newuidmap: operation not permitted\n", ""},
        {"Error: connect ECONNREFUSED 127.0.0.1:6379\n", ""},
        {"Error: connect ECONNREFUSED 127.0.0.1:43651\n", ""},
        {"DAP server listening at: 127.0.0.1:43651\nError: connect ECONNREFUSED 127.0.0.1:6379\n", ""},
        {"Couldn't start dlv dap:\nError: connect ECONNREFUSED 127.0.0.1:43651\n", "connection-refused"},
        {"Error: connect ECONNREFUSED 127.0.0.1:2345\n", "connection-refused"},
        {"Couldn't connect to 127.0.0.1:38697: ECONNREFUSED\n", "connection-refused"},
        {"curl: (7) Failed to connect to localhost port 80: Connection refused\n", ""},
        {"could not find file package.json\n", ""},
        {"Error: could not find function \"ggplot\"\n", ""},
        {"template: x:1: function \"foo\" not defined\nERROR: Function \"foo\" not defined.\n", ""},
        {"Error: location \"us-east-1\" not found\n", ""},
        {"NAME  STATUS\nx  <PENDING>\n", ""},
        {"./build.sh: line 1: /out: Permission denied\n/bin/bash: line 1: /out: Permission denied\n", ""},
        {"/bin/bash: line 1: foo: No such file or directory\n", ""},
        {"ERROR: unknown API version\n2026/11/22 10:00:00 connection timeout\n", ""},
        {"fatal error: Unable to locate credentials\nfatal error: too many errors emitted, stopping now\n", ""},
        {"modprobe: ERROR: could not insert 'x': Exec format error\n", ""},
        {"./main.go:5:2: undefined: x\n", ""},
        {"Error: unknown flag: --foo\n", ""},
        {"dial tcp 127.0.0.1:5432: connect: connection refused\n", ""},
        {"mmap(NULL, 99999999999999, PROT_READ) = -1 ENOMEM (Cannot allocate memory)\n", ""},
        {"apparmor=\"ALLOWED\" operation=\"ptrace\" profile=\"x\" requested_mask=\"trace\"\n", ""},
        {"apparmor=\"DENIED\" operation=\"ptrace\" profile=\"x\" pid=1 comm=\"ps\" requested_mask=\"read\"\n", ""},
        {"\"OOMKilled\": false,\n", ""},
        {"==== AUTHENTICATING FOR org.freedesktop.policykit.exec ===\n==== AUTHENTICATION COMPLETE ===\n", ""},
        {"Error executing command as another user: Request dismissed\n", ""},
        {"FATAL: Could not open '/lib/modules/6.1.0/modules.dep.temp' for writing: Permission denied\n", ""},
        {"bash: cgdb: command not found\n", ""},
        {"127.0.0.1:6379: Connection refused.\n", ""},
        {"10.0.0.7:443: Connection timed out.\n", ""},
        {"GNU gdb (Debian 13.1-3) 13.1\n127.0.0.1:43651: Connection timed out.\n", "gdb-connect-timeout"},
    }));
}

constexpr std::string_view kOldKernel =
    "java invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null),  order=0, oom_score_adj=0\n"
    "Task in /kubepods/pod1/aa killed as a result of limit of /kubepods/pod1/aa\n"
    "memory: usage 524288kB, limit 524288kB, failcnt 3412\n"
    "Memory cgroup out of memory: Kill process 24572 (java) score 0 or sacrifice child\n"
    "Killed process 28438 (java) total-vm:3145728kB, anon-rss:515072kB, file-rss:1024kB, shmem-rss:0kB\n";

TEST(Reports, KernelsBefore51)
{
    EXPECT_EQ(explain(kOldKernel).findings.at(0).what,
              "the kernel killed java (pid 28438, 503M): the limit of 512M of /kubepods/pod1/aa was used up");
    EXPECT_EQ(
        explain(
            "Out of memory: Kill process 900 (java) score 905 or sacrifice child\nKilled process 900 (java), UID 0, "
            "total-vm:9kB, anon-rss:2048kB, file-rss:0kB, shmem-rss:0kB\n")
            .findings.at(0)
            .what,
        "the kernel killed java (pid 900, 2M): the whole machine was out of memory");
    EXPECT_EQ(listed("Killed process 900 (java) total-vm:9kB, anon-rss:2048kB, file-rss:0kB\n"), "kernel-oom-killed");
    const auto nodes = explain("oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=p,mems_allowed=0,global_"
                               "oom,task_memcg=/a,task=server,"
                               "pid=811,uid=0\nOut of memory: Killed process 811 (server) total-vm:9kB, anon-rss:8kB, "
                               "file-rss:0kB, shmem-rss:0kB\n");
    ASSERT_EQ(nodes.findings.size(), 1U);
    EXPECT_EQ(nodes.findings[0].rule->id, "kernel-oom-nodes");
    EXPECT_EQ(nodes.findings[0].count, 1U);
}

TEST(Reports, AKillIsKnownByAnyOneOfItsLines)
{
    judge(std::to_array<Report>({
        {"[12.5] Out of memory: Kill process 100 (mysqld) score 950 or sacrifice child\n", "kernel-oom-machine"},
        {"Memory cgroup out of memory: Kill process 100 (java) score 950 or sacrifice child\n", "kernel-oom-kill"},
        {"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/k/p,task_memcg=/k/p/"
         "c,"
         "task=app,pid=5,uid=0\n",
         "kernel-oom-kill"},
    }));
    const auto two =
        explain("Out of memory: Kill process 1 (a) score 9 or sacrifice child\nOut of memory: Kill process 2 (b) "
                "score 9 or sacrifice child\nKilled process 2 (b) total-vm:9kB, anon-rss:2048kB, file-rss:0kB\n");
    ASSERT_EQ(two.findings.size(), 2U);
    EXPECT_EQ(two.findings[0].what,
              "the kernel killed a (pid 1, size not logged): the whole machine was out of memory");
    EXPECT_EQ(two.findings[1].what, "the kernel killed b (pid 2, 2M): the whole machine was out of memory");
}

/// Each line of `log` behind `prefix`.
std::string behind(std::string_view prefix, std::string_view log)
{
    std::string out;
    while (!log.empty()) {
        const auto end = log.find('\n');
        out += std::string(prefix) + std::string(log.substr(0, end + 1));
        log.remove_prefix(end + 1);
    }
    return out;
}

constexpr std::string_view kPrefixes[] = {
    "",
    "app-1  | ",
    "web.1 | ",
    "10:00:00 web.1  | ",
    "2026-11-22T10:00:00.123456789Z stderr F ",
    "2026-11-22T10:00:00.123456789+01:00 stdout F ",
    "2026-11-22T10:00:00.123456789Z ",
    "2026-11-22 10:00:00,123 ",
    "build\tRun tests\t2026-11-22T10:00:00.1234567Z ",
    "##[error]",
    "[pod/api-7d9c5b4f8-x2x9p/api] ",
    "api-7d9c5b4f8-x2x9p api ",
    "db-0 db ",
    "I1122 10:00:00.123456    4711 server.go:42] ",
    "Nov 22 10:00:00 host app[12]: ",
    "Nov 22 10:00:00.123456 host app[12]: ",
    "2026-11-22T10:00:00+0100 host app[12]: ",
    "2026-11-22T10:00:00.123456+01:00 host app[12]: ",
    "Sun 2026-11-22 10:00:00 UTC host app[12]: ",
    "[12345.678901] host app[12]: ",
    "1763805600.123456 host app[12]: ",
    "<34>1 2026-11-22T10:00:00.003Z host app 12 - - ",
    "[2026-11-22T10:00:00.123Z] ",
    "[2026-11-22 10:00:00] ",
    "[10:00:00] ",
    "0|app  | ",
    "web-6d4cf56db6-abcde web ",
    "2026-11-22T10:00:00.123456Z 00O ",
    "2026-11-22T10:00:00.123456Z 01E ",
    "#12 3.456 ",
    "[api] ",
    "app-1  | 2026-11-22T10:00:00Z ",
};
constexpr std::string_view kKernelPrefixes[] = {
    "",
    "[29461.467781] ",
    "[29461.467781][ T4339] ",
    "[29461.467781] [ T4339] ",
    "[29461.467781][    C0] ",
    "<6>[29461.467781] ",
    "kern  :info  : [29461.467781] ",
    "kern  :err   : [Sun Nov 22 10:00:00 2026] ",
    "[Sun Nov 22 10:00:00 2026] ",
    "2026-11-22T10:00:00,123456+01:00 ",
    "[29461.467781 <    0.000010>] ",
    "[<    0.000010>] ",
    "[Nov22 10:00] ",
    "[  +0.000010] ",
    "6,5630,12966526368,-;",
    "6,5630,12966526368,-,caller=T4339;",
    "Nov 22 10:00:00 host kernel: ",
    "Nov 22 10:00:00 host kernel: [29461.467781] ",
    "Nov 22 10:00:00.123456 host kernel: ",
    "2026-11-22T10:00:00+0100 host kernel: ",
    "2026-11-22T10:00:00.123456+01:00 host kernel: ",
    "Sun 2026-11-22 10:00:00 UTC host kernel: ",
    "[29461.467781] host kernel: ",
    "1763805600.123456 host kernel: ",
    "kernel: ",
};

TEST(Reports, AnyPrefixIsTakenOffForEveryRule)
{
    constexpr std::string_view kGc = "gc 5 @0.208s 2%: 0.016+0.36+0.003 ms clock, 0.033+0.18/0.21/0+0.006 ms cpu, "
                                     "31->32->32 MB, 33 MB goal, 0 MB stacks, 0 MB globals, 2 P\n";
    for (const std::string_view prefix : kPrefixes) {
        EXPECT_EQ(explain(behind(prefix, kGc)).logs.at(0).gc.programs().size(), 1U) << prefix;
        EXPECT_EQ(listed(behind(prefix, "fatal error: stack overflow\n")), "go-stack-overflow") << prefix;
        EXPECT_EQ(listed(behind(prefix, "ptrace: Operation not permitted.\n")), "attach-refused") << prefix;
    }
}

TEST(Reports, AnyPrefixIsTakenOffForTheKernelsReport)
{
    constexpr std::string_view kNew =
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/s/debuggee,"
        "task_memcg=/s/debuggee,task=leak,pid=4711,uid=0\nMemory cgroup out of memory: Killed process 4711 (leak) "
        "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n";
    for (const std::string_view prefix : kKernelPrefixes) {
        const auto known = explain(behind(prefix, kNew));
        ASSERT_EQ(known.findings.size(), 1U) << prefix;
        EXPECT_EQ(known.findings[0].what,
                  "the kernel killed leak (pid 4711, 60M): its cgroup's limit of /s/debuggee was used up")
            << prefix;
        const auto old = explain(behind(prefix, kOldKernel));
        ASSERT_EQ(old.findings.size(), 1U) << prefix;
        EXPECT_EQ(old.findings[0].what,
                  "the kernel killed java (pid 28438, 503M): the limit of 512M of /kubepods/pod1/aa was used up")
            << prefix;
    }
}

TEST(Reports, LinesInsideOtherFormats)
{
    judge(std::to_array<Report>({
        {"{\"log\":\"fatal error: stack overflow\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-22T10:00:00Z\"}\n",
         "go-stack-overflow"},
        {"{\"MESSAGE\":\"fatal error: stack overflow\",\"PRIORITY\":\"3\"}\n", "go-stack-overflow"},
        {"time=\"2026-11-22T10:00:00Z\" level=error msg=\"fatal error: stack overflow\"\n", "go-stack-overflow"},
        {"2026-11-22T10:00:00Z error layer=dap Failed to launch: could not launch process: fork/exec /app/server: exec "
         "format error\n",
         "exec-format"},
    }));
}

TEST(Reports, Kubernetes)
{
    judge(std::to_array<Report>({
        {"    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n", "kubernetes-oom"},
        {"      Reason:       Error\n      Exit Code:    137\n  Warning  Unhealthy  10s (x3 over 30s)  kubelet  "
         "Liveness "
         "probe failed: HTTP probe failed with statuscode: 503\n",
         "liveness-probe"},
        {"      Reason:       Error\n      Exit Code:    137\n", "exit-137"},
    }));
}

TEST(Reports, Builds)
{
    judge(std::to_array<Report>({
        {"Build Error: go test -c -o /w/__debug_bin1 ./a\nno Go files in /w/a (exit status 1)\n", "go-module-missing"},
        {"Build Error: go build -o /w/__debug_bin1 .\ngo build example.com/a: signal: killed (exit status 1)\n",
         "build-killed-package"},
        {"Build Error: go build -o /w/__debug_bin1 .\nopen /w/__debug_bin1: permission denied (exit status 1)\n",
         "build-output-denied"},
        {"Build Error: go build -o /w/__debug_bin1 ./foo.go\nstat /w/foo.go: directory not found (exit status 1)\n",
         "program-missing"},
        {"g++: internal compiler error: Killed (program cc1plus)\nPlease submit a full bug report,\n", "cc-killed"},
        {"g++: internal compiler error: Segmentation fault (program cc1plus)\n", ""},
        {"go build example.com/a/pkg/template: signal: killed\n", "build-killed-package"},
        {"clang++: error: unable to execute command: Killed\nclang++: error: clang frontend command failed due to "
         "signal\n",
         "cc-killed"},
        {"fatal: detected dubious ownership in repository at '/w'\nerror obtaining VCS status: exit status 128\n\tUse "
         "-buildvcs=false to disable VCS stamping.\n",
         "dubious-ownership"},
        {"Build Error: go build -o /w/__debug_bin -gcflags all=-N -l .\n# demo\n./main.go:5:2: undefined: x (exit "
         "status "
         "1)\n",
         "go-compile-error"},
        {"runtime: failed to create new OS thread (have 5 already; errno=11)\nruntime: may need to increase max user "
         "processes (ulimit -u)\nfatal error: newosproc\n",
         "threads-refused"},
    }));
}

} // namespace
} // namespace dbgscope
