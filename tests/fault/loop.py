#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a threshold to an action: puts trouble into real sessions, and tells for each how long it took to be noticed, what
was done, and what was lost. `on:` of a configuration of its own has a command run for each event.

usage: loop.py [--place here|pidns|vm:v2@12] [--only NAME]

A leak; a slow leak; a fork storm; a squeeze of page cache; processors taken by others; a watcher that is stopped for a
while; a manager that does not answer (pidns and VM alone). Whatever is started here has an upper bound of its own. Goal:
nothing is lost: no kill for memory, debugger and debuggee live, and the program comes to its end. Needs root.
"""
import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

import harness
import kernel
import session
import tap
import watched
from session import MIB

CAP_MIB = 128
LINE = (CAP_MIB - 8) * MIB * 95 // 100 # the fuse trips when so much cannot be reclaimed
PATIENCE_S = 180
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000
EVENTS = ("pressure", "growth", "held", "killed")
_injections = []


def injection(function):
    _injections.append(function)
    return function


class Own:
    """A configuration of somebody's own, and when its command was run for what."""

    def __init__(self, folder):
        self.file = pathlib.Path(folder, "events")
        self.file.touch()
        script = pathlib.Path(folder, "note")
        script.write_text(f'#!/bin/sh\necho "$DBGSCOPE_EVENT $(date +%s.%N)" >>{self.file}\n')
        script.chmod(0o755)
        config = pathlib.Path(folder, "dbgscope/config.yaml")
        config.parent.mkdir()
        lists = "\n".join(f"  {event}: {json.dumps([f'exec {script}'])}" for event in EVENTS)
        config.write_text(f"on:\n{lists}\n")
        self.env = {**harness.CLEAN, "XDG_CONFIG_HOME": str(folder)}

    def at(self, event):
        """When (time.time()) the command was first run for it, or None."""
        for line in self.file.read_text().splitlines():
            name, when = line.split()
            if name == event:
                return float(when)
        return None

    def wait(self, event):
        return tap.wait_until(lambda: self.at(event), PATIENCE_S, interval=0.01, message=f"the command for {event}")


class Trouble:
    """A session under gdb or dlv that gets into it; when its memory passed the line is looked at all the time."""

    def __init__(self, own, words, *options, tool="gdb", cwd=None):
        start = ([*session.GDB, "-ex", "run", "--args"] if tool == "gdb" else
                 ["dlv", "exec", "--headless", "--api-version=2", "--listen=127.0.0.1:0", "--continue", "--accept-multiclient"])
        self.session = session.Session([tap.dbgscope, f"--memory-max={CAP_MIB}M", *options, *start, *words], env=own.env,
                                       start_new_session=True, cwd=cwd)
        self.scope = self.passed = None
        self._ended = threading.Event()
        self._looks = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        watched.wait_record(self.session.pid)
        self.scope = watched.scope_directory(self.session.pid)
        self._looks.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._looks.join()
        if self.session.process.poll() is None:
            self.session.process.kill()
        self.session.process.wait(10)
        self.session.__exit__()
        harness.reap()

    def _look(self):
        while not self._ended.wait(0.005) and not self.passed:
            with contextlib.suppress(OSError):
                if kernel.memory_used(self.scope / "debuggee") >= LINE:
                    self.passed = time.time()

    def kills(self):
        with contextlib.suppress(OSError):
            return kernel.oom_kills(self.scope / "debuggee")
        return 0

    def give_more(self, size):
        tap.succeed([tap.dbgscope, "more", session.session_name(self.session.pid), size])
        self.session.match("no longer held")

    def lost(self, ended=None):
        """In words; empty: nothing."""
        found = [f"{count} killed for memory"] if (count := self.kills()) else []
        if ended is None and self.session.process.poll() is not None:
            found.append(f"the debugger: status {self.session.process.returncode}")
        if ended and ended not in self.session.stdout + self.session.stderr:
            found.append("the program's end")
        return ", ".join(found)


def held_and_more(own, trouble, size="400M", ended="done"):
    """The usual way: held, a command told, more given, run to its end. What was seen of it."""
    with trouble:
        trouble.session.match(watched.HELD)
        told = own.wait("held")
        lost = trouble.lost()
        trouble.give_more(size)
        if ended:
            trouble.session.match(ended)
        lost = lost or trouble.lost(ended)
        passed = trouble.passed or told
        return told - passed, "held and told; given more, it ran on" + (" to its end" if ended else ""), lost


@injection
def leak(own):
    return held_and_more(own, Trouble(own, [tap.program("eater"), "heap", "200", "1"]))


@injection
def slow_leak(own):
    return held_and_more(own, Trouble(own, [tap.program("eater"), "heap", "160", "1", "50000"]))


@injection
def fork_storm(own):
    """Up to 3000 children, for a minute, of which each takes some 100 KiB of tables and stack. On cgroup v1 only page faults
    wait: there the kernel refuses a fork instead, which is told here and is not dbgscope's."""
    words = [tap.program("brood"), "--", "-children=3000", "-seconds=60"]
    v1 = kernel.memory_cgroup()[0] == 1
    trouble = Trouble(own, words, tool="dlv")
    took, action, lost = held_and_more(own, trouble, size="1G", ended="brood: " if v1 else "brood: 3000 children")
    refused = v1 and "cannot allocate" in trouble.session.stderr
    return took, action + (" (its next fork was refused by the kernel, as v1 does)" if refused else ""), lost


