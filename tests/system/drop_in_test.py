# SPDX-License-Identifier: Apache-2.0
"""Called by a debugger's name, with options among its own; where ports are taken, and where nobody comes."""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
import watched
from session import MIB, Headless, Session

EVERYWHERE = ("host", "pidns", "vm:v2")
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
CAP = "--dbgscope-memory-max=128M"


@contextlib.contextmanager
def shims(*names):
    """A directory of links, and an environment whose PATH has it first."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as base:
        directory = os.path.join(base, "shims")
        tap.succeed([tap.dbgscope, "install-shims", directory, *names])
        yield directory, CLEAN | {"PATH": f"{directory}:{os.environ['PATH']}"}


def install(*words, **env):
    return tap.run([tap.dbgscope, "install-shims", *words], env=CLEAN | env)


def arguments(pid):
    return pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def target():
    return tap.program("leak")


def dap(*options, port=0, **popen):
    return Session([tap.dbgscope, "dlv", "dap", f"--listen=127.0.0.1:{port}", CAP, *options], env=CLEAN, **popen)


@tap.test(*EVERYWHERE)
def links_are_made_for_the_debuggers_that_are_there():
    with shims() as (directory, env):
        made = set(os.listdir(directory))
        tap.true({"dlv", "gdb", "gdbserver"} <= made and "systemd-run" not in made, made)
        tap.equal({os.path.realpath(os.path.join(directory, name)) for name in made}, {os.path.realpath(tap.dbgscope)})
        again = install(directory, **env)
        tap.equal((again.rc, "export PATH" in again.stdout), (0, False), again.stdout)
        first = install(directory)
        tap.contains(first.stdout, f'PATH has others first ({shutil.which("dlv")}')
        tap.contains(first.stdout, f'export PATH="{directory}:$PATH"')
        undone = install(directory, "--undo")
        tap.equal((undone.rc, os.path.exists(directory)), (0, False), undone.stderr)
        tap.equal(install(directory, "--undo").stdout, f"There are no links to dbgscope in {directory}.\n")


@tap.test(*EVERYWHERE)
def names_people_type_are_debuggers():
    with shims("gdb-multiarch", "lldb-server-14", "dlv") as (directory, env), tempfile.TemporaryDirectory() as tools:
        for name in ("gdb-multiarch", "lldb-server-14", "lldb-server-9"):
            pathlib.Path(tools, name).write_text(f"#!/bin/sh\necho real {name} $DBGSCOPE_SESSION\n")
            pathlib.Path(tools, name).chmod(0o755)
        env = env | {"PATH": f"{env['PATH']}:{tools}"}
        for command, real in (([f"{directory}/gdb-multiarch", "a"], "gdb-multiarch"), (["gdb-multiarch", "a"], "gdb-multiarch"),
                              ([f"{directory}/lldb-server-14", "g", "--", "a"], "lldb-server-14"),
                              ([tap.dbgscope, "lldb-server", "g", "--", "a"], "lldb-server-14"),
                              ([tap.dbgscope, "lldb-server-9", "g", "--", "a"], "lldb-server-9"),
                              ([tap.dbgscope, f"{tools}/gdb-multiarch", "a"], "gdb-multiarch")):
            went = tap.run(command, env=env)
            tap.equal(went.rc, 0, f"{command}: {went.stderr}")
            tap.true(re.fullmatch(rf"real {real} \S+\n", went.stdout), f"{command}: {went.stdout!r} {went.stderr}")
        offered = install(os.path.join(tools, "made"), **env)
        tap.contains(offered.stdout, "made/lldb-server ->")
        unknown = tap.run([tap.dbgscope, "/usr/bin/true"], env=env)
        tap.equal(unknown.rc, 125)
        tap.contains(unknown.stderr, 'unknown command "/usr/bin/true"')


@tap.test(*EVERYWHERE)
def the_debugger_is_called_as_it_would_be_without_us():
    real = session.real("dlv")
    with shims("dlv") as (directory, env):
        for launcher, name in (([tap.dbgscope, "dlv"], "dlv"), ([tap.dbgscope, real], real), ([f"{directory}/dlv"], real)):
            with Headless([], "exec", target(), launcher=launcher, env=env | {"DBGSCOPE_MEMORY_MAX": "128M"}) as dlv:
                dlv.connect()
                tap.equal(arguments(dlv.pid)[0], name, str(launcher))


@tap.test("host")
def files_of_others_are_left_alone():
    with shims("gdb") as (directory, _):
        dlv = pathlib.Path(directory, "dlv")
        dlv.write_text("mine")
        os.symlink("/nonexistent/dbgscope", os.path.join(directory, "gdbserver"))
        os.symlink("/nonexistent/else", os.path.join(directory, "lldb-server"))
        result = install(directory, "dlv", "gdbserver", "lldb-server")
        tap.equal(result.rc, 1, result.stdout)
        tap.contains(result.stdout, f"{dlv}: not made, there is a file of that name")
        tap.equal(dlv.read_text(), "mine")
        tap.equal(os.path.realpath(os.path.join(directory, "gdbserver")), os.path.realpath(tap.dbgscope))
        tap.equal(os.readlink(os.path.join(directory, "lldb-server")), "/nonexistent/else")
        tap.equal(install(directory, "--undo").rc, 0)
        tap.equal(sorted(os.listdir(directory)), ["dlv", "lldb-server"])


@tap.test("host")
def where_go_installs_is_warned_of():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as home:
        directory = os.path.join(home, "go/bin")
        for env in ({"HOME": home, "GOPATH": None, "GOBIN": None}, {"GOBIN": directory}, {"GOPATH": home + "/go"}):
            tap.contains(install(directory, "gdb", **env).stdout, "an update of theirs replaces the link")
        tap.true("replaces" not in install(directory, "gdb", HOME="/root", GOBIN=None, GOPATH=None).stdout)
        default = install(HOME=home, GOPATH=None, GOBIN=None)
        tap.contains(default.stdout, f"{home}/.local/lib/dbgscope/shims/dlv -> ")
    tap.equal(install(HOME=None).rc, 125)
    tap.equal(install("/tmp", "nano").rc, 125)


@tap.test(*EVERYWHERE)
def link_takes_options_among_the_tools_own():
    with shims("dlv") as (_, env), \
            Session(["dlv", CAP, "exec", "--headless", "--api-version=2", "--listen=127.0.0.1:0", target(), "--dbgscope-fuse-action=warn",
                     "--", "--dbgscope-memory-max=1G"], env=env) as dlv:
        rpc = session.Rpc(dlv.match(r"API server listening at: (\S+)")[1])
        pid = rpc.pid()
        dlv.debuggees.append(pid)
        tap.equal(arguments(pid)[1:], ["--dbgscope-memory-max=1G"])
        tap.equal(session.executable(dlv.pid), session.real("dlv"))
        tap.equal(watched.wait_record(dlv.pid)["cap_bytes"], 128 * MIB)
        tap.equal([word for word in arguments(dlv.pid) if word.startswith("--dbgscope") and "1G" not in word], [])


@tap.test("host")
def wrong_options_among_them_are_named():
    with shims("dlv", "gdb") as (_, env):
        for words, part in ((["dlv", "exec", "--dbgscope-memory-mux=1G", "p"], "did you mean --memory-max?"),
                            (["dlv", "exec", "--dbgscope-memory-max=12Q", "p"], "12Q"),
                            (["gdb", "--dbgscope-memory-max", "p"], "the --dbgscope- options")):
            result = tap.run(words, env=env)
            tap.equal((result.rc, result.stdout), (125, ""), result.stderr)
            tap.contains(result.stderr, part)
        tap.contains(tap.run(["dlv", "version"], env=env).stdout, "Delve Debugger")
        tap.contains(tap.run(["gdb", "--dbgscope-version"], env=env).stdout, "dbgscope ")


@tap.test(*EVERYWHERE)
def taken_port_is_told_with_the_cure():
    port = free_port()
    with dap(port=port) as left:
        left.match("DAP server listening at")
        name = watched.wait_record(left.pid)["id"]
        with dap(port=port) as second:
            tap.equal(second.wait(), 1, second.said())
            tap.contains(second.stdout, "address already in use")
            tap.contains(second.stderr, f"dbgscope: dlv (pid {left.pid}) of session {name} listens on port {port} already: "
                                        f"dbgscope stop --port {port} ends it\n")
        tap.equal(tap.run([tap.dbgscope, "stop", "--port", port]).rc, 0)
        tap.equal(left.wait(), 0)
    with dap(port=port) as third:
        third.match("DAP server listening at")
        tap.true("already" not in third.stderr, third.stderr)


@tap.test("host", "pidns")
def port_of_somebody_else_is_told_too():
    with socket.socket() as mine:
        mine.bind(("127.0.0.1", 0))
        mine.listen()
        port = mine.getsockname()[1]
        with dap(port=port) as dlv:
            tap.equal(dlv.wait(), 1)
            comm = pathlib.Path("/proc/self/comm").read_text().strip()
            tap.contains(dlv.stderr, f"{comm} (pid {os.getpid()}) listens on port {port} already\n")


@tap.test("host", "pidns")
def gdbserver_says_where_it_listens():
    session.loopback_only()
    said = "listens on every address of this machine"
    mark = watched.live_directory() / "said.listens-everywhere"
    mark.unlink(missing_ok=True)
    with Session([tap.dbgscope, "gdbserver", CAP, "--once", ":0", target()], env=CLEAN) as first: # makes the directory
        first.match(r"created; pid = (\d+)")
        watched.wait_record(first.pid)
    for comm, expected in (("127.0.0.1:0", True), ("127.0.0.1:0", False), (":0", False), ("-", False)):
        with Session([tap.dbgscope, "gdbserver", CAP, "--once", comm, target()], env=CLEAN) as server:
            server.match(r"created; pid = (\d+)")
            tap.equal(said in server.stderr, expected, f"{comm}: {server.stderr}")


@tap.test(*EVERYWHERE)
def dap_server_that_nobody_reaches_is_ended():
    begin = time.monotonic()
    with dap("--dbgscope-client-timeout=1s") as dlv:
        tap.equal(dlv.wait(), 0, dlv.said())
        tap.true(0.9 < time.monotonic() - begin < session.PATIENCE_S)
        tap.contains(dlv.stderr, f"no client has reached dlv (pid {dlv.pid}) within 1s: it is ended (client_timeout)")
        watched.gone_within(lambda: watched.record(dlv.pid) is None, 5, "its record is still there")


@tap.test(*EVERYWHERE)
def dap_server_with_a_client_is_not():
    with dap("--dbgscope-client-timeout=4s") as dlv:
        address = dlv.match(r"DAP server listening at: (\S+)")[1].rsplit(":", 1)
        with socket.create_connection((address[0], int(address[1]))):
            time.sleep(5)
            tap.true(dlv.process.poll() is None, dlv.said())
        tap.equal(dlv.wait(), 0, dlv.said())
        tap.true(not re.search("no client", dlv.stderr), dlv.stderr)


if __name__ == "__main__":
    tap.main()
