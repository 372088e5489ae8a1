#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time from the spawn to `DAP server listening at:` through dbgscope against bare dlv, as VS Code starts it: pairs interleaved
in alternating order, ratio of medians with a 95 % interval, and how many were ready within Helix' 500 ms.

usage: dap.py [--pairs N]          needs root
  cgroupfs: on this machine's own hierarchy, beside cgexec, which only enters a cgroup that exists; the goal is at most 1.5
  none:     without a scope
  systemd:  its two managers, under a real systemd in a PID namespace; the goal is at most 1.8. Beside the system manager a
            C program that makes the calls a session cannot do without and no others: how far down the goal can be
Absolute times depend on the machine; the ratio of one run is what counts.
"""
import argparse
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/system")]
import tap  # noqa: E402
from dap import READY  # noqa: E402
from launch import build_bare, cgexec, installed, interval, under_systemd  # noqa: E402

GOAL, SYSTEMD_GOAL = 1.5, 1.8
HELIX_MS = 500.0
WARM_UP = 10
PR_SET_CHILD_SUBREAPER = 36
DEADLINE_S = 10


def milliseconds(command):
    """To the ready line on descriptor 3. Afterwards dlv is killed, and its watcher waited for."""
    words = [*command, "dap", "--listen=127.0.0.1:0", "--log-dest=3"]
    ours, theirs = socket.socketpair()
    with ours, theirs, open(os.devnull, "r+b", buffering=0) as null:
        files = [(os.POSIX_SPAWN_DUP2, null.fileno(), fd) for fd in (0, 1, 2)] + [(os.POSIX_SPAWN_DUP2, theirs.fileno(), 3)]
        ours.settimeout(DEADLINE_S)
        begin = time.perf_counter_ns()
        pid = os.posix_spawn(words[0], words, os.environ, file_actions=files)
        line = ours.recv(1 << 16)
        end = time.perf_counter_ns()
    if not line.startswith(READY):
        raise SystemExit(f"dap: {words} said {line!r} on descriptor 3")
    os.kill(pid, signal.SIGKILL)  # dlv prints the line before it minds SIGINT
    try:
        while True:
            os.wait()  # dlv, and the watcher, which came to us as its reaper
    except ChildProcessError:
        return (end - begin) / 1e6


def report(name, goal, pairs, reference=(), backend="auto"):
    """reference: a title, and the words of another command that has dlv as its last."""
    os.environ |= {"DBGSCOPE_BACKEND": backend, "DBGSCOPE_REQUIRE": "" if backend == "none" else "scope"}
    bare = os.path.realpath(shutil.which("dlv"))
    with tempfile.TemporaryDirectory(prefix="dbgscope-bench-") as folder:
        link = f"{folder}/dlv"
        os.symlink(installed().resolve(), link)
        title, *words = reference or ("",)
        commands = [[link], [bare], *([[*words, bare]] if reference else [])]
        times = [[] for _ in commands]
        for number in range(-WARM_UP, pairs):
            for which in range(len(commands))[::(-1) ** (number % 2)]:
                took = milliseconds(commands[which])
                if number >= 0:
                    times[which].append(took)
    print(f"{name}, {pairs} rounds in turns")
    for which, name in enumerate(("through dbgscope", "bare dlv", title)[:len(commands)]):
        ratio, (low, high) = statistics.median(times[which]) / statistics.median(times[1]), interval(times[which], times[1])
        print(f"  {name:<17}{statistics.median(times[which]):6.2f} ms, slowest {max(times[which]):6.2f} ms"
              + (f", ratio to bare {ratio:.3f}, 95 % interval {low:.3f} to {high:.3f}" if which != 1 else ""))
    ratio, soon = statistics.median(times[0]) / statistics.median(times[1]), sum(took <= HELIX_MS for took in times[0])
    print(f"  ready within {HELIX_MS:.0f} ms: {soon} of {pairs}"
          + (f"; goal {goal:.2f} of bare: {'met' if ratio <= goal else 'NOT MET'}" if goal else ""), flush=True)
    return soon == pairs and (not goal or ratio <= goal)


def on_this_machine(pairs):
    """cgroupfs with what one write to cgroup.procs of a cgroup that exists costs by itself, where cgexec can tell."""
    with cgexec() as command:
        good = report("cgroupfs", GOAL, pairs, reference=("cgexec", *command) if command else ())
    return report("none", None, pairs, backend="none") and good


def user_manager(runtime):
    """Root's own, which this systemd does not start by itself."""
    os.makedirs(runtime, mode=0o700, exist_ok=True)
    subprocess.run(["systemd-run", "-q", "-p", "Delegate=yes", "-E", f"XDG_RUNTIME_DIR={runtime}", "-E",
                    "SYSTEMD_UNIT_PATH=/usr/lib/systemd/user", "/lib/systemd/systemd", "--user"], check=True)
    tap.wait_until(lambda: os.path.exists(f"{runtime}/systemd/private"), DEADLINE_S, message="the user manager")


def under_its_systemd(pairs):
    good = report("systemd, system manager", SYSTEMD_GOAL, pairs, reference=("the floor in C", build_bare("bare_session"), "systemd"))
    user_manager("/run/user/0")
    os.environ["XDG_RUNTIME_DIR"] = "/run/user/0"
    return report("systemd, user manager", SYSTEMD_GOAL, pairs, backend="systemd-user") and good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--inside", action="store_true", help="already under the systemd to measure")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("dap: needs root")
    for name in ("GOMEMLIMIT", "GODEBUG", "DBGSCOPE_SESSION"):
        os.environ.pop(name, None)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if options.inside:
        return 0 if under_its_systemd(options.pairs) else 1
    good = on_this_machine(options.pairs)
    return 0 if under_systemd(__file__, options.pairs) and good else 1


if __name__ == "__main__":
    sys.exit(main())
