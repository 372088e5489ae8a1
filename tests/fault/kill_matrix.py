#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills every part of a session at random moments, and looks whether anything stays behind.

usage: kill_matrix.py [--rounds 300] [--seed N] [--victim NAME] [--kind NAME]

Each round starts a session, sends SIGKILL, SIGTERM or SIGHUP to its debugger, debuggee, watcher, or to dbgscope before
it has become the debugger, and ends what is left of the debugger. Goal: one second later no process and no cgroup of
the session is left, and the next launch works. Where the watcher itself was killed nobody is left to clean up: there
`dbgscope ps` is to say unwatched, and `dbgscope stop` or the next start to clean up. Needs root.
"""
import argparse
import collections
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import harness
import session
import tap
import watched

LIMIT_S = 1.0
ENDS_POLITELY_S = 4.0
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
VICTIMS = ("debugger", "debuggee", "launcher", "watcher")
LAUNCH_MS = 8  # what a launch takes at most on a quiet machine


class Bad(Exception):
    """This round missed the goal."""


def leak(*arguments):
    return [tap.program("leak"), "--", *arguments]


def kinds():
    """name -> (options, command). The held ones run into their cap of 128M; the others have time."""
    dlv = ["dlv", "exec", "--headless", "--api-version=2", "--listen=127.0.0.1:0"]
    on = ["--continue", "--accept-multiclient"]
    slow = leak("-max-mib=8", "-step-ms=1500")
    gdb_run = ["gdb", *session.GDB[1:], "-ex", "run", "--args", tap.program("eater")]
    return {
        "dlv-paused": ([], [*dlv, *slow]),
        "dlv-running": ([], [*dlv, *on, *slow]),
        "dlv-wait": (["--wait"], [*dlv, *on, *slow]),
        "dlv-killed-again": (["--fuse-action=off", "--memory-max=64M"], [*dlv, *on, *leak("-mib-per-step=8")]),
        "dlv-held": ([], [*dlv, *on, *leak("-mib-per-step=8")]),
        "gdb-running": ([], [*gdb_run, "sleep", "30", "1"]),
        "gdb-held": ([], [*gdb_run, "heap", "4096", "16"]),
        "gdbserver": ([], ["gdbserver", "127.0.0.1:0", tap.program("eater"), "sleep", "30", "1"]),
    }


class Round:
    """One session, from its start to nothing."""

    def __init__(self, rng, kind, victim):
        self.rng, self.kind = rng, kind
        self.victim = victim
        self.signal = rng.choice(SIGNALS)
        options, command = kinds()[kind]
        cap = [] if any(option.startswith("--memory-max") for option in options) else ["--memory-max=128M"]
        self.command = [tap.dbgscope, *cap, *options, *command]
        self.waits = "--wait" in options
        self.session = None
        self.note = ""

    def title(self):
        return f"{self.kind}, {self.signal.name} to the {self.victim}"

    def run(self):
        """Seconds from the debugger's end until nothing was left."""
        self.session = session.Session(self.command, env=harness.CLEAN, start_new_session=True)
        try:
            self.strike()
            if self.victim == "watcher" and self.signal == signal.SIGKILL:
                return self.unwatched()
            self.end_debugger()
            return self.nothing_left()
        finally:
            self.clear()

    def debugger(self):
        """Its pid while it lives. Under --wait what was started is the watcher, and the debugger its child."""
        if not self.waits:
            return self.session.pid if self.session.process.poll() is None else None
        self.session.process.poll()
        return next((p.pid for p in harness.descendants() if p.name == "dlv"), None)

    def watcher(self):
        name = "dbgscope" if self.waits else harness.WATCHER_NAME
        return next((p.pid for p in harness.descendants() if p.name == name), None)

    def find_debuggee(self):
        """In its cgroup, as the watcher sees it: with an unstopped gdb the shell it starts with comes first."""
        for place in harness.cgroups_of(self.session.pid):
            for pid in _numbers(place / "debuggee/cgroup.procs"):
                if harness.WATCHER_NAME != _name(pid):
                    return pid
        return None

    def strike(self):
        pid, begin = self.session.pid, time.monotonic()
        held = "held" in self.kind or "again" in self.kind
        if self.victim == "launcher":
            time.sleep(self.rng.uniform(0, LAUNCH_MS / 1000))
            self.note = f"it was still {_name(pid)}"
        elif self.victim == "debugger":
            pid = self.appears(self.debugger, "debugger")
            time.sleep(self.rng.uniform(0, 3.0 if held else 1.0))
        else:
            find = self.find_debuggee if self.victim == "debuggee" else self.watcher
            pid = self.appears(find, self.victim)
            if not pid:
                return
            time.sleep(self.rng.uniform(0, 2.0 if held else 0.5))
        self.note += f" {(time.monotonic() - begin) * 1000:.1f} ms after the start"
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, self.signal)
        if self.signal == signal.SIGKILL:
            tap.wait_until(lambda: not session.alive(pid), 5, 0.002, f"{_name(pid)} (pid {pid}) lives after SIGKILL")
        if self.victim == "debuggee" and self.signal == signal.SIGKILL:
            time.sleep(self.rng.uniform(0, 0.5))
            if self.kind.startswith("dlv") and not self.debugger():
                self.session.wait()
                if "\npanic: " not in "\n" + self.session.stderr:  # of dlv's own, when killed while it starts its debuggee
                    raise Bad(f"dlv ended with its debuggee: {self.session.process.returncode}")
                self.note += ", dlv panicked"

    def appears(self, find, what):
        end = time.monotonic() + 10
        while time.monotonic() < end and "killed for memory" not in self.session.stderr:
            pid = find()
            if pid:
                return pid
            if self.session.process.poll() is not None:
                break
            time.sleep(0.002)
        if what == "debuggee" and self.kind == "dlv-killed-again":
            self.note = "the kernel was first"
            return None
        raise Bad(f"no {what} has appeared; dbgscope's status: {self.session.process.poll()}")

    def end_debugger(self):
        """By the signal it was sent, or as an editor's Stop does: SIGTERM, then SIGKILL."""
        sent = self.victim in ("debugger", "launcher")
        if sent and self.gone_by(ENDS_POLITELY_S if self.signal == signal.SIGTERM else 1.0):
            return
        if sent:
            self.note += f", outlived {self.signal.name}"
        self.kill_debugger(polite=not sent and self.rng.random() < 0.5)

    def kill_debugger(self, polite):
        for number in (signal.SIGTERM, signal.SIGKILL)[0 if polite else 1:]:
            with contextlib.suppress(ProcessLookupError, TypeError):
                os.kill(self.debugger(), number)
            if self.gone_by(ENDS_POLITELY_S):
                return
            self.note += f", outlived {number.name}"
        raise Bad("the debugger does not end after SIGKILL")

    def gone_by(self, seconds):
        end = time.monotonic() + seconds
        while self.debugger() and time.monotonic() < end:
            time.sleep(0.002)
        return not self.debugger()

    def records(self):
        """Live records of this session: named after the debugger, which is not what was started under --wait."""
        mine = f".{self.session.pid}-"
        return [f for f in watched.live_directory().glob("*.json") if mine in f.name or mine in _text(f)]

    def left(self):
        harness.reap(but=(self.session.pid,))
        return [*map(str, harness.descendants()), *map(str, harness.cgroups_of(self.session.pid)),
                *[file.name for file in self.records()]]

    def nothing_left(self):
        begin = time.monotonic()
        while left := self.left():
            if time.monotonic() - begin > LIMIT_S:
                more = time.monotonic() + 2
                while self.left() and time.monotonic() < more:
                    time.sleep(0.05)
                stays = f"gone after {time.monotonic() - begin:.1f} s" if not self.left() else "and stays"
                raise Bad(f"left behind after {LIMIT_S:g} s, {stays}: " + "; ".join(left))
            time.sleep(0.005)
        return time.monotonic() - begin

    def id(self):
        return next((f.name.rsplit(".", 2)[0] for f in self.records()), None)

    def ends_by_itself(self):
        """gdb's first thread ends, which ps sees, before its others, which waitpid(2) waits for."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.session.process.wait(0.5)
        return not self.debugger()

    def unwatched(self):
        """`stop` while the debugger lives, or after it was killed; or it ends by itself and the next start cleans up."""
        way = self.rng.choice(("stop", "killed, then stop", "ended, then the next start"))
        self.note += f", then: {way}"
        name = self.id()  # killed before its first record: only the next start can help
        if name and self.debugger():
            shown = tap.run([tap.dbgscope, "ps"], env=harness.CLEAN).stdout
            line = next((text for text in shown.splitlines() if name in text), "")
            ends = "ended" in line and self.ends_by_itself()
            if self.debugger() and "unwatched" not in line and not ends:
                raise Bad(f"ps does not say unwatched: {line!r}")
        if way == "ended, then the next start" or not name:
            if self.debugger():
                self.kill_debugger(polite=True)
            time.sleep(0.5)
            next_launch()
            return self.nothing_left()
        if way != "stop" and self.debugger():
            self.kill_debugger(polite=False)
        stopped = tap.run([tap.dbgscope, "stop", name], env=harness.CLEAN)
        if stopped.rc != 0:
            raise Bad(f"stop: {stopped.rc} {stopped.stderr.strip()}")
        return self.nothing_left()

    def clear(self):
        """Whatever went wrong, the next round starts from nothing."""
        for _ in range(100):
            for process in harness.descendants():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            harness.reap(but=(self.session.pid,))
            if not harness.descendants():
                break
            time.sleep(0.02)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.session.wait()
        for place in harness.cgroups_of(self.session.pid):
            for directory in [*place.glob("*/"), place]:
                with contextlib.suppress(OSError):
                    directory.rmdir()
        for file in self.records():
            file.unlink(missing_ok=True)


def _text(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def _numbers(path):
    return [int(word) for word in _text(path).split()]


def _name(pid):
    return _text(pathlib.Path(f"/proc/{pid}/comm")).strip() or "gone"


def next_launch():
    """A debugger's: its watcher also cleans up after sessions that lost theirs."""
    result = tap.run([tap.dbgscope, "-q", "--memory-max=64M", "gdb", "-nx", "-batch", "-ex", "quit"], env=harness.CLEAN)
    if result.rc != 0:
        raise Bad(f"the next launch: {result.rc} {result.stderr.strip()}")
    others = [p for p in harness.processes() if p.name == harness.WATCHER_NAME and p.parent == os.getpid()]
    tap.wait_until(lambda: not any(session.alive(p.pid) for p in others), 5, message="its watcher lives on")


