# SPDX-License-Identifier: Apache-2.0
"""Interactive dlv and gdb in a terminal, below a shell with job control, through links of their names: interrupt, suspend, size,
line editing and exit status, step by step what the bare debugger answers to the same keys."""

import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
from dap import MARK, PATIENCE_S, nothing_left

ENV = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None, "DBGSCOPE_MEMORY_MAX": "128M",
       "TERM": "xterm", "PS1": "sh> ", "HISTFILE": "/dev/null"}
SHELL = ["bash", "--norc", "--noprofile", "-i"]
SIZE, LARGER = (33, 101), (40, 132)
CTRL_A, CTRL_C, CTRL_Z, UP = "\x01", "\x03", "\x1a", "\x1b[A"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\x07|\x1b[=>]")


class Terminal:
    """A shell on a pseudo-terminal, and what it shows since the last keys."""

    def __init__(self, path):
        env = {k: v for k, v in {**os.environ, **ENV, "PATH": path}.items() if v is not None}
        self.shell, self._fd = pty.fork()
        if self.shell == 0:
            os.execvpe(SHELL[0], SHELL, env)
        self.resize(*SIZE)
        self._shown = ""
        self.see(r"sh> $")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in kernel.children(self.shell):
            for debuggee in kernel.children(pid):
                session.kill(debuggee)
            session.kill(pid)
        self.close()
        session.kill(self.shell)
        os.waitpid(self.shell, 0)

    def close(self):
        """As closing the window does."""
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None

    def resize(self, rows, columns):
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def keys(self, text, until):
        """Types, and returns what the pattern found in what is shown from then on."""
        self._shown = ""
        os.write(self._fd, text.encode())
        return self.see(until)

    def see(self, pattern):
        end = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, ESCAPES.sub("", self._shown), re.DOTALL)):
            if not select.select([self._fd], [], [], max(0.0, end - time.monotonic()))[0]:
                tap.fail(f"never shown: {pattern}\nshown: {ESCAPES.sub('', self._shown)!r}")
            self._shown += os.read(self._fd, 1 << 16).decode(errors="replace")
        return re.sub(r"process \d+", "process N", found[1] if found.groups() else found[0])

    def debugger(self):
        """(pid of the shell's job, pid of what it debugs)"""
        def look():
            pids = kernel.children(self.shell)
            targets = kernel.children(pids[0]) if pids else []
            return (pids[0], targets[0]) if targets else None
        return tap.wait_until(look, PATIENCE_S, message="a debugger and its debuggee")

    def running(self):
        """Waits until the debuggee runs, or sleeps, on its own."""
        def look():
            state = pathlib.Path(f"/proc/{self.debugger()[1]}/stat").read_text().rpartition(")")[2].split()[0]
            return state in "SR"
        tap.wait_until(look, PATIENCE_S, message="the debuggee runs")
        time.sleep(0.1)  # a debugger resumes thread by thread, then looks at signals

    def job(self):
        """Is the debugger a job of its own, in the shell's session?"""
        pid = self.debugger()[0]
        return os.getpgid(pid) == pid, os.getsid(pid) == self.shell, os.tcgetpgrp(self._fd) == pid


def dlv_dialogue(terminal):
    """Every line: the keys, and the part of the answer that is always the same."""
    yield terminal.keys(f"dlv exec {tap.program('leak')} -- -mib-per-step=0\r", r"Type 'help' .*\(dlv\) $")
    yield terminal.job()
    yield terminal.keys("continue\r", r"continue\n")
    terminal.running()
    yield terminal.keys(CTRL_C, r"(received SIGINT, [^\n]*\n)> .*\(dlv\) $")
    yield terminal.keys("print 6*7\r", r"\n42\n\(dlv\) $")
    yield terminal.keys(f"{UP}\r", r"print 6\*7\n42\n\(dlv\) $")
    yield terminal.keys(f"rint 3*7{CTRL_A}p\r", r"\n21\n\(dlv\) $")
    yield terminal.keys(CTRL_Z, r"\n(\[1\]\+  Stopped[^\n]*\n)sh> $")
    yield terminal.keys("stty size\r", r"\n\d+ \d+\nsh> $")
    yield terminal.keys("fg\r", r"\ndlv exec [^\n]*\n")
    yield terminal.keys("print 8\r", r"\n8\n\(dlv\) $")
    yield terminal.job()
    yield terminal.keys("exit\r", r"\nsh> $")
    yield terminal.keys("echo status=$?\r", r"status=\d+\nsh> $")
    yield terminal.keys("dlv exec /none; echo status=$?\r", r"status=\d+\nsh> $")


