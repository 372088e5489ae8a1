#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast explain reads a log that has nothing for it, and how much memory that takes.

usage: explain.py [--mib N] [--runs N] [--log FILE]
The log is a build's, a package manager's and a service's lines, written anew with the same seed each time; --log: one
of your own, which must have no findings. Goals: at least 100 MB/s of processor time, at most 10 MB of memory.
"""
import argparse
import os
import pathlib
import random
import re
import select
import statistics
import subprocess
import sys
import tempfile

GOAL_MB_S, GOAL_MB = 100, 10
BUILD = pathlib.Path(os.environ.get("DBGSCOPE_BUILD", "build")).resolve()
LINES = (
    "Nov 22 10:{m:02}:{s:02} build systemd[1]: Started session-{n}.scope - Session {n} of User me.",
    "[{n}.{s:06}] usb 1-1: new high-speed USB device number {m} using xhci_hcd",
    "2026-11-22T10:{m:02}:{s:02}.{n:09}Z stdout F {{\"level\":\"info\",\"msg\":\"request\",\"path\":\"/v1/items/{n}\",\"status\":200}}",
    "app-1  | 10.0.0.{s} - - [22/Nov/2026:10:{m:02}:{s:02} +0000] \"GET /healthz HTTP/1.1\" 200 {n} \"-\" \"kube-probe/1.30\"",
    "/usr/bin/gcc -Wall -O2 -g -I./include -fPIC -DNAME_{n} -c src/module_{m}/file_{n}.c -o build/file_{n}.o",
    "[{n}/99999] Compiling C++ object lib/part_{m}.a.p/file_{n}.cpp.o",
    "Get:{m} http://deb.example.org/debian bookworm/main amd64 library-{n} amd64 1.{m}.{s}-1 [{n} kB]",
    "Setting up library-{n}:amd64 (1.{m}.{s}-1) ...",
    "ok  \texample.com/app/internal/part{n}\t{s}.{m:03}s",
    "npm http fetch GET 200 https://registry.example.org/package-{n} {m}{s}ms (cache hit)",
    "{n} 10:{m:02}:{s:02}.123456 openat(AT_FDCWD, \"/usr/lib/x86_64-linux-gnu/lib{n}.so.{m}\", O_RDONLY|O_CLOEXEC) = 3",
    "WARN  c.e.app.Service{m} - retrying request {n} after {s} s: upstream answered 503",
)


def write_log(path, size):
    pick = random.Random(1)
    block = "".join(pick.choice(LINES).format(n=pick.randrange(1, 99999), m=pick.randrange(60), s=pick.randrange(60)) + "\n"
                    for _ in range(20_000)).encode()
    with open(path, "wb") as log:
        for _ in range(size // len(block) + 1):
            log.write(block)


def measure(log):
    """Processor seconds and the largest resident set, in bytes."""
    explain = subprocess.Popen([BUILD / "dbgscope", "explain", log], stdout=subprocess.PIPE)
    largest = 0
    while not select.select([explain.stdout], [], [], 0.01)[0]:  # ru_maxrss counts what forked it, too
        found = re.search(r"^VmHWM:\s+(\d+) kB$", pathlib.Path(f"/proc/{explain.pid}/status").read_text(), re.M)
        largest = max(largest, int(found[1]) * 1024 if found else 0)
    said = explain.stdout.read().decode()
    _, status, used = os.wait4(explain.pid, 0)
    if os.waitstatus_to_exitcode(status) != 1:
        sys.exit(f"the log has findings:\n{said}")
    return used.ru_utime + used.ru_stime, largest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--log", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dbgscope-bench-") as directory:
        log = options.log or pathlib.Path(directory) / "quiet.log"
        if options.log is None:
            write_log(log, options.mib << 20)
        measure(log)  # into the page cache
        times, sizes = zip(*(measure(log) for _ in range(options.runs)))
        speed, memory = log.stat().st_size / 1e6 / statistics.median(times), max(sizes) / 1e6
    print(f"{speed:.0f} MB/s of processor time (median of {options.runs}), {memory:.1f} MB of memory at most")
    ok = speed >= GOAL_MB_S and memory <= GOAL_MB
    print(f"goal: {GOAL_MB_S} MB/s, {GOAL_MB} MB: {'met' if ok else 'missed'}")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
