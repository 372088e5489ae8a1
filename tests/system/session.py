# SPDX-License-Identifier: Apache-2.0
"""Real debugger sessions for debugger_test.py: processes, and clients of the protocols dlv speaks."""

import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import kernel
import tap

MIB = 1 << 20
IN_VM = os.environ.get("DBGSCOPE_TEST_ENV", "").startswith("vm:")
PATIENCE_S = 200 if IN_VM else 25
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
# gdb would otherwise read Go's own script, a home directory's settings and debug information over the wire
GDB = ["gdb", "-nx", "-batch", "-iex", "set auto-load off", "-iex", "set sysroot /", "-iex", "set pagination off"]
DEAD_SESSION = re.compile(r"dbgscope\..+\.([1-9][0-9]*)-[1-9][0-9]*")


def loopback_only():
    """gdbserver listens on every address; give this test's process a network that has only lo."""
    if IN_VM:
        return  # a machine without a network card
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        tap.fail(f"unshare: {os.strerror(ctypes.get_errno())}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def remove_dead_directories():
    """Plain cgroups of ended sessions beside our own: the next start would remove them, here is none."""
    try:
        parents = [kernel.memory_cgroup()[1]]
    except (LookupError, OSError):
        return
    parents.append(pathlib.Path("/sys/fs/cgroup/unified"))
    for entry in (e for parent in parents if parent.is_dir() for e in os.scandir(parent)):
        found = DEAD_SESSION.fullmatch(entry.name)
        if found and not os.path.exists(f"/proc/{found[1]}"):
            try:
                os.rmdir(entry.path)
            except OSError:
                pass


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill(pid):
    """By SIGKILL, if it has not ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def executable(pid):
    return os.readlink(f"/proc/{pid}/exe")


def real(tool):
    return os.path.realpath(shutil.which(tool))


class _Lines:
    """Reads a pipe to its end; what came so far is in `text`."""

    def __init__(self, stream):
        self.text = ""
        self._stream = stream
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self._stream:
            self.text += line

    def finish(self):
        self._thread.join(5)


class Session:
    """A started debugger with its output; a context manager that leaves no process behind."""

    def __init__(self, command, env=None, **options):
        full_env = {k: v for k, v in {**os.environ, **(env or {})}.items() if v is not None}
        options.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen([str(part) for part in command], env=full_env, text=True, errors="replace",
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.pid = self.process.pid
        self._out, self._err = _Lines(self.process.stdout), _Lines(self.process.stderr)
        self.debuggees = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in [*(self.debuggees if self.process.poll() is None else []), *self._children()]:
            kill(pid)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._out.finish()
        self._err.finish()

    def _children(self):
        return kernel.children(self.pid) if self.process.poll() is None else []

    @property
    def stdout(self):
        return self._out.text

    @property
    def stderr(self):
        return self._err.text

    def match(self, pattern):
        """The first match in what it printed; waits for it, fails when the session ends before."""
        def printed():
            return re.search(pattern, self.stdout, re.M) or re.search(pattern, self.stderr, re.M)

        def look():
            ended = self.process.poll() is not None
            found = printed()
            if ended and not found:
                self._out.finish()  # waits: a process that lives on may hold the pipe open
                self._err.finish()
                found = printed()
                if not found:
                    tap.fail(f"ended with {self.process.returncode} and never printed {pattern}\n{self.said()}")
            return found
        try:
            return tap.wait_until(look, PATIENCE_S)
        except tap.Timeout:
            tap.fail(f"never printed {pattern}\n{self.said()}")

    def said(self):
        return f"stdout: {self.stdout}\nstderr: {self.stderr}"

    def wait(self):
        """Its exit status, all output read."""
        rc = self.process.wait(PATIENCE_S)
        self._out.finish()
        self._err.finish()
        return rc

    def debuggee(self, program):
        """Pid of the child, or grandchild, that runs the program."""
        def look():
            for child in kernel.children(self.pid):
                for pid in (child, *kernel.children(child)):
                    try:
                        if os.path.realpath(program) == executable(pid):
                            return pid
                    except OSError:
                        continue
            return None
        pid = tap.wait_until(look, PATIENCE_S, message=lambda: f"a child that runs {program}\n{self.said()}")
        self.debuggees.append(pid)
        return pid


class Rpc:
    """dlv's JSON-RPC, as its own command line client speaks it."""

    def __init__(self, address):
        self._socket = _connect(address)
        self._file = self._socket.makefile("rw", encoding="utf-8", newline="\n")
        self._id = 0

    def call(self, method, **arguments):
        self._id += 1
        self._file.write(json.dumps({"method": f"RPCServer.{method}", "params": [arguments], "id": self._id}) + "\n")
        self._file.flush()
        answer = json.loads(self._file.readline() or '{"error": "connection closed"}')
        if answer.get("error"):
            tap.fail(f"dlv: {method}: {answer['error']}")
        return answer["result"]

    def break_at(self, function):
        self.call("CreateBreakpoint", Breakpoint={"functionName": function})

    def clear_breakpoints(self):
        for point in self.call("ListBreakpoints")["Breakpoints"]:
            if point["id"] > 0:
                self.call("ClearBreakpoint", Id=point["id"])

    def run_on(self):
        """Continue to the next stop; (function it stopped in or None, whether the debuggee has exited)."""
        state = self.call("Command", name="continue")["State"]
        thread = state.get("currentThread") or {}
        return (thread.get("function") or {}).get("name"), state.get("exited", False)

    def functions(self):
        """Names of the functions on the stacks of all goroutines, and of those they were started with."""
        names = set()
        for goroutine in self.call("ListGoroutines", Start=0, Count=0)["Goroutines"]:
            frames = self.call("Stacktrace", Id=goroutine["id"], Depth=30)["Locations"]
            names.update((place.get("function") or {}).get("name") for place in [*frames, goroutine["startLoc"]])
        return names

    def evaluate(self, expression):
        config = {"FollowPointers": True, "MaxStringLen": 4096, "MaxArrayValues": 64, "MaxStructFields": -1}
        return self.call("Eval", Scope={"GoroutineID": -1}, Expr=expression, Cfg=config)["Variable"]["value"]

    def pid(self):
        return self.call("ProcessPid")["Pid"]

    def detach(self, kill):
        self.call("Detach", Kill=kill)
        self.close()

    def close(self):
        self._file.close()
        self._socket.close()


def _connect(address):
    host, _, port = address.rpartition(":")
    sock = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
    sock.settimeout(PATIENCE_S)
    return sock


class Headless(Session):
    """dbgscope OPTIONS dlv VERB --headless ..., and a client of it in `rpc`."""

    def __init__(self, options, verb, *words, after=(), launcher=None, **popen):
        flags = ["--headless", "--api-version=2", "--listen=127.0.0.1:0"]
        program_arguments = ["--", *after] if after else []
        super().__init__([*(launcher or [tap.dbgscope, *options, "dlv"]), verb, *flags, *words, *program_arguments],
                         **popen)
        self.rpc = None

    def connect(self):
        self.rpc = Rpc(self.match(r"API server listening at: (\S+)")[1])
        return self.rpc

    def end(self):
        """Kill the debuggee through dlv, and wait for dlv's own end: its exit status."""
        self.rpc.detach(kill=True)
        return self.wait()

    def __exit__(self, *reason):
        if self.rpc:
            self.rpc.close()
        super().__exit__(*reason)


def session_name(pid):
    return kernel.environment(pid).get("DBGSCOPE_SESSION", "")


def gdb(*commands, program, init=(), **options):
    """gdb in batch mode, not under dbgscope."""
    words = [word for command in commands for word in ("-ex", command)]
    return tap.run([*GDB, *init, *words, program], timeout=PATIENCE_S, **options)


def time_limited(function, seconds):
    """Whether function() stays true for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not function():
            return False
        time.sleep(0.05)
    return True
