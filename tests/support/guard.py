#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command and leaves nothing of it behind.

usage: guard.py PARENT COMMAND ARGS...   the command's own status; 128+N when a signal ended us

Everything below is ended when the command has ended, when we are told to end, and when PARENT, the pid of whoever
started us, is killed: what makes a session of its own (QEMU, a watcher) comes to us when its parent dies, so it is found.
"""
import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PATIENCE_S = 4  # for what cleans up at SIGTERM: a watcher, pidns.py, vm.py


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            pass  # ended meanwhile
    return found


def descendants(pid):
    found = children(pid)
    for child in found:
        found += children(child)  # the list grows while it is walked
    return found


def reap():
    """True while a child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def end_all():
    for number, patience in ((signal.SIGTERM, PATIENCE_S), (signal.SIGKILL, PATIENCE_S)):
        until = time.monotonic() + patience
        told = set()
        while reap() and time.monotonic() < until:
            for pid in set(descendants(os.getpid())) - told:
                told.add(pid)
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            time.sleep(0.02)


def stop(number, _frame):
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main():
    parent, command = int(sys.argv[1]), sys.argv[2:]
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        return 143  # it has ended before we could ask to be told
    try:
        pid = subprocess.Popen(command).pid
        while True:
            ended, status = os.wait()
            if ended == pid:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
    finally:
        end_all()


if __name__ == "__main__":
    sys.exit(main())
