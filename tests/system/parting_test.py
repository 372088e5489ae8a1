# SPDX-License-Identifier: Apache-2.0
"""What outlives a session and what does not: daemons, detached programs, and what is said of those that end."""

import os
import pathlib
import re
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
import watched
from session import MIB, Headless, Session

CAP = "--memory-max=128M"
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
ENVIRONMENTS = ("host", "pidns", "vm:v2")


def gdb(*commands, program, options=()):
    words = [word for command in commands for word in ("-ex", command)]
    return Session([tap.dbgscope, CAP, *options, "gdb", *session.GDB[1:], *words, "--args", *program], env=CLEAN)


def spawn(*arguments):
    return Headless([CAP], "exec", tap.program("spawn"), after=arguments, env=CLEAN)


def started(dlv):
    """(daemon, child) of the spawn program."""
    found = dlv.match(r"spawn: daemon (\d+) child (\d+)")
    return int(found[1]), int(found[2])


def free(pid):
    """Lives, outside of the limits of its session, with the score it would have had."""
    tap.true(session.alive(pid), f"{pid} was ended")

    def look():
        directory = kernel.memory_cgroup(pid)[1]
        return directory.name not in ("debuggee", "debugger") and directory
    directory = tap.wait_until(look, session.PATIENCE_S, message=f"{pid} out of its session's cgroups")
    tap.equal(watched.oom_score_adj(pid), watched.oom_score_adj(os.getpid()), "oom_score_adj")
    session_places = [place for place in (directory, *directory.parents)
                      if place.name == "detached" or place.name.endswith(".scope") or place.name.startswith("dbgscope.")]
    for file in (place / name for place in session_places for name in ("memory.max", "memory.limit_in_bytes")):
        if file.exists():
            text = file.read_text().strip()
            tap.true(text == "max" or int(text) >= kernel.UNLIMITED_V1, f"{file}: {text}")


def end(*pids):
    for pid in pids:
        session.kill(pid)


@tap.test(*ENVIRONMENTS)
def daemon_that_a_program_forks_lives_on():
    with gdb("run", program=[tap.program("forkc"), "daemon"]) as run:
        child = int(run.match(r"^child (\d+)")[1])
        try:
            name = session.session_name(child)
            tap.equal(run.wait(), 0, run.stderr)
            watched.ended_record(name)
            free(child)
            tap.true("ended with the session" not in run.stderr, run.stderr)
            tap.true("detached" not in run.stderr, "gdb lets every forked process go: that is not news")
        finally:
            end(child)


@tap.test(*ENVIRONMENTS)
def daemon_lives_on_and_a_child_ends_by_name():
    with spawn() as dlv:
        rpc = dlv.connect()
        name = session.session_name(dlv.pid)
        tap.equal(rpc.run_on(), (None, True))
        daemon, child = started(dlv)
        try:
            tap.true(session.alive(child), "dlv ends nothing of it")
            tap.equal(dlv.end(), 0)
            tap.contains(dlv.stderr, f"dbgscope: ended with the session: sleep (pid {child})\n")
            tap.equal(watched.ended_record(name)["ended"], [f"sleep (pid {child})"])
            free(daemon)
            watched.gone_within(lambda: not session.alive(child), 1, "the child lives")
        finally:
            end(daemon, child)


@tap.test(*ENVIRONMENTS)
def killed_debugger_takes_all_of_the_debuggees_with_it():
    with spawn("-wait") as dlv:
        rpc = dlv.connect()
        name = session.session_name(dlv.pid)
        rpc.break_at("time.Sleep")
        tap.equal(rpc.run_on(), ("time.Sleep", False))
        daemon, child = started(dlv)
        try:
            os.kill(dlv.pid, signal.SIGKILL)
            dlv.process.wait(10)
            names = watched.ended_record(name)["ended"]
            tap.true({f"sleep (pid {pid})" for pid in (daemon, child)} <= set(names), f"{names}")
            dlv.wait()
            for pid in (daemon, child):
                tap.contains(dlv.stderr, f"sleep (pid {pid})")
                watched.gone_within(lambda pid=pid: not session.alive(pid), 1, f"{pid} lives")
        finally:
            end(daemon, child)


@tap.test("host")
def stopped_program_takes_its_daemons_with_it():
    with spawn("-wait") as dlv:
        rpc = dlv.connect()
        rpc.break_at("time.Sleep")
        tap.equal(rpc.run_on(), ("time.Sleep", False))
        daemon, child = started(dlv)
        try:
            tap.equal(dlv.end(), 0)
            dlv.match(rf"sleep \(pid {daemon}\)")
            watched.gone_within(lambda: not session.alive(daemon), 1, "the daemon lives")
        finally:
            end(daemon, child)


@tap.test(*ENVIRONMENTS)
def daemon_of_the_debuggers_own_shell_lives_on():
    command = "shell setsid sleep 60 </dev/null >/dev/null 2>&1 & echo child $!"
    with gdb(command, "shell sleep 0.3", program=[tap.program("forkc")]) as run:
        child = int(run.match(r"^child (\d+)")[1])
        try:
            name = session.session_name(child)
            tap.equal(run.wait(), 0, run.stderr)
            watched.ended_record(name)
            free(child)
        finally:
            end(child)


# Begins a daemon beside the link, as compilers behind ccache and the like do; it lives for five minutes at most.
TOOLEXEC = """#!/bin/sh
case $1 in */link)
  [ "$2" = -V=full ] || { setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $! > "$DAEMON_FILE.new"; mv "$DAEMON_FILE.new" "$DAEMON_FILE"; }
esac
exec "$@"
"""