@injection
def page_cache(own):
    """Reclaimed and never held; pressure is said where it can be known (a cgroup v2) and is as much as 1 % of the time."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        trouble = Trouble(own, [tap.program("eater"), "cache", "1500", "4"], "--pressure-some=1", "--pressure-full=1",
                          cwd=folder)
        begin = time.time()
        with trouble:
            trouble.session.match("done$")
            lost = trouble.lost("done")
            pressed = own.wait("pressure") if "memory pressure: " in trouble.session.stderr else None
            held = own.at("held") is not None
            return (pressed - begin if pressed else None, "held, which is wrong" if held else
                    "pressure told; it ran to its end" if pressed else "none needed: reclaimed, it ran to its end",
                    lost or ("its time, being held" if held else ""))


@injection
def busy_processors(own):
    """Twice as many busy loops as processors, for a minute at most, beside a leak."""
    loops = [subprocess.Popen(["timeout", "60", "sh", "-c", "while :; do :; done"]) for _ in range(2 * os.cpu_count())]
    try:
        return held_and_more(own, Trouble(own, [tap.program("eater"), "heap", "200", "1"]))
    finally:
        for loop in loops:
            loop.terminate()
            loop.wait()


@injection
def watcher_stopped(own):
    """For five seconds, in which a program that takes 30 MiB a second passes its line."""
    trouble = Trouble(own, [tap.program("eater"), "heap", "200", "1", "30000"])
    with trouble:
        watcher = watched.watcher_pid(trouble.session.pid)
        os.kill(watcher, signal.SIGSTOP)
        time.sleep(5)
        os.kill(watcher, signal.SIGCONT)
        continued = time.time()
        trouble.session.match(watched.HELD)
        told = own.wait("held")
        lost = trouble.lost()
        trouble.give_more("400M")
        trouble.session.match("done$")
        since = max(continued, trouble.passed or continued)
        return told - since, "held and told once the watcher ran on; given more, it ran on to its end", lost or trouble.lost("done")


@contextlib.contextmanager
def silent_manager():
    """PID 1 stands still: no signal stops the init of a PID namespace, but a tracer does."""
    if os.environ.get("DBGSCOPE_TEST_ENV") != "pidns" and not session.IN_VM:
        raise tap.Skip("there is no manager here that may be stopped: --place pidns")
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if ptrace(PTRACE_SEIZE, 1, None, None) != 0 or ptrace(PTRACE_INTERRUPT, 1, None, None) != 0:
        raise tap.Skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    tap.wait_until(lambda: pathlib.Path("/proc/1/stat").read_text().rpartition(")")[2].split()[0] == "t", PATIENCE_S)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(1, WALL)
    try:
        yield
    finally:
        ptrace(PTRACE_DETACH, 1, None, None)


@injection
def manager_silent(own):
    """systemd stands still while a program leaks: a hold needs nobody of it. More memory does, since the scope's own
    properties are raised too: until the manager answers again that is refused, and the debuggee stays held."""
    trouble = Trouble(own, [tap.program("eater"), "heap", "200", "1", "20000"])
    with trouble:
        with silent_manager():
            trouble.session.match(watched.HELD)
            told = own.wait("held")
            refused = tap.run([tap.dbgscope, "more", session.session_name(trouble.session.pid), "400M"], timeout=PATIENCE_S)
            lost = trouble.lost()
            if harness.Process(1).state != "t" or "no answer in time" not in refused.stderr:
                raise AssertionError(f"the manager was not silent all the time: {refused.stderr}")
        trouble.give_more("400M")
        trouble.session.match("done$")
        return (told - (trouble.passed or told), "held and told; more was refused with the reason, and given once the manager "
                "answered; it ran on to its end", lost or trouble.lost("done"))


def play(only):
    print(f"{harness.machine()}\nloop: cap {CAP_MIB}M, the event's command writes down when it was run", flush=True)
    bad = 0
    for inject in _injections:
        name = inject.__name__.replace("_", " ")
        if only and only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="dbgscope-loop-") as folder:
            os.chmod(folder, 0o755)
            try:
                took, action, lost = inject(Own(folder))
            except tap.Skip as reason:
                print(f"  {name}: not tried: {reason}", flush=True)
                continue
            except (AssertionError, OSError, subprocess.TimeoutExpired) as reason:
                took, action, lost = None, "NONE", f"{type(reason).__name__}: {reason}"
        noticed = "-" if took is None else f"{max(took, 0):.3f} s"
        print(f"  {name}: noticed after {noticed}; action: {action}; lost: {lost or 'nothing'}", flush=True)
        bad += bool(lost)
    return harness.verdict("nothing was lost", bad == 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", default="here")
    parser.add_argument("--only", default="")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside and options.place != "here":
        return harness.inside(options.place, "loop.py", *(["--only", options.only] if options.only else []))
    harness.prepare()
    return 0 if play(options.only) else 1


if __name__ == "__main__":
    sys.exit(main())
