// SPDX-License-Identifier: Apache-2.0
#include "unit/tools/explain/listed.hpp"

// Lines of other programs that look like those of a debugger, the kernel or the Go runtime.
namespace dbgscope {
namespace {

constexpr Report kWhatOthersPrintIsNotADebuggers[] = {
    {"Error: connect ECONNREFUSED ::1:5432\n    at TCPConnectWrap.afterConnect\n", ""},
    {"MongooseServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017\n", ""},
    {"Type 'help' for list of commands.\n2026/11/22 10:00:00 dial tcp 127.0.0.1:5432: connect: connection refused\n",
     ""},
    {"DAP server listening at: 127.0.0.1:43651\nError: connect ECONNREFUSED /var/run/docker.sock\n", ""},
    {"2026/11/22 10:00:00 open config.yml: no such file or directory\n", ""},
    {"2026/11/22 10:00:00 chdir /data: no such file or directory\n", ""},
    {"error: could not find file 'src/index.ts' in program\n", ""},
    {"ERROR 1305 (42000): FUNCTION db.foo does not exist\nFunction \"foo\" is not defined\n", ""},
    {"ERROR: (gcloud.run.deploy) location \"us-west9\" not found\n", ""},
    {"kubectl get svc\nlb   LoadBalancer   10.0.0.1   <pending>   80:31234/TCP   5m\n", ""},
    {"./deploy.sh: line 1: ./bin/tool: Permission denied\n", ""},
    {"bash: /usr/bin/foo: Permission denied\n", ""},
    {"sh: 1: eslint: not found\n", ""},
    {"/bin/sh: 1: cmake: not found\nmake: *** [Makefile:3: all] Error 127\n", ""},
    {"/bin/bash: line 1: cmake: command not found\n", ""},
    {"fatal error: failed to connect to database\n", ""},
    {"fatal error: could not read config file\n", ""},
    {"fatal error: cannot write to output\n", ""},
    {"fatal error: missing argument --input\n", ""},
    {"fatal error: invalid configuration: x\n", ""},
    {"fatal error: connection reset by peer\n", ""},
    {"main.c:1:10: fatal error: foo.h: No such file or directory\ncompilation terminated.\n", ""},
    {"Remote connection closed by peer\n", ""},
    {"Error: unknown flag: --set-file2\nSee 'helm install --help'.\n", ""},
    {"go: unknown flag -foo\n", ""},
    {"Cannot exec rsh\n", ""},
    {"curl: (28) Connection timed out after 5001 milliseconds\nconnection timeout\n", ""},
    {"psql: error: connection to server at \"10.0.0.7\", port 5432 failed: Connection timed out\n", ""},
    {"2026/11/22 10:00:00 permission denied: user bob\nOperation not permitted\n", ""},
    {"chown: changing ownership of '/x': Operation not permitted\n", ""},
    {"mount: /mnt: permission denied.\n", ""},
    {"mutant 17: Killed\nmutants: 12 killed, 3 survived\n", ""},
    {"ERROR: breakpoint already exists in schema\nbreakpoint already exists\n", ""},
    {"sed: -e expression #1, char 3: unknown command: `.'\nError: unknown command \"foo\" for \"kubectl\"\n", ""},
    {"ld: warning: libfoo.so.1, needed by x, not found\n", ""},
    {"Error relocating: x\n", ""},
    {"npm ERR! code EACCES\nnpm ERR! syscall open\nError: EACCES: permission denied, open '/x'\n", ""},
    {"Warning  Unhealthy  10s  kubelet  Readiness probe failed: HTTP probe failed with statuscode: 503\n", ""},
    {"the request signal: killed was sent\n", ""},
    {"Traceback (most recent call last):\nMemoryError\n", ""},
    {"sudo: a password is required to deploy (docs)\n", ""},
    {"2026/11/22 10:00:00 http: Accept error: accept tcp [::]:8080: accept4: too many open files; retrying in 5ms\n",
     ""},
    {"panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 "
     "[running]:\nmain.main()\n\t/w/main.go:9 +0x1d\nexit status 2\n",
     ""},
    {"error: linker `cc` not found\n", ""},
    {"npm ERR! code ELIFECYCLE\nnpm ERR! errno 1\n", ""},
    {"E: Unable to locate package foo\n", ""},
    {"fatal: not a git repository (or any of the parent directories): .git\n", ""},
    {"error: could not lock config file .git/config: Permission denied\n", ""},
    {"Permission denied (publickey).\n", ""},
    {"rm: cannot remove 'x': Operation not permitted\n", ""},
    {"ping: socket: Operation not permitted\n", ""},
    {"java.net.ConnectException: Connection refused (Connection refused)\n", ""},
    {"redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.\n", ""},
    {"dial tcp 127.0.0.1:2379: connect: connection refused\n", ""},
    {"dial tcp [::1]:8500: connect: connection refused\n", ""},
    {"Error: connect ETIMEDOUT 10.0.0.7:443\n", ""},
    {"error: function \"foo\" not defined\nlocation \"main\" not found in Sentry\n", ""},
    {"fatal error: swift runtime failure\n", ""},
    {"fatal error: module map file 'x' not found\n", ""},
    {"fatal error: ran out of tape\n", ""},
    {"fatal error: Python.h: No such file or directory\n", ""},
    {"fatal error: bad response from upstream\n", ""},
    {"killed: 0, timed out: 3\n", ""},
    {"SIGKILL received by worker 3, respawning\n", ""},
    {"tests: 137 passed, exit code 0\n", ""},
    {"line 137: Error 13: foo\n", ""},
    {"ok 137 - exit code is 0\n", ""},
    {"memory usage: 65536kB, limit: 99999kB\n", ""},
    {"WARNING: Published ports are discarded when using host network mode\n", ""},
    {"OOMKilled=false ExitCode=0\n", ""},
    {"[  0.5] Memory: 16316412K/16777216K available (14345K kernel code, out of memory accounting)\n", ""},
    {"audit: type=1400 audit(1.2:3): apparmor=\"STATUS\" operation=\"profile_load\" profile=\"unconfined\" "
     "name=\"docker-default\"\n",
     ""},
    {"type=AVC msg=audit(1.2:3): avc:  denied  { read } for  pid=4711 comm=\"dlv\" name=\"x\" scontext=a tcontext=b "
     "tclass=file permissive=0\n",
     ""},
    {"type=AVC msg=audit(1.2:3): avc:  granted  { ptrace } for  pid=1 comm=\"gdb\" scontext=a tcontext=a "
     "tclass=process\n",
     ""},
    {"audit: type=1326 audit(1.2:3): auid=1 uid=1 pid=1 comm=\"chrome\" sig=0 arch=c000003e syscall=273 compat=0 "
     "ip=0x7f code=0x50000\n",
     ""},
    {"audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" operation=\"capable\" profile=\"/usr/sbin/cupsd\" pid=1 "
     "comm=\"cupsd\" capability=12  capname=\"net_admin\"\n",
     ""},
    {"> fatal: x\n> Task :compileJava UP-TO-DATE\n> Task :test\n", ""},
    {"Nov 22 10:00:00 host sshd[12]: error: connect_to 127.0.0.1 port 2345: failed.\n", ""},
    {"Nov 22 10:00:00 host systemd[1]: app.service: Main process exited, code=exited, status=1/FAILURE\nNov 22 "
     "10:00:00 host systemd[1]: app.service: Failed with result 'exit-code'.\n",
     ""},
    {"Nov 22 10:00:00 host systemd[1]: app.service: Killing process 812 (app) with signal SIGTERM.\n", ""},
    {"watchdog: task timed out. Killing it\nTest timed out. Killing.\n", ""},
    {"ERRO[0000] failed to dial gRPC: unable to upgrade to h2c\n", ""},
    {"Cloning into 'x'...\nremote: Enumerating objects: 137, done.\n", ""},
    {"docker: Error response from daemon: Conflict. The container name is in use.\n", ""},
    {"process exited normally with exit status 0 after signal: terminated\n", ""},
    {"go: finding module for package example.com/x\ngo: downloading example.com/x v1.0.0\n", ""},
    {"could not find function definition in docs\n", ""},
    {"Breakpoint 1 set at 0x49aee0 for main.main() ./main.go:5\n(dlv) c\n> main.main() ./main.go:5\n(dlv) q\n", ""},
};
TEST(Kinds, WhatOthersPrintIsNotADebuggers)
{
    judge(kWhatOthersPrintIsNotADebuggers);
}

TEST(Kinds, TheGoRuntimesOwnLinesAreToldFromOthers)
{
    for (const std::string_view text :
         {"max retries exceeded", "goroutine leak detected", "global config not found", "non zero exit", "bad gateway",
          "panic in plugin", "stack trace follows", "lock file exists", "signal 11 received", "invalid user", "Broken",
          "memory limit reached", "no space left on device", "cgo is required", "missing stack name", "a b c d e f"})
        EXPECT_EQ(listed("fatal error: " + std::string(text) + "\n"), "") << text;
    for (const std::string_view text :
         {"bad g status", "runtime: sudog with non-nil c", "gcMarkDone of a later release", "missing stack in newstack",
          "failed to allocate debug log", "schedule: holding locks", "invalid use of gostartcall"})
        EXPECT_EQ(listed("fatal error: " + std::string(text) + "\n"), "go-runtime-check") << text;
}

} // namespace
} // namespace dbgscope
