# SPDX-License-Identifier: Apache-2.0
"""How other clients than VS Code Go start, reach and end a debugger, each as its own source does it: cpptools, nvim-dap-go,
Helix, GoLand, dape, and gdb's machine interface. Beside each the same done to the bare debugger, where the two must agree."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
from dap import MARK, PATIENCE_S, Dap, free_port, nothing_left
from session import Session

ENV = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None, "DBGSCOPE_MEMORY_MAX": "128M", "DBGSCOPE_QUIET": "no"}
HELIX_WAIT_S = 0.5


@contextlib.contextmanager
def links():
    """A directory outside PATH with links to dbgscope."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        for tool in ("dlv", "gdb", "gdbserver"):
            os.symlink(tap.dbgscope, f"{folder}/{tool}")
        yield folder


def marked():
    return {MARK: os.urandom(8).hex()}


def to_breakpoint(client):
    client.start(functions=["main.leakForever"], mode="exec", program=tap.program("leak"), args=["-mib-per-step=0"])
    tap.equal(client.stopped("breakpoint")["name"], "main.leakForever")


def connect_again_and_again(port, tries, pause_s):
    for _ in range(tries):
        try:
            return Dap(f"127.0.0.1:{port}")
        except ConnectionRefusedError:
            time.sleep(pause_s)
    return tap.fail(f"no server on port {port} after {tries} tries")


# cpptools: debugServerPath, debugServerArgs, filterStderr, serverStarted; MIEngine's PipeTransport.cs, UnixUtilities.cs

def kill_process_tree(top):
    """Every descendant by SIGKILL, the deepest first, as `ps` shows the parents; then the process itself."""
    rows = [line.split() for line in tap.succeed(["ps", "-x", "-o", "%p %P"]).stdout.splitlines()[1:]]
    parents = {int(pid): int(parent) for pid, parent in rows}

    def kill(pid):
        for child in (c for c, parent in parents.items() if parent == pid):
            kill(child)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    kill(top)


class Mi(Session):
    """gdb as cpptools runs it: commands with a token, answers that bear it."""

    def __init__(self, gdb, *words, env=None):
        super().__init__([gdb, "--interpreter=mi", *words], env=env, stdin=subprocess.PIPE)
        self._token = 0

    def ask(self, command, answer="done"):
        self._token += 1
        self.process.stdin.write(f"{self._token}{command}\n")
        self.process.stdin.flush()
        result = self.match(rf"^{self._token}\^(\w+).*$")
        tap.equal(result[1], answer, result[0])


def cpptools_session(command, port, env, running):
    """Server up by its line on stderr, gdb to main, and the stop that nothing can catch."""
    gdb_folder = os.path.dirname(session.real("gdb"))
    with Session(command, env=env, cwd=gdb_folder, stdin=subprocess.PIPE) as server:
        server.match(r"Listening on port")
        tap.true(not re.search("Listening on port", server.stdout), "said on standard output")
        with Mi("gdb", "-nx", "-iex", "set auto-load off", "-iex", "set sysroot /", tap.program("eater")) as gdb:
            gdb.ask(f"-target-select remote 127.0.0.1:{port}", "connected")
            gdb.ask("-break-insert main")
            gdb.ask("-exec-continue", "running")
            gdb.match(r'\*stopped,reason="breakpoint-hit"')
            target = server.debuggee(tap.program("eater"))
            tap.equal(kernel.memory_cgroup(target)[1].name, "debuggee")
            tap.contains(server.stderr, "cap 96M for the debuggee")
            if running:
                gdb.ask("-exec-continue", "running")
            server.process.stdin.write("logout\n")
            server.process.stdin.close()
            kill_process_tree(server.pid)
            nothing_left(server.pid, env[MARK], port)
            # Its program is killed before it: where that takes a moment, `--once` has ended by itself.
            tap.true(server.process.wait(PATIENCE_S) in (-signal.SIGKILL, 0), f"{server.process.returncode}")
            gdb.process.kill()


