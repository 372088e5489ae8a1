#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hundred sessions as VS Code Go runs them: start, breakpoint, continue, stop; and what they leave behind.

usage: sessions.py [--sessions 100] [PLACE...]     host, pidns, vm:v2@12, ...; the default is host and pidns. Needs root.

Goal: 0 processes, ports, cgroups, live records and files left one second after the close of each. A VM does ten.
"""
import argparse
import collections
import os
import pathlib
import random
import sys
import tempfile
import time

import harness
import tap
from dap import VsCode, left_behind

LIMIT_S = 1.0
ENV = {**harness.CLEAN, "DBGSCOPE_MEMORY_MAX": "128M"}
IN_VM = 10  # of a hundred


def one(dlv, rng, folder):
    """(seconds from the close to nothing left, or None and what is left; descriptions of what went wrong)"""
    with VsCode(dlv, env=ENV, cwd=folder) as child, child.connect() as client:
        client.start(functions=["main.leakForever"], mode="exec", program=tap.program("leak"), args=["-mib-per-step=0"])
        client.stopped("breakpoint")
        client.go_on()
        time.sleep(rng.uniform(0, 0.05))
        status = child.stop(client)
        child.closed()
    begin = time.monotonic()
    while left := left_behind(child.pid, child.mark, child.port) + os.listdir(folder):
        if time.monotonic() - begin > LIMIT_S:
            return None, left, status
        time.sleep(0.005)
    return time.monotonic() - begin, [], status


def inside(count, seed):
    harness.prepare()
    print(f"{harness.machine()}; {count} sessions, seed {seed}", flush=True)
    rng, times, left, statuses = random.Random(seed), [], [], collections.Counter()
    with tempfile.TemporaryDirectory(prefix="dbgscope-sessions-") as scratch:
        dlv, folder = pathlib.Path(scratch, "dlv"), pathlib.Path(scratch, "work")
        dlv.symlink_to(tap.dbgscope)
        folder.mkdir()
        for number in range(count):
            took, still, status = one(dlv, rng, folder)
            statuses[status] += 1
            if took is None:
                left += [f"session {number}: {thing}" for thing in still]
            else:
                times.append(took)
            harness.reap()
    for line in left:
        print(f"  left: {line}")
    if times:
        print(f"  nothing left after: median {harness.percentile(times, 50) * 1000:.0f} ms, "
              f"slowest {max(times) * 1000:.0f} ms; statuses of dlv: {dict(statuses)}")
    good = harness.verdict(f"{count} sessions, {len(left)} things left behind", not left)
    return harness.verdict("every dlv ended with 0", set(statuses) == {0}) and good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="*", metavar="PLACE")
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return 0 if inside(options.sessions, options.seed) else 1
    good = True
    for place in options.places or ["host", "pidns"]:
        print(f"# {place}", flush=True)
        if place == "host":
            good = inside(options.sessions, options.seed) and good
            continue
        count = max(1, options.sessions * IN_VM // 100) if place.startswith("vm") else options.sessions
        arguments = ["--sessions", str(count), "--seed", str(options.seed)]
        good = harness.inside(place, "sessions.py", *arguments) == 0 and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
