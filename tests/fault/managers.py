#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What happens around a session that goes on: systemd executes itself anew, reloads, stops the scope while the debuggee
is held; dbus is restarted; the watcher is killed.

usage: managers.py [PLACE...]     pidns, vm:v2@12, vm:hybrid@12, ...; the default is pidns and vm:v2@12. Needs root.
"""
import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import harness
import kernel
import session
import tap
import watched

CAP = 128 * session.MIB
SLOW = 5 if session.IN_VM else 1 # software emulation
HELD = r"debuggee held: \S+ of its 128M cap"
_cases = []


def case(function):
    _cases.append(function)
    return function


def leak(*options, after=("-mib-per-step=4",)):
    words = ("--accept-multiclient",) if "--continue" in options else ()
    options = [option for option in options if option != "--continue"]
    return session.Headless(["--memory-max=128M", *options], "exec", *words, tap.program("leak"), after=list(after),
                            env=harness.CLEAN, start_new_session=True)


def run_on(rpc):
    """`continue` on a connection of its own; nobody waits for it."""
    def go():
        with contextlib.suppress(AssertionError, OSError, ValueError):
            rpc.call("Command", name="continue")
    threading.Thread(target=go, daemon=True).start()


def divided(dlv, rpc):
    """The debuggee is where it belongs and its cap is in force; the scope's directory."""
    return watched.check_divided(dlv.pid, rpc.pid(), CAP)


def ended(scope, pids, seconds):
    watched.gone_within(lambda: not any(session.alive(pid) for pid in pids), seconds, f"processes of {pids} live")
    watched.gone_within(lambda: not scope.exists(), seconds, f"{scope} is still there")


def goes_on(change):
    """A session in which the manager is shaken: limits stay, dlv answers and restarts into the split, the end is clean."""
    with leak("--fuse-action=off", after=["-max-mib=8"]) as dlv:
        rpc = dlv.connect()
        rpc.break_at("main.leakForever")
        tap.equal(rpc.run_on()[0], "main.leakForever")
        scope = divided(dlv, rpc)
        unit = scope.name
        before = rpc.pid()
        begin = time.monotonic()
        change()
        took = time.monotonic() - begin
        tap.equal(divided(dlv, rpc), scope, "the session's place")
        tap.equal(tap.succeed(["systemctl", "is-active", unit]).stdout.strip(), "active", unit)
        rpc.call("Restart", Position="")
        tap.true(rpc.pid() != before, "no restart")
        tap.equal(rpc.run_on()[0], "main.leakForever")
        tap.equal(divided(dlv, rpc), scope, "the place of the restarted debuggee")
        target = rpc.pid()
        name = session.session_name(dlv.pid)
        rpc.detach(kill=True)
        dlv.process.wait(session.PATIENCE_S)
        ended(scope, [target], 2 * SLOW)
        tap.equal(watched.ended_record(name)["split"], True)
    tap.succeed([tap.dbgscope, "run", "-q", "--memory-max=64M", "--", "true"])
    return f"the change took {took:.1f} s"


@case
def systemd_executes_itself_anew():
    return goes_on(lambda: tap.succeed(["systemctl", "daemon-reexec"], timeout=90))


@case
def systemd_reloads():
    return goes_on(lambda: tap.succeed(["systemctl", "daemon-reload"], timeout=90))


@case
def dbus_is_restarted():
    if tap.run(["systemctl", "is-active", "dbus.service"]).rc != 0:
        raise tap.Skip("no dbus.service here")
    return goes_on(lambda: tap.succeed(["systemctl", "restart", "dbus.service"], timeout=90))


def stop_unit(scope, pids):
    """Seconds `systemctl stop` took; everything is gone then."""
    unit = scope.name
    limit = tap.succeed(["systemctl", "show", "-p", "TimeoutStopUSec", "--value", unit]).stdout.strip()
    begin = time.monotonic()
    tap.succeed(["systemctl", "stop", unit], timeout=150)
    took = time.monotonic() - begin
    ended(scope, pids, 2 * SLOW)
    tap.true(took < 15 * SLOW, f"systemctl stop took {took:.1f} s; TimeoutStopSec is {limit}")
    return f"systemctl stop took {took:.1f} s of {limit}"


def wait_held(dlv):
    """Announced, and frozen where this kernel can: what ps calls held."""
    dlv.match(HELD)
    def look():
        return (watched.record(dlv.pid) or {}).get("state") == "held"
    with contextlib.suppress(tap.Timeout):
        tap.wait_until(look, 10 * SLOW)
    return (watched.record(dlv.pid) or {}).get("state")


@case
def scope_of_a_held_dlv_is_stopped():
    with leak("--continue") as dlv:
        rpc = dlv.connect()
        target, scope = rpc.pid(), watched.scope_directory(dlv.pid)
        watcher = watched.watcher_pid(dlv.pid)
        run_on(rpc)
        state = wait_held(dlv)
        said = stop_unit(scope, [dlv.pid, target, watcher])
        dlv.process.wait(5)
    return f"state {state}, {said}"