@tap.test("host", "pidns", user="root")
def cpptools_kills_the_tree_and_nothing_stays():
    session.loopback_only()
    with links() as folder:
        for words in ([f"{folder}/gdbserver", "--dbgscope-memory-max=96M"], [tap.dbgscope, "--memory-max=96M", "gdbserver"]):
            for running in (False, True):
                port, env = free_port(), ENV | marked()
                command = [*words, "--once", f"127.0.0.1:{port}", tap.program("eater"), "sleep", "30", "1"]
                cpptools_session(command, port, env, running)


@tap.test("host", "pidns", user="root")
def gdb_machine_interface_has_the_same_bytes():
    """miDebuggerPath is a link named gdb; what differs from one run to the next anyway is made equal."""
    def dialogue(gdb):
        with Mi(gdb, "-nx", "-iex", "set auto-load off", env=ENV) as mi:
            for command, answer in ((f"-file-exec-and-symbols {tap.program('alloc')}", "done"), ("-exec-arguments 1", "done"),
                                    ("-break-insert main", "done"), ("-exec-run", "running")):
                mi.ask(command, answer)
            mi.match(r'\*stopped,reason="breakpoint-hit".*')
            for command in ("-stack-list-frames", '-data-evaluate-expression "6 * 7"', "-thread-info"):
                mi.ask(command)
            mi.ask("-exec-continue", "running")
            mi.match(r'\*stopped,reason="exited-normally"')
            mi.ask("-gdb-exit", "exit")
            status = mi.wait()
        tap.equal(len(re.findall(r"^done$", mi.stdout, re.M)), 1, "output of the program, which may come between any two lines")
        vary = r'\b(pid="|target-id="process |process |core=")\d+|0x0*7ff[0-9a-f]+|^done\n'
        return status, re.sub(vary, "", mi.stdout, flags=re.M), mi.stderr
    with links() as folder:
        bare, ours = dialogue("gdb"), dialogue(f"{folder}/gdb")
    tap.equal(ours[:2], bare[:2])
    tap.equal(bare[0], 0)
    tap.contains(ours[2], "cap 128M for the debuggee")


@tap.test("vm:v2", user="root", debian=("13",))
def gdb_speaks_dap_on_its_standard_output():
    """gdb -i=dap (from 14 on), as Zed and dape start it: one foreign byte on standard output would end it."""
    ours, theirs = socket.socketpair()
    with links() as folder, Dap(ours) as client:
        env = {k: v for k, v in {**os.environ, **ENV}.items() if v is not None}
        with theirs:
            gdb = subprocess.Popen([f"{folder}/gdb", "-nx", "-i=dap"], stdin=theirs, stdout=theirs, env=env)
        client.start(functions=["main"], program=tap.program("eater"), args=["sleep", "0", "1"])
        frame = client.stopped("breakpoint")
        tap.equal((frame["name"], client.evaluate("argc", frame)), ("main", "4"))
        target = kernel.children(gdb.pid)[0]
        tap.equal((session.executable(target), kernel.memory_cgroup(target)[1].name), (tap.program("eater"), "debuggee"))
        client.ask("disconnect", terminateDebuggee=True)
        tap.equal(gdb.wait(PATIENCE_S), 0)
        tap.true(not session.alive(target), "the debuggee lives on")


# Clients of dlv

@tap.test("host", "pidns", user="root")
def nvim_dap_go_ends_it_by_sigterm():
    """A session of its own, no standard input, 14 tries to connect, SIGTERM to the pid; a status but 0 would be a warning."""
    def ended(dlv, polite):
        port, env = free_port(), ENV | marked()
        with Session([dlv, "dap", "-l", f"127.0.0.1:{port}"], env=env, start_new_session=True) as child:
            with connect_again_and_again(port, 14, 0.25) as client:
                to_breakpoint(client)
                target = child.debuggee(tap.program("leak"))
                tap.equal(os.getsid(child.pid), child.pid)
                if polite:
                    client.ask("disconnect", terminateDebuggee=True)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGTERM)
                status = child.wait()
            tap.true(not session.alive(target), "the debuggee lives on")
            nothing_left(child.pid, env[MARK], port)
            return status, child.stdout.replace(str(port), "PORT")
    with links() as folder:
        for polite in (False, True):
            bare, ours = ended("dlv", polite), ended(f"{folder}/dlv", polite)
            tap.equal(ours, bare, f"status and output, disconnect first: {polite}")
            tap.equal(bare[0], 0)


