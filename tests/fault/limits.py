#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every resource limit at 0, 1 and small, every signal blocked, ignored and pending: does the program find it as without us?

usage: limits.py [--quick] [--verb run|wait|dlv] [--user] [PLACE...]     host (the default), pidns, vm:v2@12. Needs root.

Each case is started bare and through dbgscope, with the same limit or signal: `run`, `run --wait`, and as dlv's
debuggee. Exit status, standard output and what the program sees of limits, signals and descriptors are to be the
same, and no cgroup of ours is to be left. Goal: 0 differences that LISTED does not know.
"""
import argparse
import os
import signal
import sys
import time

import harness
import tap

LIMITS = ("AS", "CORE", "CPU", "DATA", "FSIZE", "MEMLOCK", "MSGQUEUE", "NOFILE", "NPROC", "SIGPENDING", "STACK")
SMALL = {"AS": 256 << 20, "DATA": 64 << 20, "FSIZE": 4096, "MEMLOCK": 65536, "NOFILE": 12, "STACK": 128 << 10}
SIGNALS = [int(number) for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]
QUICK = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGXCPU,
         signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN)
AS_USER = ["setpriv", "--reuid=4711", "--regid=4711", "--clear-groups"]
FAILED = "fails"
UNIT = f"fault-limits-{os.getpid()}"
TICK = "whatever lives for a tick of the clock is killed, and a static program of 20 lines does not"
LOADER = "no dynamically linked program can be started, and the bare one is static"
OPTIONS = ["-q", "--memory-max=256M", f"--unit={UNIT}"]
# (verb, words of the case) -> why it differs and has to
LISTED = {("run", "limit", "CPU", "0"): TICK, ("wait", "limit", "CPU", "0"): TICK, ("dlv", "limit", "CPU", "0"): TICK,
          **{(verb, "limit", "NOFILE", number): LOADER for verb in ("run", "wait") for number in ("0", "1")}}


def cases(quick):
    for name in LIMITS:
        for value in (0, 1, SMALL.get(name, 16)):
            yield ["limit", name, str(value), "-"]
            yield ["limit", name, str(value), str(value)]
    for number in QUICK if quick else SIGNALS:
        for how in ("block", "ignore", "pending"):
            yield [how, str(int(number))]


def commands(verb):
    """(bare, through us)"""
    show = [tap.program("under"), "show"]
    if verb == "dlv":
        dlv = ["exec", "--allow-non-terminal-interactive=true", show[0], "--", *show[1:]]
        return ["/usr/bin/dlv", *dlv], [tap.dbgscope, *OPTIONS, "/usr/bin/dlv", *dlv]
    wait = ["--wait"] if verb == "wait" else ["--watch"]
    return show, [tap.dbgscope, "run", *OPTIONS, *wait, "--", *show]


def outcome(case, command, user):
    """What can be seen from outside; of what does not start only that."""
    start = [*(AS_USER if user else []), tap.program("under"), *case, *command]
    result = tap.run(start, timeout=60, cwd="/", env={**harness.CLEAN, "HOME": "/nonexistent"},
                     input="continue\nexit\n" if "exec" in command else None)
    if "limit AS" not in result.stdout:
        return FAILED, result.stderr.strip()
    lines = [line for line in result.stdout.splitlines() if line.startswith(("limit", "ignored", "blocked", "pending",
                                                                          "descriptor", "nice"))]
    return (result.rc, lines), result.stderr.strip()


def left():
    """Cgroups of our sessions; others come and go while we look."""
    return [os.path.join(place, name) for top in ("/sys/fs/cgroup/memory", "/sys/fs/cgroup") for place, names, _ in os.walk(top)
            for name in names if UNIT in name]


def nothing_left():
    end = time.monotonic() + 5
    while more := left():
        if time.monotonic() > end:
            return more
        time.sleep(0.05)
    return []


def differences(bare, ours):
    if FAILED in (bare, ours):
        return [f"bare {bare if bare == FAILED else 'runs'}, ours {ours if ours == FAILED else 'runs'}"]
    said = [f"status {bare[0]}, ours {ours[0]}"] if bare[0] != ours[0] else []
    return said + [f"only bare: {line}" for line in bare[1] if line not in ours[1]] + [
        f"only ours: {line}" for line in ours[1] if line not in bare[1]]


def play(verb, user, quick):
    bare_command, our_command = commands(verb)
    count = unlisted = 0
    for case in cases(quick):
        count += 1
        bare, _ = outcome(case, bare_command, user)
        ours, said = outcome(case, our_command, user)
        found = differences(bare, ours) if bare != ours else []
        found += [f"left: {path}" for path in nothing_left()]
        known = LISTED.get((verb, *case[:3]))
        if found and known:
            print(f"  listed: {verb}, {' '.join(case)}: {known}")
        elif found:
            unlisted += 1
            print(f"  {verb}, {' '.join(case)}: {'; '.join(found)}\n    {said[:300]}", flush=True)
    who = "an ordinary user" if user else "root"
    return harness.verdict(f"{verb} as {who}: {count} limits and signals, {unlisted} unlisted differences", unlisted == 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="eleven signals instead of all")
    parser.add_argument("--verb", choices=("run", "wait", "dlv"), action="append")
    parser.add_argument("--user", action="store_true", help="as an ordinary user instead of root")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("places", nargs="*", default=["host"])
    options = parser.parse_args()
    verbs = options.verb or ["run", "wait", "dlv"]
    if not options.inside and options.places != ["host"]:
        words = [*(["--quick"] if options.quick else []), *(["--user"] if options.user else [])]
        words += [word for verb in verbs for word in ("--verb", verb)]
        return max(harness.inside(place, "limits.py", *words) for place in options.places)
    harness.prepare()
    print(f"{harness.machine()}", flush=True)
    os.umask(0o022)
    met = [play(verb, options.user, options.quick) for verb in verbs]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
