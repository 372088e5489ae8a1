# SPDX-License-Identifier: Apache-2.0
"""`on:` to its end, in real cgroups: what growth and pressure lead to, action by action, beside the records and the kernel's files."""

import contextlib
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
import watched
from own_events import eater, environment, notes
from session import MIB

SLOW_US = 20_000  # 50 MiB a second
NEAR = r"dbgscope: debuggee near its cap: "


def v2():
    return kernel.memory_cgroup()[0] == 2


def weight(scope):
    return (scope / "debuggee/cpu.weight").read_text().strip()


def ends(gdb):
    """By itself, with all that it had."""
    gdb.wait()
    tap.wait_until(lambda: watched.record(gdb.pid) is None, session.PATIENCE_S, message="the end of the session")


@tap.test("host", "vm:v2", user="root", debian=("13", "sid"), timeout=300)
def growth_holds_weighs_snapshots_and_stops():
    with notes() as own:
        own.configure(growth=["weight", "hold"] if v2() else ["hold"])
        with eater(own, "--fuse-action=warn") as gdb:
            gdb.match(watched.HELD)
            scope, name = watched.scope_directory(gdb.pid), session.session_name(gdb.pid)
            tap.equal(watched.wait_record(gdb.pid)["fuse_trips"], 1)
            if v2():
                tap.wait_until(lambda: weight(scope) == "20", session.PATIENCE_S, message="less of the CPU")
            tap.succeed([tap.dbgscope, "more", name, "400M"])
            gdb.match("no longer held")
            gdb.match("done")
            gdb.wait()

        own.configure(growth=["snapshot"])
        with eater(own, "--fuse-action=warn", mib=122) as gdb:
            gdb.match(NEAR + ".*A snapshot is taken, then it runs on up to its cap")
            kept = gdb.match(r"dbgscope: snapshot: (\S+)")[1]
            gdb.match("done")
            gdb.wait()
        tap.true(list(pathlib.Path(kept).iterdir()), kept)
        tap.true("debuggee held" not in gdb.stderr, gdb.stderr)

        own.configure(growth=["stop"])
        with eater(own, "--fuse-action=warn", mib=122, stays=True) as gdb:
            name = tap.wait_until(lambda: session.session_name(gdb.pid), session.PATIENCE_S, message="the session's name")
            gdb.match(NEAR)
            ends(gdb)
        tap.equal(watched.ended_record(name)["events"]["oom_kill"], 0)


@tap.test("host", "vm:v2", user="root", debian=("13", "sid"), timeout=300)
def growth_lowers_the_weight_where_nothing_is_held():
    with notes() as own:
        own.configure(growth=["weight", own.exec()])
        with eater(own, "--fuse-action=off", mib=110, stays=True) as gdb:
            own.wait("growth")
            if v2():
                scope = watched.scope_directory(gdb.pid)
                tap.wait_until(lambda: weight(scope) == "20", session.PATIENCE_S, message="less of the CPU")
            else:
                tap.contains(gdb.stderr, "weight of on.growth from ")
                tap.contains(gdb.stderr, "has no effect: it needs cgroup v2")
            tap.true("cannot be lowered" not in gdb.stderr, gdb.stderr)
            gdb.process.kill()


@tap.test("host", user="root", timeout=120)
def pressure_of_a_squeezed_page_cache_is_told_and_stops():
    """On v1 a session's pressure is known where a cgroup v2 without controllers is mounted beside it."""
    if v2() or not pathlib.Path("/sys/fs/cgroup/unified/cgroup.procs").exists():
        tap.skip("this is not v1 with a cgroup v2 beside it")
    # More than fits, over and over, until there is an event: each time its files are gone.
    rounds = [word for _ in range(40) for word in ("-ex", "run")]
    with notes() as own, tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        command = [tap.dbgscope, "--memory-max=128M", "--pressure-some=1", "--pressure-full=1", *session.GDB, *rounds, "--args",
                   tap.program("eater"), "cache", "1000", "4"]
        own.configure(pressure=[own.exec()])
        with session.Session(command, env=own.env, cwd=folder) as gdb:
            gdb.match("dbgscope: memory pressure: ")
            tap.contains(environment(own.wait("pressure")[0])["DBGSCOPE_EVENT_TEXT"], "memory pressure: ")
            gdb.process.kill()
        own.configure(pressure=["stop"])
        with session.Session(command, env=own.env, cwd=folder) as gdb:
            ends(gdb)
            tap.contains(gdb.stderr, "dbgscope: memory pressure: ")
            tap.true("has left its cgroup" not in gdb.stderr, gdb.stderr)


@contextlib.contextmanager
def pressed(own):
    """A session whose program waits for memory nearly all of the time, until let_go(). So does all that is started in it meanwhile."""
    with eater(own, "--pressure-some=10", "--pressure-full=10", mib=100, pause_us=10 * SLOW_US) as gdb:  # it lives until that is over
        gdb.debuggee(tap.program("eater"))
        scope = watched.scope_directory(gdb.pid)
        tap.wait_until(lambda: kernel.memory_used(scope / "debuggee") > 8 * MIB, session.PATIENCE_S, message="its first memory")
        high = scope / "memory.high"  # not the debuggee's, which is the fuse's line
        high.write_text(str(kernel.memory_used(scope) + 2 * MIB))
        yield gdb, scope, lambda: high.write_text("max")


@tap.test("vm:v2", user="root", debian=("13", "sid"), timeout=300)
def pressure_weighs_snapshots_and_is_told():
    with notes() as own:
        own.configure(pressure=["weight", "snapshot", own.exec()], deadline="200s")
        with pressed(own) as (gdb, scope, let_go):
            gdb.match("dbgscope: memory pressure: .*; the debuggee gets less of the CPU until it is over")
            tap.wait_until(lambda: weight(scope) == "20", session.PATIENCE_S, message="less of the CPU")
            let_go()
            found = environment(own.wait("pressure")[0])
            tap.contains(found["DBGSCOPE_EVENT_TEXT"], "memory pressure: ")
            tap.equal(os.path.basename(found["DBGSCOPE_EVENT_PROGRAM"]), "eater")
            tap.wait_until(lambda: watched.wait_record(gdb.pid)["snapshots"], session.PATIENCE_S, message="a snapshot")
            gdb.match("dbgscope: memory pressure is over after .*; the debuggee has its CPU weight again")
            # on a busy machine it may come and go once more
            tap.wait_until(lambda: weight(scope) == "100", session.PATIENCE_S, message="all of the CPU again")
            gdb.wait()


@tap.test("vm:v2", user="root", debian=("13", "sid"), timeout=300)
def pressure_holds_until_it_is_over_and_stops():
    with notes() as own:
        own.configure(pressure=["hold"])
        with pressed(own) as (gdb, scope, let_go):
            gdb.match("dbgscope: memory pressure: .*; the debuggee is held until it is over")
            freeze = scope / "debuggee/cgroup.freeze"
            tap.wait_until(lambda: freeze.read_text().strip() == "1", session.PATIENCE_S, message="a frozen debuggee")
            let_go()
            gdb.match("dbgscope: memory pressure is over after .*; the debuggee runs on")
            gdb.match("done")
            gdb.wait()
        own.configure(pressure=["stop"], deadline="200s")
        with pressed(own) as (gdb, _, _):
            gdb.match("dbgscope: memory pressure: ")
            ends(gdb)
            tap.true("done" not in gdb.stdout, gdb.stdout)


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
