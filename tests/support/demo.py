#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./dev demo: a leaking Go program under a real dlv, started by dbgscope with a 128M cap. Shows what is in force.

usage: demo.py DBGSCOPE
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

import kernel
import programs

CAP = "128M"
PATIENCE_S = 60


def title(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def show(name, value):
    print(f"   {name:<18}{value}", flush=True)


class Lines:
    """Passes the session's output on as it comes, and remembers it."""

    def __init__(self, stream):
        self.seen = []
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream):
        for line in stream:
            self.seen.append(line.rstrip("\n"))
            print(f"   | {self.seen[-1]}", flush=True)

    def wait(self, text):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if any(text in line for line in list(self.seen)):
                return
            time.sleep(0.05)
        raise SystemExit(f"demo: \"{text}\" did not appear within {PATIENCE_S} s")


def mib(size):
    return "none" if size is None else f"{size >> 20} MiB"


def find_debuggee(dlv, name):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        for pid in kernel.children(dlv):
            try:
                if pathlib.Path(os.readlink(f"/proc/{pid}/exe")).name == name:
                    return pid
            except OSError:
                continue
        time.sleep(0.02)
    raise SystemExit("demo: dlv started no program")


def show_in_force(dlv, debuggee):
    version, directory = kernel.memory_cgroup(dlv)
    environment = kernel.environment(debuggee)
    title("3. What holds it, read back from the kernel")
    show("scope", f"{directory} (cgroup v{version})")
    show("limit in force", mib(kernel.memory_limit(dlv)))
    show("dlv", f"pid {dlv}: started as dbgscope, the same process")
    show("leak", f"pid {debuggee}: {'in the same scope' if kernel.memory_cgroup(debuggee)[1] == directory else 'elsewhere'}")
    show("GOMEMLIMIT", environment.get("GOMEMLIMIT", "not set"))
    show("DBGSCOPE_SESSION", environment.get("DBGSCOPE_SESSION", "not set"))
    return directory


def watch_the_end(dlv, debuggee, directory):
    title("4. At the limit")
    until = time.monotonic() + PATIENCE_S
    used = kills = None
    while time.monotonic() < until:
        used = kernel.memory_used(directory) if directory.exists() else used
        kills = kernel.oom_kills(directory) if directory.exists() else kills
        gone = not pathlib.Path(f"/proc/{debuggee}").exists() or \
            ") Z" in pathlib.Path(f"/proc/{debuggee}/stat").read_text()
        if gone or kills:
            break
        time.sleep(0.02)
    show("killed for memory", {None: "the kernel does not tell", 0: "nothing"}.get(kills, f"{kills} process in this scope"))
    show("dlv", "alive" if pathlib.Path(f"/proc/{dlv}/exe").exists() and os.path.lexists(f"/proc/{dlv}/cwd") else "gone")
    show("this machine", "did not notice: the limit was the scope's own")


def main():
    dbgscope = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="dbgscope-demo-") as scratch:
        leak = pathlib.Path(scratch) / "leak"
        title("1. A Go program that leaks 4 MiB every 10 ms")
        programs.build_go(programs.SOURCES / "leak", leak)
        show("built", "tests/support/programs/leak, as dlv builds it (-N -l)")
        command = [dbgscope, f"--memory-max={CAP}", "dlv", "exec", "--headless", "--accept-multiclient", "--continue",
                   "--listen=127.0.0.1:0", str(leak), "--", "-mib-per-step=4"]
        title("2. dbgscope " + " ".join(map(str, command[1:8])) + " ./leak")
        session = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, errors="replace")
        try:
            lines = Lines(session.stdout)
            lines.wait("API server listening at")
            debuggee = find_debuggee(session.pid, "leak")
            directory = show_in_force(session.pid, debuggee)
            watch_the_end(session.pid, debuggee, directory)
        finally:
            session.send_signal(signal.SIGTERM)
            try:
                session.wait(timeout=10)
            except subprocess.TimeoutExpired:
                session.kill()
                session.wait()
        title("5. Done")
        show("dlv", f"ended with status {session.returncode} on SIGTERM")
    return 0


if __name__ == "__main__":
    sys.exit(main())
