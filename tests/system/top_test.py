# SPDX-License-Identifier: Apache-2.0
"""`dbgscope top` in a real terminal, beside real sessions: what it shows, what its keys do, and how it leaves the terminal."""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import faults
import kernel
import session
import tap
import watched
from session import MIB, PATIENCE_S, Headless

EVERYWHERE = ("host", "pidns", "vm:v2")
HELD = r"debuggee held: (\S+) of its 128M cap cannot be reclaimed"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ENTERED, LEFT = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
SIZE, SMALL = (24, 80), (9, 40)


class Top:
    """`dbgscope top` on a pseudo-terminal of its own."""

    def __init__(self, *words, env=None, size=SIZE, cwd=None):
        self._master, self._slave = pty.openpty()
        self.resize(*size)
        self.before = self.settings()
        full = {k: v for k, v in {**os.environ, "TERM": "xterm", "NO_COLOR": None, **(env or {})}.items() if v is not None}
        self.process = subprocess.Popen([tap.dbgscope, "top", *words], env=full, stdin=self._slave, stdout=self._slave,
                                        stderr=self._slave, cwd=cwd, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.shown, self._all = "", ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for fd in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(fd)

    def settings(self):
        return termios.tcgetattr(self._slave)

    def resize(self, rows, columns):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def keys(self, text):
        os.write(self._master, text.encode())

    def read(self, patience=0.0):
        if select.select([self._master], [], [], patience)[0]:
            got = os.read(self._master, 1 << 16).decode(errors="replace")
            self.shown, self._all = self.shown + got, self._all + got

    def screens(self):
        """Each that was drawn to its end, as lines."""
        drawn = self.shown.split("\x1b[H")[1:]
        return [ESCAPE.sub("", one.partition("\x1b[J")[0]).replace("\r", "").split("\n") for one in drawn if "\x1b[J" in one]

    def see(self, pattern):
        """Waits for a screen with that on one line; the match. Screens drawn before are forgotten."""
        self.shown = ""
        end = time.monotonic() + PATIENCE_S
        while True:
            for line in (line for screen in self.screens() for line in screen):
                if found := re.search(pattern, line):
                    return found
            if time.monotonic() > end or self.process.poll() is not None:
                tap.fail(f"never shown: {pattern}\nlast: {self.screens()[-1:]}\n{self.shown[-300:]!r}")
            self.read(0.2)

    def left(self):
        """Its exit status; the terminal is as it was before."""
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        self.read(0.05)
        tap.equal(self.settings(), self.before, "the terminal's settings")
        tap.equal(self._all.count(ENTERED), self._all.count(LEFT), repr(self._all[-200:]))
        return self.process.poll()


@contextlib.contextmanager
def held_leak():
    """(session, its name, pid of the debuggee): a Go program that its fuse holds at 128M; it would end at 400M."""
    with Headless(["--memory-max=128M"], "exec", "--accept-multiclient", tap.program("leak"),
                  after=["-mib-per-step=2", "-max-mib=400"], env=faults.CLEAN) as dlv:
        rpc = dlv.connect()
        address = dlv.match(r"API server listening at: (\S+)")[1]
        target = rpc.pid()

        def go():
            with contextlib.suppress(Exception):  # the session is over
                session.Rpc(address).call("Command", name="continue")
        threading.Thread(target=go, daemon=True).start()
        dlv.match(HELD)
        watched.wait_record(dlv.pid)
        yield dlv, session.session_name(dlv.pid), target


def cap_of(name):
    listed = json.loads(tap.succeed([tap.dbgscope, "ps", "--json"]).stdout)
    return next(entry["now"]["cap_bytes"] for entry in listed if entry["id"] == name)


@tap.test(*EVERYWHERE)
def a_held_program_is_seen_and_gets_more():
    with held_leak() as (_, name, _), Top(name) as top:
        tap.true(top.see(r"^dbgscope top: 1 session$"), "title")
        top.see(rf"^> {name[:10]}\S*  \S.*\S +1[12]\d(\.\d)?M/128M +\S+ +\d+s  dlv \d+$")
        top.see(rf"^{name}: (held|throttled|past its fuse line).*: dlv exec ")
        top.see(r"^memory   \[#{20,}[#.|]*\]  1[12]\d(\.\d)?M of 128M, fuse at 1[12]\S+$")
        top.see(r"^history  .*[▇█]")
        top.see(r"^Go       \S+ live, next GC at \S+, GOMEMLIMIT 112M, \d+ GCs, \S+ % of CPU$")
        site = top.see(r"^ +(\S+)M +(\d+) %  main\.leakForever main\.go:(\d+)$")
        tap.true(float(site[1]) > 80 and int(site[2]) >= 80, site[0])
        top.keys("+")
        top.see(r"^cap 128M -> 192M; in dlv: set runtime\.gcController\.memoryLimit\.value = \d+$")
        top.see(r" of 192M, fuse at 18\S+$")
        tap.equal(cap_of(name), 192 * MIB)
        top.keys("q")
        tap.equal(top.left(), 0)


@tap.test("host")
def more_changes_the_gomemlimit_that_nobody_else_can():
    options = ["--watch", "--memory-max=256M", "--go-memlimit=auto"]
    with session.Session([tap.dbgscope, "run", *options, "--", tap.program("churn")], env=faults.CLEAN) as run:
        name = watched.wait_record(run.pid)["id"]
        with Top(name) as top:
            top.see(r" GOMEMLIMIT 230\.4M, ")
            top.keys("+")
            top.see(rf"^cap 256M -> 384M; GOMEMLIMIT of churn \(pid {run.pid}\): 230\.4M -> 345\.6M")
            top.see(r" GOMEMLIMIT 345\.6M, ")
            top.keys("q")
            tap.equal(top.left(), 0)


@tap.test("host")
def a_snapshot_is_taken_from_here():
    with held_leak() as (_, name, _), tempfile.TemporaryDirectory() as folder, Top(name, cwd=folder) as top:
        top.see(r"main\.leakForever")
        top.keys("s")
        made = top.see(r"^written: (dbgscope-snapshot\.\d+\.\d+)$")[1]
        tap.contains(pathlib.Path(folder, made, "summary.txt").read_text(), "main.leakForever main.go:")
        tap.equal(os.listdir(folder), [made])
        top.keys("q")
        tap.equal(top.left(), 0)


@tap.test(*EVERYWHERE)
def json_streams_one_object_a_second():
    with held_leak() as (dlv, name, target):
        began = time.monotonic()
        stream = subprocess.Popen([tap.dbgscope, "top", name, "--json"], stdout=subprocess.PIPE, text=True)
        try:
            objects = [json.loads(stream.stdout.readline()) for _ in range(3)]
            tap.true(2 <= time.monotonic() - began <= 12, f"three lines in {time.monotonic() - began:.1f} s")
            for shown in objects:
                tap.equal((shown["schema"], len(shown["sessions"])), (1, 1))
                one = shown["sessions"][0]
                tap.equal((one["id"], one["tool"], one["debugger_pid"], one["cap_bytes"]), (name, "dlv", dlv.pid, 128 * MIB))
                tap.true(100 * MIB < one["used_bytes"] <= 130 * MIB, one)
                tap.true(one["state"] not in ("running", "ended") and one["fuse_bytes"] < 128 * MIB, one)
                tap.equal(one["debuggee_pid"], target)
                site = one["sites"][0]
                tap.equal((site["function"], os.path.basename(site["file"])), ("main.leakForever", "main.go"))
                tap.true(site["share"] >= 0.8 and site["bytes"] > 80 * MIB and site["line"] > 0, site)
                tap.true(one["go"]["cycles"] > 0 and one["go"]["heap_live_bytes"] > 80 * MIB, one)
            tap.true(objects[2]["sessions"][0]["growth_bytes_per_s"] is not None, objects[2])
            dlv.process.kill()
            *_, last = [json.loads(line) for line in stream.stdout]
            tap.equal(last["sessions"][0]["state"], "ended")
            tap.equal(stream.wait(PATIENCE_S), 0)
        finally:
            if stream.poll() is None:
                stream.kill()
            stream.wait()


@tap.test("host")
def one_screen_as_text():
    with held_leak() as (_, name, _):
        shown = tap.succeed([tap.dbgscope, "top", name, "--once"]).stdout
        tap.contains(shown, f"\n{name}: ")
        tap.contains(shown, "main.leakForever main.go:")
        tap.true("\x1b" not in shown and "h hold" not in shown, repr(shown))
        tap.true(max(len(line) for line in shown.splitlines()) <= 80, shown)
        every = json.loads(tap.succeed([tap.dbgscope, "top", "--once", "--json"]).stdout)["sessions"]
        tap.true(name in [one["id"] for one in every], f"{every}")


@tap.test(*EVERYWHERE)
def a_hold_by_hand_is_a_freeze_or_a_plain_message():
    with faults.leak() as dlv:
        target, scope = faults.stopped_leak(dlv)
        watched.wait_record(dlv.pid)
        with Top(session.session_name(dlv.pid)) as top:
            top.see(r": (running|stopped): dlv exec ")
            top.keys("h")
            if kernel.memory_cgroup(target)[0] == 1:
                top.see(r"cannot hold \S+: that needs cgroup v2$")
                top.keys("c")
                top.see(r"cannot continue \S+: that needs cgroup v2$")
            else:
                top.see(r": held: dlv exec ")
                tap.contains((scope / "debuggee/cgroup.events").read_text(), "frozen 1")
                top.keys("c")
                top.see(r": (running|stopped): dlv exec ")
                tap.contains((scope / "debuggee/cgroup.events").read_text(), "frozen 0")
            top.keys("q")
            tap.equal(top.left(), 0)
        dlv.end()


@tap.test("host")
def a_session_that_ends_is_shown_as_ended():
    with faults.leak() as first, faults.leak() as second:
        for dlv in (first, second):
            faults.stopped_leak(dlv)
            watched.wait_record(dlv.pid)
        names = [session.session_name(dlv.pid) for dlv in (first, second)]
        with Top() as top:
            top.see(rf"^{names[1]}: (running|stopped)")  # the newest
            top.keys("k")
            top.see(rf"^{names[0]}: (running|stopped)")
            top.keys("\x1b[B")
            top.see(rf"^{names[1]}: (running|stopped)")
            second.end()
            top.see(rf"^{names[1]}: ended: dlv exec ")
            top.keys("+")
            top.see(r"^it has ended$")
            top.keys("q")
            tap.equal(top.left(), 0)
        first.end()


@tap.test(*EVERYWHERE)
def signals_leave_the_terminal_as_it_was():
    for number, key in ((signal.SIGINT, "\x03"), (signal.SIGTERM, None), (signal.SIGHUP, None), (signal.SIGQUIT, "\x1c")):
        with Top() as top:
            top.see(r"^dbgscope top: ")
            if key:
                top.keys(key)
            else:
                top.process.send_signal(number)
            tap.equal(top.left(), 128 + number)
            tap.contains(top.shown, LEFT)


@tap.test("host")
def suspended_it_gives_the_terminal_back():
    with Top() as top:
        top.see(r"^dbgscope top: ")
        top.process.send_signal(signal.SIGTSTP)
        stat = pathlib.Path(f"/proc/{top.process.pid}/stat")
        tap.wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", 10, message="stopped")
        tap.equal(top.settings(), top.before)
        top.process.send_signal(signal.SIGCONT)
        tap.wait_until(lambda: top.settings() != top.before, 10, message="it takes keys again")
        top.see(r"^dbgscope top: ")
        top.keys("q")
        tap.equal(top.left(), 0)


@tap.test("host")
def it_fits_into_any_window():
    with faults.leak() as dlv:
        faults.stopped_leak(dlv)
        watched.wait_record(dlv.pid)
        with Top() as top:
            top.see(r"^h hold ")
            top.resize(*SMALL)
            top.see(r"^h hold  .*…$")
            screen = top.screens()[-1]
            tap.equal(len(screen), SMALL[0])
            tap.true(max(map(len, screen)) <= SMALL[1], f"{screen}")
            for size in ((1, 1), (2, 200), (60, 10)):
                top.shown = ""
                top.resize(*size)
                tap.wait_until(lambda: top.read(0.1) or any(len(s) <= size[0] for s in top.screens()), PATIENCE_S, interval=0)
                tap.true(max(map(len, top.screens()[-1])) <= size[1], f"{size}: {top.screens()[-1]}")
            top.keys("q")
            tap.equal(top.process.wait(PATIENCE_S), 0)
        dlv.end()


@tap.test("host")
def without_colour_and_on_a_dumb_terminal():
    with Top(env={"NO_COLOR": "1"}) as top:
        top.see(r"^h hold ")
        tap.true(not re.search(r"\x1b\[[0-9;]*m", top.shown), repr(top.shown))
        top.keys("q")
        tap.equal(top.process.wait(PATIENCE_S), 0)
    for term in ("dumb", None):
        with Top(env={"TERM": term}) as top:
            tap.wait_until(lambda: top.read(0.1) or "h hold" in top.shown, PATIENCE_S, interval=0)
            top.keys("q")
            tap.equal(top.left(), 0)
            tap.true("\x1b" not in top.shown, repr(top.shown))


if __name__ == "__main__":
    tap.main()
