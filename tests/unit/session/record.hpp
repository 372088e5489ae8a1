// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/session.hpp"

namespace dbgscope::test {

/// A record in which every field differs from its default.
inline SessionRecord full_record()
{
    return {.id = "dlv-debug-p4711-5f0c9b1d8e7a2c34",
            .backend = "systemd-user",
            .tool = "dlv",
            .command = {"dlv", "debug", "./cmd", "--", "a b", "\xff\\"},
            .directory = "/home/dev/\xfe",
            .boot_id = "b0e7",
            .pid_namespace = "pid:[4026531836]",
            .time_namespace = "time:[4026531834]",
            .uid = 1000,
            .debugger = {4711, 123456},
            .watcher = {4712, 123457},
            .started_unix_s = 1700000000,
            .duration_ms = 754321,
            .place = {.version = 2,
                      .scope = "/sys/fs/cgroup/app.slice/dlv-debug-p4711-5f0c9b1d8e7a2c34.scope",
                      .unified = "/sys/fs/cgroup/unified/x",
                      .divided = true,
                      .debugger_leaf = true},
            .cap = Limit(512 * kMiB),
            .fuse = Limit(486 * kMiB),
            .look = Limit(400 * kMiB),
            .scope_limit = Limit(kGiB),
            .go_version = "go1.19.8",
            .gomemlimit = Limit(460 * kMiB),
            .gomemlimit_ours = Limit(461 * kMiB),
            .heap_profile = "on",
            .state = SessionState::held,
            .debuggees = {4800, 4801},
            .debuggee_peak_bytes = 500 * kMiB,
            .debugger_peak_bytes = 90 * kMiB,
            .counts = {.high = 7, .max = 3, .oom = 2, .oom_kill = 1},
            .stall_some_us = 1000,
            .stall_full_us = 900,
            .fuse_trips = 2,
            .held_by = "main.grow main.go:13 104M (87 %)",
            .grown_by = "leak_node leak.c:7 104M (98 %)",
            .snapshots = {"/home/dev/.local/state/dbgscope/snapshots/dlv-debug-p4711"},
            .verdicts = {"out of memory: …", "second"},
            .ended = {"sleep (pid 4900)"},
            .unsaid = {"line"},
            .exit_status = -9};
}

} // namespace dbgscope::test
