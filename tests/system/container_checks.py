# SPDX-License-Identifier: Apache-2.0
"""What has to hold in a container of any runtime, for runtimes_test.py and docker_test.py."""

import pathlib
import re
import subprocess

import session
import tap
from session import MIB, Session

LIMIT = 256 * MIB
CAP = "--memory-max=96M"
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None, "container": None}


def leaking(container, *options, program=("leak", "-mib-per-step=2")):
    """dlv at its prompt, in the container, before the leak."""
    name, *arguments = program
    return Session([*container.words, tap.dbgscope, *options, "dlv", "exec", "--allow-non-terminal-interactive=true",
                    tap.program(name), "--", *arguments], env=CLEAN, stdin=subprocess.PIPE)


def type_in(dlv, text):
    dlv.process.stdin.write(text)
    dlv.process.stdin.flush()


def gone(container, name):
    """Waits until no process of that name is left in the container."""
    tap.wait_until(lambda: not container.runs(name), session.PATIENCE_S, message=f"no {name} is left")


def hold(dlv, pattern):
    """The leak runs until it is held."""
    dlv.match("Type 'help'")
    type_in(dlv, "continue\n")
    dlv.match(pattern)


def kill_debugger(container, record):
    """kill -9 of dlv: its debuggee and its watcher end, the container lives on and takes new commands."""
    container.succeed("kill", "-9", str(record["debugger"]["pid"]))
    gone(container, "leak")
    ended = container.ended(record["id"])
    tap.equal((ended["state"], ended["fuse_trips"]), ("ended", 1))
    tap.wait_until(lambda: not container.records(), session.PATIENCE_S, message="no record is left")
    gone(container, "dbgscope-watch")
    container.succeed("true")


def check_read_only(container):
    """As most containers are: watched, held by the soft fuse, ended with its debugger."""
    said = container.succeed(tap.dbgscope, "--dry-run", CAP, "dlv", "exec", tap.program("leak")).stdout
    notes = [line for line in said.splitlines() if line.startswith("note: ")]
    tap.equal(len(notes), 1, said)
    for part in ("the cap of 96M (--memory-max) is not enforced by the kernel", "mounted read-only",
                 "in force: the container's limit of 256M", "soft fuse: the debuggee is stopped at 88M of 96M"):
        tap.contains(notes[0], part)
    with leaking(container, CAP) as dlv:
        hold(dlv, r"dbgscope: debuggee held: \S+ of its 96M cap in use, which only this enforces here")
        dlv.match(r"received SIGINT, stopping process")
        type_in(dlv, "print 6*7\n")
        dlv.match(r"^(\(dlv\) )*42")
        record = container.record()
        tap.equal((record["backend"], record["scope_directory"]), ("none", ""))
        tap.contains(container.succeed(tap.dbgscope, "ps").stdout, record["id"])
        kill_debugger(container, record)


def check_no_cap(container):
    """Nobody has named a cap: one below the container's limit is found, and it is held there."""
    with leaking(container) as dlv:
        hold(dlv, r"dbgscope: debuggee held: ")
        dlv.match(r"received SIGINT, stopping process")
        tap.contains(dlv.stderr, "no cap is enforced by the kernel")
        tap.contains(dlv.stderr, "in force: the container's limit of 256M")
        record = container.record()
        tap.true(record["cap_bytes"] < LIMIT, f"{record}")
        kill_debugger(container, record)


def check_gdb(container):
    """A C program under gdb: a SIGTRAP that gdb shows and does not pass on."""
    commands = ["set confirm off", "run heap 200 1 2000", "print 6*7", "kill"]
    words = [word for command in commands for word in ("-ex", command)]
    with Session([*container.words, tap.dbgscope, CAP, "gdb", *session.GDB[1:], *words, tap.program("eater")], env=CLEAN) as gdb:
        gdb.match(r"received signal SIGTRAP")
        gdb.match(r"\$1 = 42")
        gdb.wait()
        tap.true(re.search(r"dbgscope: debuggee held: \S+ of its 96M cap in use", gdb.stderr), gdb.said())
        tap.true("SIGKILL" not in gdb.stdout and "done" not in gdb.stdout, gdb.stdout)
    gone(container, "eater")


def check_verdict(container):
    """Held by nothing but the container's own limit: that is whose limit it was."""
    with leaking(container, "--fuse-action=off") as dlv:
        hold(dlv, r"dbgscope: debuggee killed for memory: leak \(pid \d+.*\),.* because the container hit its limit of 256M")
        type_in(dlv, "exit\n")
        dlv.process.stdin.close()
        dlv.wait()


def check_all_read_only(container):
    check_read_only(container)
    check_no_cap(container)
    check_gdb(container)
    check_verdict(container)


def check_writable(container):
    """Where it may be written: a cap of the kernel's own, debugger and debuggee apart, and nothing of it is left."""
    with leaking(container, CAP) as dlv:
        hold(dlv, r"dbgscope: debuggee held: \S+ of its 96M cap cannot be reclaimed")
        record = container.record()
        tap.equal(record["backend"], "cgroupfs")
        container.succeed("test", "-d", record["scope_directory"] + "/debuggee")
        kill_debugger(container, record)
        tap.wait_until(lambda: container.run("test", "-d", record["scope_directory"]).rc != 0, session.PATIENCE_S,
                       message=f"{record['scope_directory']} is gone")


def check_entrypoint(run_in):
    """`run --wait --snapshot` as the container's first process: a snapshot of one instant, a verdict, the status."""
    command = [tap.dbgscope, "run", "--wait", "--snapshot=/data/kept", "--", tap.program("leak"), "-mib-per-step=2"]
    with run_in(*command) as (done, data):
        tap.equal(done.rc, 137, done.stderr)
        tap.contains(done.stderr, "in force: the container's limit of 256M; a snapshot at 182.4M")
        held = re.search(r"dbgscope: the command near its limit: \S+ of 192M in use \(the container's limit: 256M\)", done.stderr)
        tap.true(held, done.stderr)
        kept = re.search(r"dbgscope: snapshot: (/data/kept/\S+)", done.stderr)
        tap.true(kept, done.stderr)
        verdict = re.search(r"dbgscope: the command was killed for memory: leak \(pid \d+.*\),.* because the container hit its "
                            r"limit of 256M .*", done.stderr)
        tap.true(verdict and verdict[0].endswith(f" Snapshot: {kept[1]}"), done.stderr)
        summary = (data / pathlib.Path(kept[1]).relative_to("/data") / "summary.txt").read_text()
        tap.contains(summary, "main.leakForever")
        tap.contains(summary, "while it was stopped: all of one instant")
    command[-2:] = ["sh", "-c", f"{tap.program('leak')} -mib-per-step=2; echo status $?"]
    with run_in(*command) as (done, data):
        tap.equal((done.rc, done.stdout), (0, "status 137\n"), done.stderr)
        tap.true(re.search(r"dbgscope: snapshot: /data/kept/", done.stderr), done.stderr)
        tap.contains(done.stderr, "dbgscope: a process in the container was killed for memory, ")
        tap.true("the command was killed" not in done.stderr, done.stderr)
    with run_in(*command[:3], "--", "sh", "-c", "exit 7") as (done, data):
        tap.equal((done.rc, done.stdout), (7, ""), done.stderr)