def play(number, seed, options):
    """One round; (title, seconds or None, note)."""
    rng = random.Random(f"{seed}/{number}")
    kind, victim = options.kind or rng.choice(list(kinds())), options.victim or rng.choice(VICTIMS)
    if victim == "launcher" and kind == "dlv-wait":
        victim = "debugger"  # there the launcher is the watcher
    now = Round(rng, kind, victim)
    try:
        took = now.run()
        next_launch()
        return now.title(), took, now.note
    except (Bad, AssertionError) as reason:
        print(f"round {number}: {now.title()}, {now.note}\n    {reason}")
        for line in now.session.stderr.splitlines()[-6:]:
            print(f"    | {line}")
        sys.stdout.flush()
        return now.title(), None, now.note


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="number of the first round: repeats one that failed")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--victim", choices=VICTIMS)
    parser.add_argument("--kind", choices=list(kinds()))
    options = parser.parse_args()
    harness.prepare()
    session.loopback_only()
    print(f"{harness.machine()}\nkill matrix: {options.rounds} rounds, seed {options.seed}", flush=True)
    times, bad, counts, outlived = [], 0, collections.Counter(), collections.Counter()
    for number in range(options.first, options.first + options.rounds):
        title, took, note = play(number, options.seed, options)
        counts[title.rpartition(" to the ")[2]] += 1
        outlived[title] += "outlived" in note
        bad += took is None
        times += [] if took is None else [took]
    print("  " + ", ".join(f"{victim}: {count} rounds" for victim, count in sorted(counts.items())))
    print("  debuggers that outlived a signal and were killed: " +
          (", ".join(f"{count} x {title}" for title, count in outlived.items() if count) or "none"))
    if times:
        print(f"  nothing left after p50 {harness.percentile(times, 50) * 1000:.0f} ms, "
              f"p99 {harness.percentile(times, 99) * 1000:.0f} ms, most {max(times) * 1000:.0f} ms")
    return 0 if harness.verdict(f"{options.rounds - bad} of {options.rounds} rounds left nothing behind", bad == 0) else 1


if __name__ == "__main__":
    sys.exit(main())
