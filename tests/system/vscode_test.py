# SPDX-License-Identifier: Apache-2.0
"""The contract of VS Code Go: real dlv behind a link named dlv, started, driven and stopped as the extension does it, beside
the same done to bare dlv. What the contract is: goDebugFactory.ts and goDebug.ts of the extension."""

import contextlib
import os
import pathlib
import pty
import re
import signal
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
from dap import PATIENCE_S, Dap, NodeChild, VsCode, listeners

CAP = {"DBGSCOPE_MEMORY_MAX": "512M"}
GO_LIMIT = str((512 << 20) - (512 << 20) // 10)
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
DOCUMENTED = {"DBGSCOPE_SESSION", "GOMEMLIMIT", "GODEBUG", "INVOCATION_ID"}  # what the environment may differ in
LATER_S = 0.1  # how much later than bare dlv the end may come
TRIES = 12     # dlv waits for its debuggee's end in steps of 200 ms: half of all ends, bare ones too, take one
GO_FILES = {
    "go.mod": "module sample\n\ngo 1.19\n",
    "main.go": 'package main\n\nimport (\n\t"fmt"\n\t"os"\n\t"time"\n)\n\nfunc answer(n int) int {\n\treturn n + 1\n}\n\n'
               'func main() {\n\tfmt.Println("GOMEMLIMIT", os.Getenv("GOMEMLIMIT"))\n\tfor n := 41; ; n++ {\n'
               "\t\tanswer(n)\n\t\ttime.Sleep(time.Millisecond)\n\t}\n}\n",
}
LINE = 10  # "return n + 1"


@contextlib.contextmanager
def folder_with_link():
    """A directory outside PATH with a link named dlv to dbgscope, for go.alternateTools; its path."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        os.symlink(tap.dbgscope, f"{folder}/dlv")
        yield f"{folder}/dlv"


def bare_and_link(link):
    return session.real("dlv"), link


def descriptors(pid):
    kinds = {int(n): re.sub(r"\d+", "N", os.readlink(f"/proc/{pid}/fd/{n}")) for n in os.listdir(f"/proc/{pid}/fd")}
    # Go 1.25 and later keep their cgroup's cpu.max open, which is another place under us
    return {n: re.sub(r"^/sys/fs/cgroup/.*/(cpu\.\w+)$", r"\1", kind) for n, kind in sorted(kinds.items())}


def environment(pid):
    return {k: v for k, v in kernel.environment(pid).items() if k not in DOCUMENTED and k != "SESSION_MARK"}


def start_leak(client, **configuration):
    """To a breakpoint in the program of the tests; the frame."""
    client.start(functions=["main.leakForever"], name="Launch", type="go", request="launch", mode="exec",
                 program=tap.program("leak"), args=["-mib-per-step=0"], **configuration)
    frame = client.stopped("breakpoint")
    tap.equal((frame["name"], client.evaluate("s.mibPerStep", frame)), ("main.leakForever", "0"))
    return frame


def in_one_session(debugger, debuggee):
    """Each is in its own part of the same scope."""
    places = [kernel.memory_cgroup(pid)[1] for pid in (debugger, debuggee)]
    tap.equal([place.name for place in places], ["debugger", "debuggee"])
    tap.equal(places[0].parent, places[1].parent, "scope")


def by_disconnect(child, client):
    child.stop(client)


def by_sigint(child, client):
    child.interrupt()


def by_both(child, client):
    client.send("disconnect", terminateDebuggee=True)
    child.interrupt()


def by_end_of_socket(child, client):
    client.close()


def session_of(program, stop, running):
    """Breakpoint, stop: what can be compared, the seconds the end took, and what was said; of a session that dlv's own fault did
    not end."""
    for _ in range(5):
        child, *found = one_session(program, stop, running)
        late = child.closed() > (3 if session.IN_VM else LATER_S)
        if not late and not child.closed_twice():
            return found
    tap.fail(f"five times dlv ended by its own fault, or its streams were open {child.closed():.3f} s later\n{child.said()}")


def one_session(program, stop, running):
    with VsCode(program, env=CLEAN | CAP, cwd=os.path.dirname(tap.program("leak"))) as child, child.connect() as client:
        ready = child.output(3).replace(str(child.port).encode(), b"PORT")
        start_leak(client)
        target = kernel.children(child.pid)[0]
        seen = {"ready line": ready,
                "executable": (session.executable(child.pid), session.executable(target)),
                "descriptors": (descriptors(child.pid), descriptors(target)),
                "environment": (environment(child.pid), environment(target)),
                "directory": os.readlink(f"/proc/{child.pid}/cwd")}
        if running:
            client.go_on()
        begin = time.monotonic()
        stop(child, client)
        seen["status"] = child.exited()
        took = child.exited_at - begin
        child.closed()
        seen["stdout"] = child.output(1)
        child.nothing_left()
        return child, seen, took, child.output(2)


WAYS = ((by_disconnect, False), (by_disconnect, True), (by_sigint, False), (by_sigint, True), (by_both, True),
        (by_end_of_socket, True))


def soonest_end(link, stop, running, bare_took):
    """Seconds to the exit, the least of so many sessions as it takes to come near bare dlv's."""
    best = float("inf")
    for _ in range(TRIES):
        _, took, _ = session_of(link, stop, running)
        best = min(best, took)
        if best <= bare_took + LATER_S:
            break
    return best


@tap.test("host", "pidns", "vm:v2", user="root")
def every_way_to_stop_ends_as_bare_dlv_does():
    """Descriptors, environment, output and exit status are equal; exit and close come at most 100 ms later; nothing stays."""
    with folder_with_link() as link:
        for stop, running in WAYS[-2:] if session.IN_VM else WAYS:
            what = f"{stop.__name__}, running: {running}"
            (bare, bare_took, _), (ours, took, said) = (session_of(dlv, stop, running) for dlv in bare_and_link(link))
            for name, value in bare.items():
                tap.equal(ours[name], value, f"{name}, {what}")
            tap.equal((ours["status"], ours["stdout"]), (0, b""), what)
            tap.equal(said, b"", what) # all is well, and what is said there is shown in red
            if not session.IN_VM and took > bare_took + LATER_S:
                took = soonest_end(link, stop, running, bare_took)
                tap.true(took <= bare_took + LATER_S, f"exit after {took:.3f} s, bare {bare_took:.3f} s, {what}")


@tap.test("host", "pidns", user="root")
def debug_mode_builds_and_stops_at_a_line_of_the_workspace():
    """The ready line is the only thing said before the launch; the build is in the package's directory, and leaves nothing. An
    option of ours among dlvFlags wins over the environment, and dlv never sees it."""
    with folder_with_link() as link, tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        for name, text in GO_FILES.items():
            pathlib.Path(folder, name).write_text(text)
        files = {}
        for dlv in bare_and_link(link):
            flags = ["--check-go-version=false", *(["--dbgscope-memory-max=768M"] if dlv == link else [])]
            with VsCode(dlv, flags, env=CLEAN | CAP, cwd=folder) as child, child.connect() as client:
                tap.equal((child.output(1), child.output(3)),
                          (b"", f"DAP server listening at: 127.0.0.1:{child.port}\n".encode()))
                client.start(lines=[(f"{folder}/main.go", LINE)], mode="debug", program=folder)
                frame = client.stopped("breakpoint")
                tap.equal((frame["name"], frame["line"], client.evaluate("n", frame)), ("main.answer", LINE, "41"))
                target = kernel.children(child.pid)[0]
                if dlv == link:
                    in_one_session(child.pid, target)
                client.go_on()
                tap.equal(client.evaluate("n", client.stopped("breakpoint")), "42")
                child.stops_well(client)
                tap.true(not session.alive(target), "the debuggee lives on")
                limit = str((768 << 20) - (768 << 20) // 10) if dlv == link else ""
                tap.equal(child.output(1), f"GOMEMLIMIT {limit}\n".encode(), "what the program wrote to standard output")
                files[dlv] = sorted(os.listdir(folder))
        tap.equal(files[link], files[session.real("dlv")], "files after it")


def seen_by_debuggee(link, spawn_env, launch_env):
    """GOMEMLIMIT of the debuggee; the extension gives the launch `env` to the process it starts, and sends it again."""
    with VsCode(link, env=CLEAN | CAP | spawn_env) as child, child.connect() as client:
        start_leak(client, env=launch_env)
        limit = kernel.environment(kernel.children(child.pid)[0]).get("GOMEMLIMIT")
        child.stops_well(client)
        return limit


@tap.test("host", user="root")
def env_of_launch_json_overrides_ours():
    with folder_with_link() as link:
        tap.equal(seen_by_debuggee(link, {}, {}), GO_LIMIT)
        own = {"GOMEMLIMIT": "77MiB"}
        tap.equal(seen_by_debuggee(link, own, own), "77MiB")
        tap.equal(seen_by_debuggee(link, {}, own), "77MiB", "sent in the launch request only")


@tap.test("host", "pidns", "vm:v2", user="root")
def port_is_never_probed():
    """dlv dap takes its first connection for the client and would be gone; a closed probe would be in state TIME_WAIT (06)."""
    with folder_with_link() as link, VsCode(link, env=CLEAN | CAP) as child:
        child.address()
        tap.true(session.time_limited(lambda: child.status is None, 0.5), "it has ended")
        tap.equal(listeners(child.port), ["0A"], "sockets of the port")
        with child.connect() as client:
            start_leak(client)
            child.stops_well(client)


@tap.test("host", "pidns", user="root")
def integrated_terminal_dials_the_client():
    """dlv dap --client-addr in a terminal: it connects to the editor, which has no pid to kill, and ends with the connection.

    Last as `asRoot` has it, with the environment that sudo leaves.
    """
    with folder_with_link() as link, socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        server.settimeout(PATIENCE_S)
        env = {k: v for k, v in {**os.environ, **CLEAN, **CAP}.items() if v is not None}
        sudo = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "xterm",
                "SUDO_UID": "1000", "SUDO_GID": "1000", "SUDO_USER": "dev", "SUDO_COMMAND": "dlv"}
        flag = "--dbgscope-memory-max=" + CAP["DBGSCOPE_MEMORY_MAX"]
        for end, env, own in (("disconnect", env, []), ("close", env, []), ("disconnect", sudo, [flag])):
            pid, terminal = pty.fork()
            if pid == 0:
                os.execve(link, [link, "dap", *own, f"--client-addr=:{server.getsockname()[1]}"], env)
            with Dap(server.accept()[0]) as client:
                start_leak(client)
                target = kernel.children(pid)[0]
                in_one_session(pid, target)
                if end == "disconnect":
                    client.ask("disconnect", terminateDebuggee=True)
            tap.equal(os.waitpid(pid, 0)[1], 0, end)
            tap.true(not session.alive(target), "the debuggee lives on")
            os.close(terminal)


def tree_kill(pid, number):
    """npm tree-kill: children first, found by their parent's pid."""
    for child in kernel.children(pid):
        tree_kill(child, number)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@tap.test("host", "pidns", user="root")
def legacy_adapter_is_up_at_the_first_chunk_of_stdout():
    """It connects 200 ms after the first output of any kind, and stops by SIGTERM to the tree of processes."""
    seen = set()

    def closes_after(dlv):
        argv = [dlv, "exec", tap.program("leak"), "--headless=true", "--listen=127.0.0.1:0", "--api-version=2", "--",
                "-mib-per-step=0"]
        with NodeChild(argv, env=CLEAN | CAP, streams=3) as child:
            first = tap.wait_until(lambda: child.chunks[1], PATIENCE_S, message=child.said())[0].decode()
            tap.true(first.startswith("API server listening at: "), first)
            time.sleep(0.2)
            rpc = session.Rpc(first.split()[-1])
            rpc.break_at("main.leakForever")
            tap.equal(rpc.run_on(), ("main.leakForever", False))
            target = kernel.children(child.pid)[0]
            tree_kill(child.pid, signal.SIGTERM)
            seen.add((re.sub(r":\d+", ":PORT", first), child.exited()))
            tap.true(not session.alive(target), "the debuggee lives on")
            rpc.close()
            return child.closed()

    with folder_with_link() as link:
        for dlv in bare_and_link(link):
            tap.within(LATER_S, lambda dlv=dlv: closes_after(dlv), "close after exit")
    tap.equal(len(seen), 1, f"first chunk, status: {seen}")


@tap.test("host", "pidns", user="root")
def remote_attach_leaves_the_server_for_the_next():
    """mode remote: no spawn, the editor connects to a headless server that is there, and goes."""
    command = ["exec", tap.program("leak"), "--headless", "--accept-multiclient", "--listen=127.0.0.1:0", "--", "-mib-per-step=0"]
    with folder_with_link() as link, session.Session([link, *command], env=CLEAN | CAP) as dlv:
        address = dlv.match(r"API server listening at: (\S+)")[1]
        target = dlv.debuggee(tap.program("leak"))
        for number in range(2):
            with Dap(address) as client:
                client.start(functions=[] if number else ["main.leakForever"], request="attach", mode="remote")
                if number == 0:
                    tap.equal(client.stopped("breakpoint")["name"], "main.leakForever")
                client.ask("disconnect", terminateDebuggee=False)
            tap.true(session.alive(dlv.pid) and session.alive(target), f"alive after client {number + 1}")
        dlv.process.send_signal(signal.SIGINT)
        tap.equal(dlv.wait(), 0, dlv.said())
        tap.true(not session.alive(target), "the debuggee lives on")


@tap.test("host", user="root")
def tool_checks_of_the_extension_pass_straight():
    with folder_with_link() as link:
        asked = tap.run(["go", "version", "-m", link])
        tap.equal((asked.rc, asked.stdout), (0, ""), asked.stderr)
        for words in (["version"], ["substitute-path-guess-helper"], ["help", "dap"]):
            bare, ours = (tap.run([dlv, *words], env=CLEAN | CAP) for dlv in bare_and_link(link))
            tap.equal(ours, bare, str(words))


@tap.test("host", "pidns", "vm:v2", user="root")
def sessions_leave_nothing():
    """tests/fault/sessions.py does a hundred."""
    with folder_with_link() as link:
        for _ in range(3 if session.IN_VM else 10):
            with VsCode(link, env=CLEAN | CAP) as child, child.connect() as client:
                start_leak(client)
                client.go_on()
                child.stops_well(client)
            child.nothing_left()


if __name__ == "__main__":
    tap.main()
