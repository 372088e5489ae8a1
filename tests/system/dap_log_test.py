# SPDX-License-Identifier: Apache-2.0
"""--dap-log: a real dlv logs its protocol, its client finds on standard output and on descriptor 3 what it finds without, and
`dbgscope dap` reads what was said."""

import contextlib
import json
import os
import pathlib
import re
import socket
import stat
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
import watched
from dap import PATIENCE_S, Dap, NodeChild, VsCode
from session import Headless

CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
CAP = "--memory-max=512M"
READY = rb"DAP server listening at: 127\.0\.0\.1:\d+\n"


def logs():
    return watched.history_file().parent / "dap"


def dap(*words):
    return json.loads(tap.succeed([tap.dbgscope, "dap", *words, "--json"]).stdout)


def relays():
    """Processes that hand a ready line on."""
    found = []
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and pathlib.Path(entry.path, "comm").read_text() == "dbgscope-ready\n" and \
                    session.alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def session_of(child):
    """A whole session of a client that waits for the ready line on standard output."""
    with Dap(child.address()) as client:
        client.start(functions=["main.leakForever"], name="Launch", type="go", request="launch", mode="exec",
                     program=tap.program("leak"), args=["-mib-per-step=0"])
        client.stopped("breakpoint")
        name = session.session_name(child.pid)
        client.ask("disconnect", terminateDebuggee=True)
    child.exited()
    return name


@tap.test("host", "pidns", "vm:v2")
def a_dlv_that_logs_says_on_standard_output_where_it_listens():
    before = set(relays())
    words = [tap.dbgscope, CAP, "--dap-log", "dlv", "dap", "--listen=127.0.0.1:0"]
    with NodeChild(words, env=CLEAN) as child:
        name = session_of(child)
        child.closed()
        said = child.output(1)
        tap.true(re.fullmatch(READY, said), f"{said!r}")
        tap.equal(child.output(3), b"")
    tap.wait_until(lambda: set(relays()) <= before, PATIENCE_S, message="the end of what hands the line on")
    file = next(logs().glob(f"{name}.*.log"))
    tap.equal(stat.S_IMODE(file.stat().st_mode), 0o600)
    tap.equal(stat.S_IMODE(logs().stat().st_mode), 0o700)
    for which in ([name], [str(file)], []):
        found = dap(*which)
        commands = [request["command"] for request in found["requests"]]
        tap.true(commands[0] == "initialize" and {"launch", "configurationDone", "disconnect"} <= set(commands), commands)
        tap.true(found["stops"], found)
    record = watched.ended_record(name)
    tap.equal(record["command"][1:], ["dap", "--listen=127.0.0.1:0"], "what was asked for, without the log")


@tap.test("host", "vm:v2", debian=("13", "sid"))  # whose dlv passes it on
def the_programs_output_is_told_from_the_debuggers_and_its_loss_is_said():
    version = tuple(map(int, re.search(r"Version: (\d+)\.(\d+)\.(\d+)", tap.succeed([session.real("dlv"), "version"]).stdout).groups()))
    for asked in ({}, {"outputMode": "remote"}):
        words = [tap.dbgscope, CAP, "--dap-log", "dlv", "dap", "--listen=127.0.0.1:0"]
        with NodeChild(words, env=CLEAN) as child, Dap(child.address()) as client:
            client.start(name="Launch", type="go", request="launch", mode="exec", program=tap.program("leak"),
                         args=["-max-mib=16"], **asked)
            name = session.session_name(child.pid)
            client.event("terminated")
            client.ask("disconnect", terminateDebuggee=True)
            child.exited()
            child.closed()
            own = child.output(2)
        found = dap(name)
        text = tap.succeed([tap.dbgscope, "dap", name]).stdout
        lost = [each["kind"] for each in found["output_lost"]]
        if asked and version >= (1, 21, 1):  # what comes after the end is no loss of ours
            tap.true(found["stderr_bytes"] == len(b"leak: 16 MiB\nleak: done, 16 MiB\n") and set(lost) <= {"after-end"}, text)
            tap.equal(b"leak: done" in own, False, f"{own!r}")
        else:
            tap.equal((lost, found["stderr_bytes"]), (["unknown-mode" if asked else "outside-protocol"], 0), text)
            tap.contains(text, "\noutput lost no output event of category stdout or stderr in the log")
            tap.contains(own.decode(), "leak: done, 16 MiB")


