# SPDX-License-Identifier: Apache-2.0
"""The watcher with real debuggers: the split, the verdict, clean-up, and what it costs while nothing happens."""

import os
import pathlib
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
import watched
from session import MIB, Headless, Session

EVERYWHERE = ("host", "pidns", "vm:v2", "vm:hybrid", "vm:legacy")
CAP = "--memory-max=128M"
OFF = "--fuse-action=off"
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}


def leak(*options, after=("-mib-per-step=4",), **popen):
    return Headless([CAP, *options], "exec", tap.program("leak"), after=list(after), env=CLEAN, **popen)


def cleaned_up(scope, *pids):
    """Processes and directories of a session whose debugger has just ended are gone within a second."""
    limit = 10 if session.IN_VM else 1
    took = watched.gone_within(lambda: not any(session.alive(pid) for pid in pids), limit, "left behind")
    watched.gone_within(lambda: not scope.exists(), 5 * limit, f"{scope} is still there")
    return took


@tap.test(*EVERYWHERE)
def debuggee_has_a_cgroup_and_a_cap_of_its_own():
    with leak(OFF, after=["-max-mib=1"]) as dlv:
        rpc = dlv.connect()
        rpc.break_at("main.leakForever")
        tap.equal(rpc.run_on(), ("main.leakForever", False))
        target = dlv.debuggee(tap.program("leak"))
        scope = watched.check_divided(dlv.pid, target, 128 * MIB)
        tap.true(watched.oom_score_adj(target) > watched.oom_score_adj(dlv.pid), "the debuggee is to die first")
        tap.equal(rpc.run_on(), (None, True))
        tap.equal(dlv.end(), 0)
        cleaned_up(scope, target)


@tap.test(*EVERYWHERE)
def debugger_survives_its_debuggee_and_restarts_it():
    with leak(OFF) as dlv:
        rpc = dlv.connect()
        scope = None
        for _ in range(3):
            rpc.break_at("main.leakForever")
            tap.equal(rpc.run_on()[0], "main.leakForever")
            target = rpc.pid()
            scope = watched.check_divided(dlv.pid, target, 128 * MIB)
            rpc.clear_breakpoints()
            tap.equal(rpc.run_on(), (None, True), "killed at its cap")
            dlv.match(rf"debuggee killed for memory: leak \(pid {target}.*cap of 128M")
            rpc.call("Restart", Position="")
        tap.equal(dlv.end(), 0)
        cleaned_up(scope)


@tap.test(*EVERYWHERE)
def a_command_that_is_killed_for_memory_is_told_once():
    for options in ([], ["--wait"], [OFF]):
        # by a shell that lives on, too: the limit's victim is its child then
        for words in ([], ["sh", "-c", '"$@"; exit $?', "sh"]):
            killed = tap.run([tap.dbgscope, "run", "--watch", CAP, *options, "--", *words, tap.program("leak"), "-mib-per-step=4"], env=CLEAN)
            tap.true(killed.rc in (-9, 137), f"{options} {words}: {killed.rc}")
            counts = killed.stderr.count("killed for memory"), killed.stderr.count("without a memory event")
            tap.equal(counts, (1, 0), f"{options} {words}: {killed.stderr}")


@tap.test(*EVERYWHERE)
def killed_debugger_leaves_nothing_behind():
    with leak(OFF, "--memory-max=512M", after=["-mib-per-step=1", "-max-mib=8", "-step-ms=1000"]) as dlv:
        rpc = dlv.connect()
        rpc.break_at("main.leakForever")
        tap.equal(rpc.run_on()[0], "main.leakForever")
        target = rpc.pid()
        scope = watched.check_divided(dlv.pid, target, 512 * MIB)
        name = session.session_name(dlv.pid)
        os.kill(dlv.pid, signal.SIGKILL)
        dlv.process.wait(10)
        cleaned_up(scope, target)
        ended = watched.ended_record(name)
        watched.gone_within(lambda: watched.record(dlv.pid) is None, 1, "the live record is still there")
        tap.equal((ended["id"], ended["tool"], ended["split"]), (name, "dlv", True))


@tap.test("host", "pidns", "vm:v2")
def launch_without_an_exec_leaves_no_record():
    with tempfile.TemporaryDirectory(prefix="dbgscope-watch-") as name:
        no_program = pathlib.Path(name) / "gdb"
        no_program.write_text("#!/nonexistent/interpreter\n")
        no_program.chmod(0o755)
        with Session([tap.dbgscope, CAP, f"--debuggers-gdb={no_program}", "gdb", tap.program("leak")], env=CLEAN) as gdb:
            tap.equal(gdb.wait(), 126, gdb.stderr)
            watched.gone_within(lambda: watched.record(gdb.pid) is None, 5, "its record is still there")


