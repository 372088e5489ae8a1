#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the seccomp filter costs a debuggee that makes system calls all the time.

usage: filter.py [--pairs N]     needs root
The same program, built from syscalls.c, under `dbgscope gdb -batch -ex run`, with --split=auto (the filter) and
--split=off (none), pairs interleaved in alternating order. The program takes its own processor time. Goal: ratio of
medians at most 1.01 for 4 KiB through a pipe; a getppid that does nothing and stat(2) are shown beside it.
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
import harness  # noqa: E402
import launch  # noqa: E402
import session  # noqa: E402
import tap  # noqa: E402

GOAL = 1.01
WORK = {"pipe": 400_000, "stat": 500_000, "getppid": 3_000_000}  # about half a second each
WARM_UP = 2


def build():
    program = harness.BUILD / "bench_syscalls"
    subprocess.run(["cc", "-O2", "-o", program, launch.HERE / "syscalls.c"], check=True)
    return program


def measure(split, program, kind, count):
    """Nanoseconds per round; the filter is seen to be there, or not."""
    command = [tap.dbgscope, "-q", "--memory-max=256M", f"--split={split}", *session.GDB, "-ex",
               "shell grep -m1 Seccomp: /proc/self/status", "-ex", "run", "--args", program, kind, count]
    result = tap.succeed(command, timeout=120, env=harness.CLEAN)
    filtered = re.search(r"Seccomp:\s+(\d)", result.stdout)
    tap.equal(filtered and filtered[1], "2" if split == "auto" else "0", "seccomp mode (2: a filter)")
    return float(re.search(r"^took ([\d.]+)$", result.stdout, re.M)[1])


def compare(program, kind, pairs):
    times = {"auto": [], "off": []}
    for number in range(-WARM_UP, pairs):
        for split in (("auto", "off"), ("off", "auto"))[number % 2]:
            took = measure(split, program, kind, WORK[kind])
            if number >= 0:
                times[split].append(took)
    with_filter, without = times["auto"], times["off"]
    ratio = statistics.median(with_filter) / statistics.median(without)
    low, high = launch.interval(with_filter, without)
    print(f"{kind}: {statistics.median(with_filter):.1f} ns with the filter, {statistics.median(without):.1f} ns without\n"
          f"  ratio {ratio:.4f}, 95 % interval {low:.4f} to {high:.4f}, {pairs} pairs", flush=True)
    return ratio


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40)
    options = parser.parse_args()
    harness.prepare()
    print(harness.machine(), flush=True)
    program = build()
    ratios = {kind: compare(program, kind, options.pairs) for kind in WORK}
    return 0 if harness.verdict(f"a pipe costs at most {GOAL:g} times as much with the filter: {ratios['pipe']:.4f}",
                                ratios["pipe"] <= GOAL) else 1


if __name__ == "__main__":
    sys.exit(main())
