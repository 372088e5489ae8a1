#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets the kernel kill the debuggee for memory again and again, in one headless dlv session, fuse off.

usage: oom_kills.py [--count 1000] [--vm vm:v2@12]

After each kill dlv is to be alive and to answer, its watcher to have said whose limit it was, and the debuggee to be
started again by dlv's own Restart. Goal: every one of them. Needs root; with --vm it runs in that virtual machine.
"""
import argparse
import os
import re
import sys
import time

import harness
import kernel
import session
import tap
import watched

CAP_MIB = 64


class Killer:
    """One session of dlv whose debuggee leaks until the kernel kills it."""

    def __init__(self):
        options = [f"--memory-max={CAP_MIB}M", "--fuse-action=off", "--go-memlimit=off"]
        self.dlv = session.Headless(options, "exec", tap.program("goeater"), after=["4096", "2"], env=harness.CLEAN,
                                    start_new_session=True)

    def connect(self):
        self.rpc = self.dlv.connect()
        self.watcher = watched.watcher_pid(self.dlv.pid)
        self.scope = watched.scope_directory(self.dlv.pid)
        self.name = session.session_name(self.dlv.pid)

    def once(self, number):
        """Pid of the debuggee that was killed, and the seconds dlv took to say that it is gone."""
        pid = self.rpc.pid()
        place = kernel.memory_cgroup(pid)[1]
        tap.equal(place, self.scope / "debuggee", "cgroup of the debuggee")
        begin = time.monotonic()
        state = self.rpc.call("Command", name="continue")["State"]
        took = time.monotonic() - begin
        tap.true(state.get("exited", False), f"it was not killed: {state}")
        said = rf"debuggee killed for memory: \S+ \(pid {pid}"
        tap.wait_until(lambda: re.search(said, self.dlv.stderr), session.PATIENCE_S,
                       message=f"the verdict on pid {pid}; the last lines: {self.dlv.stderr.splitlines()[-3:]}")
        tap.equal(kernel.oom_kills(self.scope / "debuggee"), number, "kills the kernel counted")
        tap.true(session.alive(self.watcher), "the watcher has ended")
        self.rpc.call("Restart", Position="")
        return pid, took


def play(count):
    killer, times = Killer(), []
    with killer.dlv:
        killer.connect()
        memory = [watched.private_kib(killer.watcher)]
        files = [len(os.listdir(f"/proc/{killer.watcher}/fd"))]
        begin = time.monotonic()
        try:
            for number in range(1, count + 1):
                times.append(killer.once(number)[1])
                if number % max(1, count // 10) == 0:
                    print(f"  {number} kills, {time.monotonic() - begin:.0f} s", flush=True)
            memory.append(watched.private_kib(killer.watcher))
            files.append(len(os.listdir(f"/proc/{killer.watcher}/fd")))
            tap.equal(killer.dlv.end(), 0, "dlv's own exit status")
            end_of_session(killer, count)
        except (AssertionError, OSError) as reason:
            print(f"  after {len(times)} kills: {type(reason).__name__}: {reason}")
            for line in killer.dlv.stderr.splitlines()[-6:]:
                print(f"    | {line}")
            return len(times), times, memory, files
    return count, times, memory, files


def end_of_session(killer, count):
    ended = watched.ended_record(killer.name)
    tap.equal(ended["events"]["oom_kill"], count, "kills in the record")
    lines = [line for line in killer.dlv.stderr.splitlines() if "debuggee killed for memory" in line]
    tap.equal(len(lines), count, "lines that say a kill")
    watched.gone_within(lambda: not killer.scope.exists(), 10 if session.IN_VM else 1, f"{killer.scope} is still there")
    print(f"  first: {lines[0]}\n  last:  {lines[-1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int)
    parser.add_argument("--vm", metavar="SPEC")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.vm:
        return harness.inside(options.vm, "oom_kills.py", "--count", options.count or 50)
    harness.prepare()
    count = options.count or 1000
    print(f"{harness.machine()}\nkills for memory: {count} in one dlv session, cap {CAP_MIB}M, fuse off", flush=True)
    done, times, memory, files = play(count)
    if times:
        print(f"  continue to the word that it is gone: p50 {harness.percentile(times, 50):.2f} s, "
              f"p99 {harness.percentile(times, 99):.2f} s, most {max(times):.2f} s")
    print(f"  watcher: {memory[0]} KiB private memory and {files[0]} descriptors before, {memory[-1]} and {files[-1]} after")
    return 0 if harness.verdict(f"{done} of {count} kills survived and explained", done == count) else 1


if __name__ == "__main__":
    sys.exit(main())