@tap.test(*ENVIRONMENTS)
def daemon_that_the_build_begins_lives_on():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        wrapper, file = pathlib.Path(folder, "wrapper"), pathlib.Path(folder, "daemon")
        wrapper.write_text(TOOLEXEC)
        wrapper.chmod(0o755)
        pathlib.Path(folder, "go.mod").write_text("module sample\n\ngo 1.19\n")
        pathlib.Path(folder, "main.go").write_text("package main\n\nfunc main() {}\n")
        env = CLEAN | {"GOFLAGS": f"-toolexec={wrapper}", "DAEMON_FILE": str(file)}
        with Headless(["--memory-max=512M"], "debug", cwd=folder, env=env) as dlv:
            rpc = dlv.connect()
            daemon, name = int(file.read_text()), session.session_name(dlv.pid)
            try:
                tap.equal(kernel.memory_cgroup(daemon)[1], kernel.memory_cgroup(dlv.pid)[1], "until then it counts as the build does")
                tap.equal(rpc.run_on(), (None, True))
                tap.equal(dlv.end(), 0)
                watched.ended_record(name)
                free(daemon)
                tap.true("ended with the session" not in dlv.stderr, dlv.stderr)
            finally:
                end(daemon)


@tap.test(*ENVIRONMENTS)
def detached_program_is_set_free_at_once_and_the_next_is_capped():
    where = "python print('inferior', gdb.selected_inferior().pid, flush=True)"
    commands = ["set confirm off", "break main.leakForever", "run -max-mib=32 -step-ms=1000", where, "detach",
                "shell sleep 4", "delete", "starti", where, "shell sleep 4", "kill"]
    with gdb(*commands, program=[tap.program("leak")], options=["--fuse-action=off"]) as run:
        first = int(run.match(r"^inferior (\d+)")[1])
        try:
            run.match(rf"dbgscope: detached: leak \(pid {first}\) runs on without a cap")
            tap.true(run.process.poll() is None, "it is said while gdb lives")
            free(first)
            second = int(run.match(rf"^inferior (?!{first}$)(\d+)$")[1])
            watched.check_divided(run.pid, second, 128 * MIB)
            tap.equal(run.wait(), 0, run.stderr)
            tap.equal(len(re.findall("detached:", run.stderr)), 1, run.stderr)
            free(first)
        finally:
            end(first)


@tap.test("host", "pidns")
def program_at_a_breakpoint_is_shown_as_stopped():
    with Headless([CAP], "exec", tap.program("leak"), after=["-max-mib=1"], env=CLEAN) as dlv:
        rpc = dlv.connect()
        rpc.break_at("main.leakForever")
        tap.equal(rpc.run_on()[0], "main.leakForever")
        tap.wait_until(lambda: watched.wait_record(dlv.pid)["debuggees"], session.PATIENCE_S)
        said = tap.succeed([tap.dbgscope, "ps"]).stdout
        line = [row for row in said.splitlines() if session.session_name(dlv.pid) in row]
        tap.true(len(line) == 1 and " stopped " in line[0], said)
        tap.equal(dlv.end(), 0)


def after_set(options):
    with Headless(options, "exec", tap.program("leak"), after=["-max-mib=1"], env=CLEAN) as dlv:
        rpc = dlv.connect()
        rpc.break_at("main.leakForever")
        tap.equal(rpc.run_on()[0], "main.leakForever")
        watched.wait_record(dlv.pid)
        said = tap.succeed([tap.dbgscope, "set", session.session_name(dlv.pid), "memory.max=600M"]).stdout
        tap.equal(dlv.end(), 0)
        return said


@tap.test("host")
def advice_on_gomemlimit_only_where_the_session_set_one():
    tap.contains(after_set(["--memory-max=512M"]), "set runtime.gcController.memoryLimit.value = ")
    said = after_set(["--memory-max=512M", "--go-memlimit=off"])
    tap.true("GOMEMLIMIT" not in said and "cap 512M -> 600M" in said, said)


# Takes memory of the whole session, none of it mapped, until the kernel has killed somebody; 256 MiB at most.
HOG = """
import os, pathlib, sys
scope = pathlib.Path(sys.argv[1])
pathlib.Path(scope, "debugger/cgroup.procs").write_text(str(os.getpid()))
name = "memory.oom_control" if (scope / "memory.oom_control").exists() else "memory.events"
file = os.memfd_create("hog")
for _ in range(256 << 4):
    os.write(file, bytes(1 << 16))
    if "oom_kill 0" not in (scope / "debuggee" / name).read_text():
        break
"""


@tap.test("host")
def debuggee_that_dies_while_its_debugger_stands_still_is_told_at_once():
    first_to_die = "--debuggee-oom-score-adjust=1000"
    with Headless([CAP, "--total-memory-max=192M", first_to_die], "exec", tap.program("leak"), after=["-max-mib=1"],
                  env=CLEAN) as dlv:
        rpc = dlv.connect()
        rpc.break_at("main.leakForever")
        tap.equal(rpc.run_on()[0], "main.leakForever")
        target = dlv.debuggee(tap.program("leak"))
        scope = watched.scope_directory(dlv.pid)
        hog = tap.run([sys.executable, "-c", HOG, str(scope)])
        tap.true(hog.rc in (0, -9), hog.stderr)  # what the debuggee gives back may not be enough for the hog's next page
        line = dlv.match(r"dbgscope: debuggee .*killed for memory: .*")[0]
        tap.contains(line, f"pid {target}")
        tap.contains(line, "its total of 192M")
        tap.true("of a cap of 128M" in line, line)
        tap.true(os.path.exists(f"/proc/{target}"), "nobody has reaped it yet")


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