@case
def scope_of_a_held_gdb_is_stopped():
    words = [*session.GDB[1:], "-ex", "run", "--args", tap.program("eater"), "heap", "4096", "4"]
    with session.Session([tap.dbgscope, "--memory-max=128M", "gdb", *words], env=harness.CLEAN,
                         start_new_session=True) as gdb:
        state = wait_held(gdb)
        scope, watcher = watched.scope_directory(gdb.pid), watched.watcher_pid(gdb.pid)
        target = gdb.debuggee(tap.program("eater"))
        said = stop_unit(scope, [gdb.pid, target, watcher])
        gdb.process.wait(5)
    return f"state {state}, {said}"


def lose_watcher(dlv):
    """Kills it; the session's ID, as ps shows it then."""
    name, watcher = session.session_name(dlv.pid), watched.watcher_pid(dlv.pid)
    os.kill(watcher, signal.SIGKILL)
    tap.wait_until(lambda: not session.alive(watcher), 5, message="the watcher lives after SIGKILL")
    shown = tap.succeed([tap.dbgscope, "ps"]).stdout
    tap.true(re.search(rf"^{re.escape(name)} .*unwatched", shown, re.M), f"ps does not say unwatched:\n{shown}")
    return name


def clean(name, scope, pids):
    """What is left after the debugger's end goes with `dbgscope stop`, and ps forgets it."""
    left = [pid for pid in pids if session.alive(pid)]
    tap.succeed([tap.dbgscope, "stop", name], timeout=60)
    ended(scope, pids, 2 * SLOW)
    tap.true(name not in tap.succeed([tap.dbgscope, "ps"]).stdout, "ps still shows it")
    return f"left for stop: {len(left)} processes"


def stop_without_watcher(held, how):
    after = ("-mib-per-step=4",) if held else ("-max-mib=8", "-step-ms=5000")
    with leak("--continue", after=after) as dlv:
        rpc = dlv.connect()
        target, scope = rpc.pid(), watched.scope_directory(dlv.pid)
        run_on(rpc)
        state = wait_held(dlv) if held else "running"
        name = lose_watcher(dlv)
        begin = time.monotonic()
        how(dlv)
        try:
            dlv.process.wait(15 * SLOW)
        except subprocess.TimeoutExpired:
            tap.fail(f"state {state}: dlv has not ended {15 * SLOW} s after its Stop")
        took = time.monotonic() - begin
        return f"state {state}, dlv ended after {took:.1f} s, {clean(name, scope, [target])}"


def terminate(dlv):
    dlv.process.send_signal(signal.SIGTERM)


def disconnect(dlv):
    """As an editor's Stop: a second client asks for the end, the debuggee's with it."""
    second = session.Rpc(dlv.match(r"API server listening at: (\S+)")[1])
    def ask():
        with contextlib.suppress(AssertionError): # it may have been killed at its cap: nothing to halt
            second.call("Command", name="halt")
        with contextlib.suppress(AssertionError, OSError, ValueError):
            second.call("Detach", Kill=True)
    threading.Thread(target=ask, daemon=True).start()


@case
def watcher_is_killed_then_sigterm():
    return stop_without_watcher(False, terminate)


@case
def watcher_is_killed_while_held_then_sigterm():
    return stop_without_watcher(True, terminate)


@case
def watcher_is_killed_while_held_then_disconnect():
    return stop_without_watcher(True, disconnect)


@case
def watcher_is_killed_while_held_then_dbgscope_stop():
    with leak("--continue") as dlv:
        rpc = dlv.connect()
        target, scope = rpc.pid(), watched.scope_directory(dlv.pid)
        run_on(rpc)
        state = wait_held(dlv)
        name = lose_watcher(dlv)
        begin = time.monotonic()
        said = clean(name, scope, [dlv.pid, target])
        dlv.process.wait(5)
        return f"state {state}, {time.monotonic() - begin:.1f} s, {said}"


def play(names):
    good = True
    for function in _cases:
        if names and not any(name in function.__name__ for name in names):
            continue
        try:
            print(f"  ok {function.__name__}: {function()}", flush=True)
        except tap.Skip as reason:
            print(f"  skip {function.__name__}: {reason}", flush=True)
        except (AssertionError, OSError, subprocess.TimeoutExpired) as reason:
            good = False
            print(f"  NOT OK {function.__name__}: {type(reason).__name__}: {reason}", flush=True)
        finally:
            for process in harness.descendants():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            time.sleep(0.2)
            harness.reap()
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="*", metavar="PLACE")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="cases with this in their name")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    only = [word for name in options.only for word in ("--only", name)]
    if not options.inside:
        statuses = [harness.inside(place, "managers.py", *only) for place in options.places or ["pidns", "vm:v2@12"]]
        return 0 if not any(statuses) else 1
    harness.prepare()
    print(harness.machine(), flush=True)
    return 0 if harness.verdict("a session goes on, or ends cleanly", play(options.only)) else 1


if __name__ == "__main__":
    sys.exit(main())
