# SPDX-License-Identifier: Apache-2.0
"""What the fault scripts share: the binary and programs to use, what this machine is, and what a session leaves behind."""

import ctypes
import math
import os
import pathlib
import platform
import re
import resource
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests/support"
BUILD = (ROOT / os.environ.get("DBGSCOPE_BUILD", "build")).resolve()
os.environ.setdefault("DBGSCOPE_BIN", str(BUILD / "dbgscope"))
os.environ.setdefault("DBGSCOPE_PROGRAMS", str(BUILD / "programs"))
sys.path[:0] = [str(SUPPORT), str(ROOT / "tests/system")]
import pidns  # noqa: E402
import programs  # noqa: E402
import session  # noqa: E402
import tap  # noqa: E402

CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
PR_SET_CHILD_SUBREAPER = 36
WATCHER_NAME = "dbgscope-watch"


def prepare():
    """Root, a built binary, current test programs; orphans of what we start come to us, and gdb, which aborts when its
    debuggee is killed in the wrong moment, leaves no core file here."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.geteuid() != 0:
        raise SystemExit("needs root")
    if not os.access(tap.dbgscope, os.X_OK):
        raise SystemExit(f"{tap.dbgscope} is not built: ./dev build")
    if not session.IN_VM:
        for name in programs.build_all(pathlib.Path(os.environ["DBGSCOPE_PROGRAMS"])):
            print(f"built {name}")
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def machine():
    """One line: what the numbers below were taken on."""
    model = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    kib = int(re.search(r"^MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)[1])
    place = os.environ.get("DBGSCOPE_TEST_ENV", "host")
    return (f"machine: {place}, Linux {platform.release()}, {os.cpu_count()} CPUs ({model[1] if model else 'unknown'}), "
            f"{kib >> 10} MiB, load {os.getloadavg()[0]:.1f}")


def inside(spec, script, *arguments):
    """Runs tests/fault/SCRIPT --inside ARGUMENTS in the PID namespace or a VM; its status."""
    tool = [SUPPORT / "pidns.py", "run"] if spec == "pidns" else [SUPPORT / "vm.py", "run", spec]
    command = [sys.executable, *tool, "--", "python3", f"tests/fault/{script}", "--inside", *arguments]
    env = {**os.environ, **({"DBGSCOPE_TEST_ENV": "pidns"} if spec == "pidns" else {})}
    return subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=False).returncode


def percentile(values, percent):
    """The smallest value that so many percent of all do not exceed; `values` is not empty."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def verdict(goal, met):
    print(f"{'met' if met else 'NOT MET'}: {goal}", flush=True)
    return met


class Process:
    """One line of /proc/PID/stat."""

    def __init__(self, pid):
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
        self.pid, self.name = pid, text[text.index("(") + 1:text.rindex(")")]
        fields = text.rpartition(")")[2].split()
        self.state, self.parent = fields[0], int(fields[1])

    def __str__(self):
        return f"{self.name} (pid {self.pid}, state {self.state}, parent {self.parent})"


def processes():
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                found.append(Process(int(entry.name)))
            except (OSError, ValueError):
                continue
    return found


def descendants(top=None):
    """Living processes below `top` (ourselves), zombies left out. Ours are reaped on the way, except Popen's own."""
    everyone = processes()
    known, grew = {top or os.getpid()}, True
    while grew:
        more = {p.pid for p in everyone if p.parent in known} - known
        known |= more
        grew = bool(more)
    return [p for p in everyone if p.pid in known and p.pid != (top or os.getpid()) and p.state not in "ZX"]


def reap(but=()):
    """Takes the status of orphans that have ended; `but`: pids whose Popen waits for them."""
    for process in processes():
        if process.parent == os.getpid() and process.state == "Z" and process.pid not in but:
            try:
                os.waitpid(process.pid, os.WNOHANG)
            except ChildProcessError:
                pass


def cgroups_of(launcher):
    """Cgroup directories of the session that the process `launcher` started, in every hierarchy, beside our own or in
    the system's slices."""
    found = []
    for hierarchy in pidns.hierarchies():
        places = [hierarchy.parent, *hierarchy.mountpoint.glob("*.slice"), *hierarchy.mountpoint.glob("*.slice/*.slice")]
        own = pathlib.Path(os.path.normpath(hierarchy.parent))
        for place in {own, own.parent, *places}:
            for pattern in (f"dbgscope.*.{launcher}-[0-9]*", f"*-p{launcher}-*.scope"):
                found += place.glob(pattern)
    return sorted(set(found))
