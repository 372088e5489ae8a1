// SPDX-License-Identifier: Apache-2.0
#include "unit/tools/explain/listed.hpp"

// What loggers, containers and CI systems put before a line, beyond the list in reports_test.cpp.
namespace dbgscope {
namespace {

TEST(Prefixes, OfLoggersAndCollectors)
{
    for (const std::string_view line : {
             "app_1      | fatal error: stack overflow\n",
             "my-app_1  | fatal error: stack overflow\n",
             "\x1b[36mapp-1  | \x1b[0mfatal error: stack overflow\n",
             "      api │ fatal error: stack overflow\n",
             "Nov 22 10:00:00 fatal error: stack overflow\n",
             "Nov 22 10:00:00.123 fatal error: stack overflow\n",
             "[0] fatal error: stack overflow\n",
             "2026-11-22T10:00:00.123456+00:00 app[web.1]: fatal error: stack overflow\n",
             "3.456 fatal error: stack overflow\n",
             "12.3 fatal error: stack overflow\n",
             "#12 123.4 fatal error: stack overflow\n",
             "default api-7d9c5b4f8-x2x9p api fatal error: stack overflow\n",
             "2026-11-22 10:00:00.123 [error] fatal error: stack overflow\n",
             "2026-11-22T10:00:00.123Z ##[error]fatal error: stack overflow\n",
             "2026-11-22 10:00:00,123 ERROR fatal error: stack overflow\n",
             "[build] [stderr] fatal error: stack overflow\n",
             "| fatal error: stack overflow\n",
             "api-0 api 2026-11-22T10:00:00Z fatal error: stack overflow\n",
             "[api-7d9c5b4f8-x2x9p] fatal error: stack overflow\n",
             "[2026-11-22 10:00:00.123] [stderr] fatal error: stack overflow\n",
             "2026/11/22 10:00:00 fatal error: stack overflow\n",
             "2026/11/22 10:00:00.123456 fatal error: stack overflow\n",
             "  app-1  | fatal error: stack overflow\n",
             "2026-11-22T10:00:00.123Z stdout: fatal error: stack overflow\n",
             "\x1b[32m[api]\x1b[0m fatal error: stack overflow\n",
             "[10:00:00.123] fatal error: stack overflow\n",
             "[2026-11-22T10:00:00+00:00] fatal error: stack overflow\n",
             "[stderr] fatal error: stack overflow\n",
             "[ERROR] fatal error: stack overflow\n",
             "stderr: fatal error: stack overflow\n",
             "stderr | fatal error: stack overflow\n",
             "E | fatal error: stack overflow\n",
             "[1/2] fatal error: stack overflow\n",
             "go-app-1  | fatal: x\ngo-app-1  | fatal error: stack overflow\n",
             "default/api-7d9c5b4f8-x2x9p[api]: fatal error: stack overflow\n",
             "Nov 22 10:00:00 host api[web-1]: fatal error: stack overflow\n",
             "Nov 22 10:00:00 host docker/api[812]: fatal error: stack overflow\n",
             "Nov 22 10:00:00 host 0f0f0f0f0f0f[812]: fatal error: stack overflow\n",
             "2026-11-22T10:00:00.123+0100\tERROR\tfatal error: stack overflow\n",
             "{\"textPayload\":\"fatal error: stack overflow\"}\n",
             "web.1  | fatal error: stack overflow\n",
             "   0.345 fatal error: stack overflow\n",
             "\x1b[33mweb    |\x1b[0m fatal error: stack overflow\n",
             "[2026-11-22 10:00:00 +0000] [12] [ERROR] fatal error: stack overflow\n",
             "10:00:00.123 fatal error: stack overflow\n",
             "10:00:00 [api] fatal error: stack overflow\n",
             "Sun Nov 22 10:00:00 2026 fatal error: stack overflow\n",
             "Sun Nov 22 10:00:00 UTC 2026 fatal error: stack overflow\n",
             "2026-11-22T10:00:00.000000Z  INFO fatal error: stack overflow\n",
             "2026-11-22 10:00:00 UTC [4711] fatal error: stack overflow\n",
         })
        EXPECT_EQ(listed(line), "go-stack-overflow") << line;
}

TEST(Prefixes, OfTheKernelsReport)
{
    for (const std::string_view line : {
             "Nov 22 10:00:00 host kernel: [29461.467781][ T4339] Memory cgroup out of memory: Killed process 4711 "
             "(leak) total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "kern  :err   : [29461.467781] [ T4339] Memory cgroup out of memory: Killed process 4711 (leak) "
             "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "kern.err kernel: Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "<3>Nov 22 10:00:00 host kernel: Memory cgroup out of memory: Killed process 4711 (leak) "
             "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "<3>[29461.467781][ T4339] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "[29461.467781] (CPU0) Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "2026-11-22T10:00:00.123456+00:00 host kernel[0]: Memory cgroup out of memory: Killed process 4711 (leak) "
             "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "Nov 22 10:00:00 host kernel[77]: [29461.467781] Memory cgroup out of memory: Killed process 4711 (leak) "
             "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "[Sun Nov 22 10:00:00 2026] [ T4339] Memory cgroup out of memory: Killed process 4711 (leak) "
             "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "[  +0.000010] [   T4339] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "Nov 22 10:00:00 10.0.0.1 kernel: Memory cgroup out of memory: Killed process 4711 (leak) "
             "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "2026-11-22 10:00:00 host kernel: Memory cgroup out of memory: Killed process 4711 (leak) "
             "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "kernel: [29461.467781] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "[10:00:00] <6>[29461.467781] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "E [29461.467781] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "{\"log\":\"[29461.467781] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "[29461.467781@0] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "Nov 22 10:00:00 host kern.warn kernel: [29461.467781] Memory cgroup out of memory: Killed process 4711 "
             "(leak) total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "[sudo] password for me: [29461.467781] Memory cgroup out of memory: Killed process 4711 (leak) "
             "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "2026-11-22T10:00:00.123Z kernel: Memory cgroup out of memory: Killed process 4711 (leak) "
             "total-vm:132340kB, anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB "
             "oom_score_adj:0\n",
             "node1: [29461.467781] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
             "6 [29461.467781] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, "
             "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
         })
        EXPECT_EQ(listed(line), "kernel-oom-kill") << line;
}

TEST(Prefixes, WhatOnlyLooksLikeOneIsTheLine)
{
    judge(std::to_array<Report>({
        {"Nov 22 10:00:00 warning: ptrace: Operation not permitted\n", "ptrace-launch-refused"},
        {"3.5 fatal error: stack overflow\n", "go-stack-overflow"},
        {"3.5.1 fatal error: stack overflow\n", ""},
        {"12 fatal error: stack overflow\n", ""},
        {"config[key] fatal error: stack overflow\n", ""},
        {"ERROR fatal error: stack overflow\n", ""},
    }));
}

} // namespace
} // namespace dbgscope