class Helix:
    """Started with everything on /dev/null, reached by one connection half a second later, never killed."""

    def __init__(self, dlv):
        self.port, self.env = free_port(), ENV | marked()
        full = {k: v for k, v in {**os.environ, **self.env}.items() if v is not None}
        null = subprocess.DEVNULL
        self.client = None
        self.begin = time.monotonic()
        self.process = subprocess.Popen([dlv, "dap", "-l", f"127.0.0.1:{self.port}"], env=full,
                                        stdin=null, stdout=null, stderr=null)

    def connect(self):
        """False: Helix would have given up, and we did not."""
        time.sleep(max(0.0, self.begin + HELIX_WAIT_S - time.monotonic()))
        for number in range(1000):
            try:
                self.client = Dap(f"127.0.0.1:{self.port}")
                return number == 0
            except ConnectionRefusedError:
                time.sleep(0.02)
        tap.fail("dlv never listened")

    def session(self):
        with self.client as client:
            to_breakpoint(client)
            client.go_on()
            client.ask("disconnect", terminateDebuggee=True)
        tap.equal(self.process.wait(PATIENCE_S), 0, "dlv's status")
        nothing_left(self.process.pid, self.env[MARK], self.port)


@tap.test("host", "pidns", user="root")
def helix_connects_once_after_half_a_second():
    """Twenty of twenty, five at a time. Where a moment was too busy, bare dlv says so, or the next moment is better."""
    def five_in_time(dlv):
        helixes = [Helix(dlv) for _ in range(5)]
        in_time = [helix.connect() for helix in helixes]
        for helix in helixes:
            helix.session()
        return all(in_time)

    with links() as folder:
        rounds, late = 0, 0
        while rounds < 4:
            if five_in_time(f"{folder}/dlv"):
                rounds, late = rounds + 1, 0
            elif five_in_time(session.real("dlv")):
                late += 1
                tap.true(late < 3, "three times dlv alone was ready after half a second, and behind the link it was not")


@tap.test("host", "pidns", user="root")
def goland_has_flags_before_the_verb_and_a_bare_separator():
    def observed(dlv):
        port, env = free_port(), ENV | marked()
        command = [dlv, f"--listen=localhost:{port}", "--headless=true", "--api-version=2", "--check-go-version=false",
                   "--only-same-user=false", "--backend=default", "exec", tap.program("leak"), "--"]
        with Session(command, env=env) as child:
            rpc = session.Rpc(child.match(r"API server listening at: (\S+)")[1])
            rpc.break_at("main.leakForever")
            tap.equal(rpc.run_on(), ("main.leakForever", False))
            target = child.debuggee(tap.program("leak"))
            arguments = pathlib.Path(f"/proc/{target}/cmdline").read_bytes()
            parts = [kernel.memory_cgroup(pid)[1].name for pid in (child.pid, target)]
            rpc.detach(kill=True)
            status = child.wait()
            nothing_left(child.pid, env[MARK], port)
            return (status, child.stdout.replace(str(port), "PORT"), arguments), parts
    with links() as folder:
        (bare, _), (ours, parts) = observed("dlv"), observed(f"{folder}/dlv")
    tap.equal(ours, bare, "status, output, arguments of the program")
    tap.equal(parts, ["debugger", "debuggee"], "cgroups")


@tap.test("host", "pidns", user="root")
def dape_gives_the_address_as_a_word_of_its_own():
    """Also Zed's and vimspector's form: pipes, connect until it answers, end by closing the connection."""
    with links() as folder:
        port, env = free_port(), ENV | marked()
        with Session([f"{folder}/dlv", "dap", "--listen", f"127.0.0.1:{port}"], env=env) as child:
            with connect_again_and_again(port, 20, 0.1) as client:
                to_breakpoint(client)
                tap.equal(kernel.memory_cgroup(child.debuggee(tap.program("leak")))[1].name, "debuggee")
            tap.equal(child.wait(), 0, child.said())
            tap.contains(child.stdout, f"DAP server listening at: 127.0.0.1:{port}\n")
            nothing_left(child.pid, env[MARK], port)


if __name__ == "__main__":
    tap.main()
