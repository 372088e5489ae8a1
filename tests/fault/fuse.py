#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets programs run into the fuse as fast as they can, and looks whether the kernel kills one.

usage: fuse.py [--quick] [--holds 100] [--stops 10] [--long 600] [--only c-heap-16] [--cap 512M] [--place vm:v2@12|pidns|here]

In one boot: that many holds over 1, 16 and 64 threads, C (under gdb) and Go (under dlv), heap, memory files, shared
memory and page tables; every tenth is also stopped, in turns by gdb's Ctrl-C and dlv's halt. Then one hold of 600
seconds, and page cache, which must not be held. Goals: no kill for memory, each stop at most 3 s after asking.
--quick: 12 holds, the long one of 30 s. Needs root.
"""
import argparse
import collections
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import harness
import kernel
import session
import tap
import watched

HELD = r"debuggee held: (\S+) of its \S+ cap"
ENOUGH_MIB = 100_000
LOOK_S = 4.0 # of each hold: long enough to be throttled, frozen, and looked at many times
STOP_S = 3.0
THREADS = (1, 16, 64)


def capped(cap):
    return [f"--memory-max={cap}", "--fuse-action=hold"]


class Bad(Exception):
    """This hold missed a goal."""


def c_kinds():
    """cgroup v1 makes page faults wait, and nothing else: a write to a memory file fails with ENOMEM there."""
    return ("heap", "shm", "tables") if kernel.memory_cgroup()[0] == 1 else ("heap", "memfd", "shm", "tables")


def words(language, kind, threads):
    if language == "go":
        return [tap.program("goeater"), "--", str(ENOUGH_MIB), str(threads)]
    return ["--args", tap.program("eater"), kind, str(ENOUGH_MIB), str(threads)]


class Hold:
    """A session that runs into its fuse."""

    def __init__(self, number, cap, only=None):
        kinds = c_kinds()
        self.language = ("c", "go")[number % 2]
        self.threads = THREADS[number // 2 % len(THREADS)]
        self.kind = kinds[number // 6 % len(kinds)] if self.language == "c" else "heap"
        if only:
            self.language, self.kind, self.threads = only
        self.session = self.scope = None
        start = ([*session.GDB, "-ex", "run"] if self.language == "c" else
                 ["dlv", "exec", "--headless", "--api-version=2", "--listen=127.0.0.1:0", "--continue",
                  "--accept-multiclient"])
        self.command = [tap.dbgscope, *capped(cap), *start, *words(self.language, self.kind, self.threads)]

    def __str__(self):
        return f"{self.language} {self.kind}, {self.threads} threads"

    def __enter__(self):
        self.session = session.Session(self.command, env=harness.CLEAN, start_new_session=True)
        return self

    def __exit__(self, *_):
        if self.session.process.poll() is None:
            self.session.process.kill()
        self.session.process.wait(10)
        if self.scope:
            with contextlib.suppress(tap.Timeout):
                tap.wait_until(lambda: not self.scope.exists(), 20)
        self.session.__exit__()
        harness.reap()

    def wait(self):
        """Until it is announced; the share of the cap that was used then."""
        self.session.match(HELD)
        self.scope = watched.scope_directory(self.session.pid)

    def check(self):
        kills = kernel.oom_kills(self.scope / "debuggee")
        if kills != 0 or self.session.process.poll() is not None:
            raise Bad(f"killed for memory: {kills}")

    def look(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            time.sleep(min(0.25, max(0.0, end - time.monotonic())))
        self.check()

    def most_bytes(self):
        """How near it came to its cap: the record of the kernel, or what is used now."""
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            with contextlib.suppress(OSError):
                return int((self.scope / "debuggee" / name).read_text())
        return kernel.memory_used(self.scope / "debuggee")

    def stop(self):
        """As a person does; seconds until the debugger said that it has stopped."""
        begin = time.monotonic()
        if self.language == "c":
            os.kill(self.session.pid, signal.SIGINT) # Ctrl-C, as the terminal sends it to gdb
            self.session.match(r"received signal SIGINT")
        else:
            rpc = session.Rpc(self.session.match(r"API server listening at: (\S+)")[1])
            begin = time.monotonic()
            state = rpc.call("Command", name="halt")["State"]
            if state.get("exited"):
                raise Bad("it had exited")
        took = time.monotonic() - begin
        if kernel.oom_kills(self.scope / "debuggee"):
            raise Bad("killed for memory while it was stopped")
        return took


def fault_speed():
    """MiB/s that programs without a debugger or limit take: what the watcher is up against."""
    speeds = []
    for threads in THREADS:
        begin = time.monotonic()
        tap.succeed([tap.program("eater"), "heap", "512", threads], timeout=200)
        speeds.append(f"{threads} threads {512 / (time.monotonic() - begin):.0f} MiB/s")
    return ", ".join(speeds)


def holds(count, stops, cap, only):
    """(how many were held, times of the stops, counts of failures)."""
    good, times, bad = 0, [], collections.Counter()
    to_stop = set(range(stops))
    if stops <= count // 2:
        to_stop = {number * count // stops | number % 2 for number in range(stops)}  # an odd one is Go under dlv
    for number in range(count):
        hold, stopped, said = Hold(number, cap, only), number in to_stop, ""
        try:
            with hold:
                hold.wait()
                hold.look(LOOK_S)
                if stopped:
                    times.append(hold.stop())
                    said = f", stopped after {times[-1]:.2f} s"
                said += f", most {hold.most_bytes() / session.MIB:.1f} MiB"
            good += 1
            print(f"  {number + 1}: {hold}: held{said}", flush=True)
        except (Bad, AssertionError, OSError, subprocess.TimeoutExpired) as reason:
            bad[str(hold)] += 1
            print(f"  {number + 1}: {hold}: NOT HELD: {type(reason).__name__}: {reason}", flush=True)
            for line in hold.session.stderr.splitlines()[-5:]:
                print(f"    | {line}")
    return good, times, bad


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def long_hold(seconds, cap):
    hold = Hold(3, cap) # Go, 16 threads
    try:
        with hold:
            hold.wait()
            watcher = watched.watcher_pid(hold.session.pid)
            before = cpu_seconds(watcher)
            for done in range(0, seconds, 60):
                hold.look(min(60, seconds - done))
                used = cpu_seconds(watcher) - before
                print(f"  held for {min(seconds, done + 60)} s, most {hold.most_bytes() / session.MIB:.1f} MiB, "
                      f"watcher {used:.1f} s of processor time", flush=True)
            print(f"  stopped after {hold.stop():.2f} s", flush=True)
        return True
    except (Bad, AssertionError, OSError, subprocess.TimeoutExpired) as reason:
        print(f"  NOT HELD: {type(reason).__name__}: {reason}", flush=True)
        return False


def page_cache():
    """Four times a cap of 128M through files: reclaimed, slower, and never held."""
    os.makedirs("/var/tmp", exist_ok=True)
    command = [tap.dbgscope, *capped("128M"), *session.GDB, "-ex", "run", "--args", tap.program("eater"), "cache", "512", "4"]
    result = tap.run(command, timeout=300, env=harness.CLEAN, cwd="/var/tmp")
    met = result.rc == 0 and re.search("^done$", result.stdout, re.M) and not re.search(HELD, result.stderr)
    if not met:
        print(f"  {result.rc}\n{result.stdout}\n{result.stderr}")
    return bool(met)


def play(options):
    count, seconds = options.holds, options.long
    stops = min(options.stops, count)
    print(f"{harness.machine()}\nfault speed: {fault_speed()}\nfuse: {count} holds at a cap of {options.cap}, {stops} of them stopped", flush=True)
    good, times, bad = holds(count, stops, options.cap, options.only)
    for name, failures in sorted(bad.items()):
        print(f"  {failures} x {name}")
    met = harness.verdict(f"{good} of {count} held without a kill", good == count)
    slowest = f"slowest {max(times):.2f} s" if times else "none"
    met = harness.verdict(f"{len(times)} of {stops} stops at most {STOP_S:g} s after asking, {slowest}",
                          len(times) == stops and all(took <= STOP_S for took in times)) and met
    if options.only:
        return met
    met = harness.verdict(f"one hold of {seconds} s", long_hold(seconds, options.cap)) and met
    return harness.verdict("page cache is not held", page_cache()) and met


def one_kind(text):
    """"c-heap-16" -> ("c", "heap", 16)."""
    found = re.fullmatch(r"(c|go)-(heap|memfd|shm|tables)-(\d+)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is not c|go-heap|memfd|shm|tables-THREADS")
    return found[1], found[2], int(found[3])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--holds", type=int)
    parser.add_argument("--long", type=int, metavar="SECONDS")
    parser.add_argument("--stops", type=int, default=10, help="how many of the holds are also stopped")
    parser.add_argument("--only", type=one_kind, metavar="c-heap-16", help="repeat one kind")
    parser.add_argument("--cap", default="512M", help="of the debuggee; its fuse is 5 %% below, at least 8M")
    parser.add_argument("--place", default="vm:v2@12")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.holds = options.holds or (12 if options.quick else 100)
    options.long = options.long or (30 if options.quick else 600)
    if not options.inside and options.place != "here":
        only = ["--only", "-".join(map(str, options.only))] if options.only else []
        return harness.inside(options.place, "fuse.py", "--holds", options.holds, "--long", options.long, "--stops",
                              options.stops, "--cap", options.cap, *only)
    harness.prepare()
    return 0 if play(options) else 1


if __name__ == "__main__":
    sys.exit(main())