@tap.test("host", "vm:v2")
def killed_watcher_lets_go_what_it_holds():
    with leak(after=["-mib-per-step=4"]) as dlv:
        rpc = dlv.connect()
        target = rpc.pid()
        scope, watcher = watched.scope_directory(dlv.pid), watched.watcher_pid(dlv.pid)
        name = session.session_name(dlv.pid)
        threading.Thread(target=lambda: rpc.call("Command", name="continue"), daemon=True).start()
        dlv.match(r"debuggee held")
        # beside whom somebody looks inside for a moment
        tap.wait_until(lambda: len(kernel.children(watcher)) == 1, session.PATIENCE_S, message="its guard alone")
        guards = kernel.children(watcher)
        os.kill(watcher, signal.SIGKILL)
        watched.gone_within(lambda: not session.alive(guards[0]), 5, "its guard lives")
        debuggee = scope / "debuggee"
        if kernel.memory_cgroup()[0] == 1:
            tap.contains((debuggee / "memory.oom_control").read_text(), "oom_kill_disable 0")
        else:
            tap.equal((debuggee / "cgroup.freeze").read_text(), "0\n")
        dlv.process.send_signal(signal.SIGTERM) # dlv halts its debuggee before it ends it
        dlv.process.wait(session.PATIENCE_S)
        tap.true(not session.alive(target), "the debuggee lives")
        tap.succeed([tap.dbgscope, "stop", name])
        cleaned_up(scope)


@tap.test("host", "vm:v2")
def stderr_ends_with_the_debugger():
    def stays_open():
        with leak(OFF, after=["-max-mib=1"]) as dlv:
            dlv.connect()
            watched.wait_record(dlv.pid)
            dlv.rpc.detach(kill=True)
            dlv.process.wait(session.PATIENCE_S)
            begin = time.monotonic()
            dlv.wait()
            return time.monotonic() - begin
    tap.within(1 if session.IN_VM else 0.1, stays_open, "stderr stayed open")


@tap.test("host", "vm:v2")
def process_the_debugger_let_go_lives_on():
    program = tap.program("leak")
    commands = ["break main.leakForever", "run -max-mib=32 -step-ms=1000", "python print('pid', gdb.selected_inferior().pid)",
                "detach"]
    words = [word for command in commands for word in ("-ex", command)]
    with Session([tap.dbgscope, CAP, OFF, "gdb", *session.GDB[1:], *words, program], env=CLEAN) as gdb:
        target = int(gdb.match(r"^pid (\d+)")[1])
        name = watched.wait_record(gdb.pid)["id"]
        gdb.process.wait(session.PATIENCE_S)
        tap.equal(watched.ended_record(name)["verdicts"], [], "gdb's tries of ptrace are no debuggees")
        tap.true(session.alive(target), "the detached process was killed")
        tap.equal(session.executable(target), os.path.realpath(program))
        tap.contains(gdb.stderr, f"dbgscope: detached: leak (pid {target}) runs on without a cap\n")
        tap.true(kernel.memory_cgroup(target)[1].name not in ("debuggee", "debugger"), "it is still under the cap")
        tap.equal(watched.oom_score_adj(target), watched.oom_score_adj(os.getpid()))
        os.kill(target, signal.SIGKILL)


@tap.test("host", "pidns", "vm:v2")
def watcher_costs_nothing_while_nothing_happens():
    watched.read_from_disk_anew(tap.dbgscope)
    with leak(OFF, after=["-max-mib=1"]) as dlv:
        dlv.connect()
        watcher = watched.watcher_pid(dlv.pid)
        watched.sleeps(watcher)
        tap.true(watched.private_kib(watcher) <= 1280, f"{watched.private_kib(watcher)} KiB private memory")
        tap.equal(dlv.end(), 0)


TRIES_PTRACE = """\
import ctypes, os, signal, time
libc = ctypes.CDLL(None)
for seconds in (0.0, 0.4):
    child = os.fork()
    if child == 0:
        libc.ptrace(0, 0, 0, 0)  # PTRACE_TRACEME
        time.sleep(20)
        os._exit(1)
    time.sleep(0.2 + seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
time.sleep(0.3)
"""


@tap.test("host", "vm:v2")
def trial_of_ptrace_is_no_debuggee_however_long_it_takes():
    """As gdb does at its start; on a busy machine such a child lives longer than a program takes to be executed."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        script = pathlib.Path(folder, "tries.py")
        script.write_text(TRIES_PTRACE)
        with Session([tap.dbgscope, CAP, OFF, "--debuggers-gdb=/usr/bin/python3", "gdb", script], env=CLEAN) as gdb:
            name = watched.wait_record(gdb.pid)["id"]
            gdb.process.wait(session.PATIENCE_S)
            tap.equal(watched.ended_record(name)["verdicts"], [])
            tap.true("SIGKILL" not in gdb.stderr, gdb.stderr)


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
