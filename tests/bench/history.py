#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much processor time `dbgscope history` takes for 10,000 sessions, whether twice as many take twice as long, and how much
`dbgscope report` takes for the recording of one hour.

usage: history.py [--runs N]
Goals: 0.2 s, a ratio of 20,000 to 10,000 of 2.4 at most, and 0.5 s. The runs alternate.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

GOAL_S, GOAL_RATIO, REPORT_GOAL_S = 0.2, 2.4, 0.5
BUILD = pathlib.Path(os.environ.get("DBGSCOPE_BUILD", "build")).resolve()
COUNTS = (10_000, 20_000)


def record(number):
    """A session of `dlv exec`, as long as they are."""
    name = f"dlv-debug-p{number}-{number:016x}"
    return {
        "backend": "systemd-user", "boot_id": "ae6ffa0d-d73e-498d-afcc-c3e00faf0b5c", "cap_bytes": 134217728, "cgroup_version": 2,
        "command": ["dlv", "exec", "--headless", "--api-version=2", "--listen=127.0.0.1:0", "--accept-multiclient",
                    f"/home/dev/src/server{number % 20}/build/server", "--", "-config=/home/dev/src/server/etc/config.yaml"],
        "debuggee_peak_bytes": 125829120 + number, "debuggees": [number + 12], "debugger": {"pid": number, "start_ticks": 2579903},
        "debugger_peak_bytes": 12406784, "directory": "/home/dev/src/server", "duration_ms": 2751 + number, "ended": [],
        "events": {"high": 3, "max": 0, "oom": 0, "oom_kill": 0}, "exit_status": -9, "fuse_bytes": 125829120, "fuse_trips": 1,
        "go_version": "go1.19.8", "gomemlimit_bytes": 117440512, "grown_by": "", "heap_profile": "on",
        "held_by": "main.leakForever main.go:25 116.8M (99 %); as of GC 15", "id": name, "look_bytes": "infinity",
        "pid_namespace": "pid:[4026531836]", "schema": 1,
        "scope_directory": f"/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/{name}.scope",
        "scope_limit_bytes": 201326592, "snapshots": [], "split": True, "stall_full_us": 579, "stall_some_us": 579,
        "started_unix_s": 1795000000 + number * 60, "state": "ended", "time_namespace": "time:[4026531834]", "tool": "dlv",
        "uid": os.getuid(), "unified_directory": "", "unsaid": [],
        "verdicts": ["dlv ended by SIGKILL without a memory event: another process killed it, it was not the memory limit"],
        "watcher": {"pid": number + 6, "start_ticks": 2579908},
    }


def record_an_hour(file):
    """As long as it may become: 1 MiB, with a point at least each half second."""
    columns = ["at_ms", "current_bytes", "anon_bytes", "file_bytes", "shmem_bytes", "kernel_bytes", "high", "max", "oom_kill",
               "stall_some_us", "stall_full_us", "gc_cycles", "gc_heap_bytes", "gc_goal_bytes", "gc_pause_us"]
    header = {"schema": 1, "writer": "dbgscope 0.1.0", "realtime_ms": 1795000000000, "monotonic_ms": 5, "columns": columns,
              "session": record(1)}
    lines = [json.dumps({"recording": header}, separators=(",", ":"))]
    for n in range(7200):
        memory = 20_000_000 + n * 10_000 + n % 97 * 300_000
        lines.append(json.dumps({"point": [n * 500, memory, memory - 900_000, 600_000, 0, 300_000, n // 9, 0, 0, n * 70, n * 30, n // 3,
                                           memory // 2, memory, n * 40]}, separators=(",", ":")))
        if n % 60 == 0:
            lines.append(json.dumps({"event": {"at_ms": n * 500, "kind": "said", "text": "debuggee held: 120M of its 128M cap"}}))
    file.write_text("\n".join(lines) + "\n")


def processor_seconds(state, *words):
    process = subprocess.Popen([*as_nobody(), BUILD / "dbgscope", *words], stdout=subprocess.DEVNULL,
                               env={**os.environ, "XDG_STATE_HOME": state, "XDG_RUNTIME_DIR": state, "HOME": state})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{words} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def as_nobody():
    """Root's history is the machine's own."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for count in COUNTS:
            place = pathlib.Path(folder, str(count), "dbgscope")
            place.mkdir(parents=True)
            lines = (json.dumps(record(number), sort_keys=True, separators=(",", ":")) for number in range(count))
            (place / "history.jsonl").write_text("\n".join(lines) + "\n")
        times = {count: [] for count in COUNTS}
        for _ in range(runs):
            for count in COUNTS:
                times[count].append(processor_seconds(f"{folder}/{count}", "history"))
        hour = pathlib.Path(folder, "hour.jsonl")
        record_an_hour(hour)
        size = hour.stat().st_size
        forms = {"": [], " --html": ["--html", "/dev/null"], " --json": ["--json"]}
        reports = {form: statistics.median(processor_seconds(folder, "report", hour, *words) for _ in range(runs))
                   for form, words in forms.items()}
    median = {count: statistics.median(times[count]) for count in COUNTS}
    ratio = median[COUNTS[1]] / median[COUNTS[0]]
    missed = (median[COUNTS[0]] > GOAL_S) + (ratio > GOAL_RATIO)
    print(f"10,000 sessions: {median[COUNTS[0]]:.3f} s (best {min(times[COUNTS[0]]):.3f} s), goal {GOAL_S} s"
          f"{'' if median[COUNTS[0]] <= GOAL_S else ': MISSED'}")
    print(f"20,000 sessions: {median[COUNTS[1]]:.3f} s, {ratio:.2f} times that, goal {GOAL_RATIO}"
          f"{'' if ratio <= GOAL_RATIO else ': MISSED'}")
    for form, seconds in reports.items():
        missed += seconds > REPORT_GOAL_S
        print(f"report{form} of an hour of {size >> 10} KiB: {seconds:.3f} s, goal {REPORT_GOAL_S} s"
              f"{'' if seconds <= REPORT_GOAL_S else ': MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