@tap.test("host", "vm:v2")
def headless_and_named_files_too():
    with tempfile.TemporaryDirectory() as folder:
        # As a client of a launch configuration, from another directory.
        with Headless([CAP, "--dap-log=here.log"], "exec", tap.program("leak"), after=["-mib-per-step=0"],
                      env=CLEAN, cwd=folder) as dlv:
            tap.true(dlv.connect().pid() > 0, "no debuggee")
            dlv.end()
            tap.equal(re.findall(r"listening at", dlv.stdout), ["listening at"], dlv.said())
        file = pathlib.Path(folder, "here.log")
        tap.contains(file.read_text(), "API server listening at: 127.0.0.1:")
        tap.equal(stat.S_IMODE(file.stat().st_mode), 0o600)
        os.symlink(tap.dbgscope, f"{folder}/dlv")  # an old log's line is not the new one's
        file.write_text("DAP server listening at: 127.0.0.1:1\n")
        with NodeChild([f"{folder}/dlv", "dap", "--dbgscope-memory-max=512M", f"--dbgscope-dap-log={file}",
                        "--listen=127.0.0.1:0"], env=CLEAN) as child:
            tap.true(not child.address().endswith(":1"), "of the log before")
            session_of(child)
        tap.true(dap(str(file))["messages"] > 5, "no messages")


@tap.test("host", "vm:v2")
def vs_code_reads_dlvs_log_itself_and_finds_what_it_finds_without():
    seen = []
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(tap.dbgscope, f"{folder}/dlv")
        for flags in ([], ["--dbgscope-dap-log"]):
            before = set(logs().glob("*.log"))
            with VsCode(f"{folder}/dlv", flags=flags, env=CLEAN | {"DBGSCOPE_MEMORY_MAX": "512M"}) as child:
                session_of(child)
                child.closed()
                seen.append((child.output(1), re.sub(rb":\d+", b":PORT", child.output(3))))
                told = b"--dap-log has no effect: the client reads dlv's log itself (--log-dest=3)" in child.output(2)
                tap.equal(told, bool(flags), child.said())
            if flags:
                tap.equal(set(logs().glob("*.log")), before, "a log was made, or an old one had to make room for none")
    tap.equal(seen[0], seen[1])
    tap.contains(seen[1][1].decode(), "DAP server listening at: ")


@tap.test("host", "vm:v2")
def what_fails_fails_as_without():
    before = set(relays())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"--listen=127.0.0.1:{taken.getsockname()[1]}"
        bare = tap.run([session.real("dlv"), "dap", address], timeout=PATIENCE_S)
        ours = tap.run([tap.dbgscope, CAP, "--dap-log", "dlv", "dap", address], timeout=PATIENCE_S, env=CLEAN)
        tap.equal((ours.rc, ours.stdout), (bare.rc, bare.stdout))
    tap.wait_until(lambda: set(relays()) <= before, PATIENCE_S, message="the end of what hands the line on")
    with NodeChild([tap.dbgscope, CAP, "--dap-log=/proc/no/such.log", "dlv", "dap", "--listen=127.0.0.1:0"],
                   env=CLEAN) as child:
        session_of(child)
        child.closed()
        tap.true(re.fullmatch(READY, child.output(1)), child.said())
        tap.contains(child.output(2).decode(), "dbgscope: cannot open /proc/no/such.log: No such file or directory")
    run = tap.run([tap.dbgscope, "--dap-log", "dlv", "exec", "/no/such/program"], timeout=PATIENCE_S, env=CLEAN)
    tap.contains(run.stderr, "--dap-log has no effect: dlv serves no client of that protocol without --headless")
    run = tap.run([tap.dbgscope, "dap", "no-such-session"])
    tap.equal(run.rc, 125)
    tap.contains(run.stderr, 'a log of session "no-such-session": there is none of that name')


@tap.test("host", "vm:v2")
def gdbs_and_lldbs_own_switches_are_used():
    """What they are given; gdb 13 has no such interpreter and lldb-dap is not installed. Those that obey are in editors_dap_log_test."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("gdb", "lldb-dap"):
            tool = pathlib.Path(folder, name)
            tool.write_text('#!/bin/sh\nprintf "%s|" "$@" "LOG=$LLDBDAP_LOG"\n')
            tool.chmod(0o755)
        env = CLEAN | {"PATH": f"{folder}:{os.environ['PATH']}"}
        said = tap.succeed([tap.dbgscope, CAP, f"--dap-log={folder}/g.log", "gdb", "-i=dap"], env=env).stdout
        tap.equal(said, f"-iex|set debug dap-log-file {folder}/g.log|-i=dap|LOG=|")
        said = tap.succeed([tap.dbgscope, CAP, f"--dap-log={folder}/l.log", "lldb-dap"], env=env).stdout
        tap.equal(said, f"LOG={folder}/l.log|")


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
