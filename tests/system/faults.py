# SPDX-License-Identifier: Apache-2.0
"""What the tests of faults, of --wait and of the session verbs have in common."""

import ctypes
import os
import pathlib
import subprocess

import kernel
import session
import tap
import watched
from session import Headless, Session

CAP = "--memory-max=128M"
OFF = "--fuse-action=off"
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 1 << 14, 1 << 18
ESCAPED = "has left its cgroup"
# What is started by these words can make no cgroup, as in most containers.
READ_ONLY = ["unshare", "-m", "sh", "-c",
             "for m in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do mount -o remount,bind,ro $m || exit 9; done; "
             "[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd || exit 9; exec \"$@\"", "sh"]


def leak(*options, after=("-mib-per-step=1", "-max-mib=8", "-step-ms=1000"), verb_words=(), **popen):
    """dlv over a program that first stays small and then sleeps; at most 8 MiB unless told otherwise."""
    return Headless([CAP, OFF, *options], "exec", *verb_words, tap.program("leak"), after=list(after),
                    env=CLEAN | popen.pop("env", {}), **popen)


def gdb(*commands, options=(CAP, OFF), program=(), env=None, **popen):
    """dbgscope OPTIONS gdb -batch with these commands and, where given, a program with its arguments."""
    words = [word for command in commands for word in ("-ex", command)]
    arguments = ["--args", *program] if program else []
    return Session([tap.dbgscope, *options, *session.GDB, *words, *arguments], env=CLEAN | (env or {}), **popen)


def python(code):
    """A program for gdb that runs this code; one that other users have too."""
    return ["/usr/bin/python3", "-I", "-c", code]


def cleaned_up(scope, *pids):
    """What a debugger that has just ended leaves is gone within a second, and then its cgroups."""
    seconds = 10 if session.IN_VM else 1
    watched.gone_within(lambda: not any(session.alive(pid) for pid in pids), seconds, f"of {pids} some are left")
    watched.gone_within(lambda: not scope.exists(), 5 * seconds, f"{scope} is still there")


def stopped_leak(dlv):
    """dlv's debuggee at a breakpoint: (its pid, the scope's directory)."""
    rpc = dlv.connect()
    rpc.break_at("main.leakForever")
    tap.equal(rpc.run_on(), ("main.leakForever", False))
    target = rpc.pid()
    dlv.debuggees.append(target)
    return target, kernel.memory_cgroup(target)[1].parent


def left_out(*words, env=None):
    """What --dry-run says cannot be had, one line."""
    shown = tap.succeed([tap.dbgscope, "--dry-run", *words], env=CLEAN | (env or {})).stdout
    return next((line for line in shown.splitlines() if line.startswith("left out: ")), "")


def own_mounts(*directories, options="mode=0700"):
    """A mount namespace of this test's process with an empty tmpfs over each directory."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNS) != 0 or library.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        tap.fail(f"mount namespace: {os.strerror(ctypes.get_errno())}")
    for directory in directories:
        pathlib.Path(directory).mkdir(mode=0o700, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", directory], check=True)


def history(name):
    """Lines of the history that are of this session, now."""
    try:
        return [line for line in watched.history_file().read_text().splitlines() if name in line]
    except OSError:
        return []