def gdb_dialogue(terminal):
    yield terminal.keys(f"gdb -nx -q -iex 'set auto-load off' {tap.program('eater')}\r", r"Reading symbols from .*\(gdb\) $")
    yield terminal.keys("run sleep 60 1\r", r"Starting program: [^\n]*\n")
    terminal.running()
    yield terminal.keys(CTRL_C, r"\n(Program received signal SIGINT, Interrupt\.)\n.*\(gdb\) $")
    yield terminal.job()
    yield terminal.keys("continue\r", r"Continuing\.\n")
    terminal.running()
    yield terminal.keys(CTRL_Z, r"\n(Program received signal SIGTSTP, Stopped \(user\)\.)\n.*\(gdb\) $")
    yield terminal.keys("show width\r", r"are in a line is \d+\.\n\(gdb\) $")
    terminal.resize(*LARGER)
    yield terminal.keys("shell stty size\r", r"(\n\d+ \d+\n)(?:\(gdb\) )+$")  # it shows its prompt again for the new size
    yield terminal.keys("show width\r", r"(are in a line is \d+\.)\n(?:\(gdb\) )+$")
    yield terminal.keys("print 6*7\r", r"\$1 = 42\n\(gdb\) $")
    yield terminal.keys(f"{UP}\r", r"\$2 = 42\n\(gdb\) $")
    yield terminal.keys(f"rint 3*7{CTRL_A}p\r", r"\$3 = 21\n\(gdb\) $")
    yield terminal.keys(CTRL_Z, r"\n(\[1\]\+  Stopped[^\n]*\n)sh> $")
    yield terminal.keys("fg\r", r"\ngdb -nx [^\n]*\n")
    yield terminal.keys("print 8\r", r"\$4 = 8\n\(gdb\) $")
    yield terminal.keys("kill\r", r"Kill the program being debugged\? \(y or n\) $")
    yield terminal.keys("y\r", r"\[Inferior 1 \(process \d+\) killed\]\n\(gdb\) $")
    yield terminal.keys("quit 7\r", r"\nsh> $")
    yield terminal.keys("echo status=$?\r", r"status=\d+\nsh> $")


@contextlib.contextmanager
def path_with_links():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        for tool in ("dlv", "gdb"):
            os.symlink(tap.dbgscope, f"{folder}/{tool}")
        yield f"{folder}:{os.environ['PATH']}"


def check_equal(dialogue, status):
    """Every answer is the one of the bare debugger; the last is the exit status."""
    with path_with_links() as path:
        with Terminal(os.environ["PATH"]) as terminal:
            bare = list(dialogue(terminal))
        with Terminal(path) as terminal:
            for number, answer in enumerate(dialogue(terminal)):
                job = isinstance(answer, tuple)
                said = answer if job else re.sub(r"dbgscope: running in [^\n]*\n", "", answer)
                tap.equal(said, bare[number], f"answer {number + 1}")
                if job:
                    parts = [kernel.memory_cgroup(pid)[1].name for pid in terminal.debugger()]
                    tap.equal(parts, ["debugger", "debuggee"], "cgroups")
    tap.contains(bare[-1], f"status={status}\n")


@tap.test("host", "pidns", user="root")
def dlv_in_a_terminal_is_as_without_dbgscope():
    check_equal(dlv_dialogue, 1)


@tap.test("host", "pidns", user="root")
def gdb_in_a_terminal_is_as_without_dbgscope():
    check_equal(gdb_dialogue, 7)


@tap.test("host", "pidns", user="root")
def closing_the_window_leaves_nothing():
    """SIGHUP ends the shell and dlv, which leaves its debuggee behind; without dbgscope that runs on."""
    with path_with_links() as path:
        for running in (False, True):
            mark = os.urandom(8).hex()
            os.environ[MARK] = mark
            with Terminal(path) as terminal:
                terminal.keys(f"dlv exec {tap.program('leak')} -- -mib-per-step=0\r", r"\(dlv\) $")
                if running:
                    terminal.keys("continue\r", r"continue\n")
                    terminal.running()
                debugger, target = terminal.debugger()
                terminal.close()
                tap.wait_until(lambda: not session.alive(debugger), PATIENCE_S, message="dlv has ended")
                tap.wait_until(lambda: not session.alive(target), 1, message="the debuggee has ended")
            nothing_left(debugger, mark)


if __name__ == "__main__":
    tap.main()
