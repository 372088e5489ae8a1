# SPDX-License-Identifier: Apache-2.0
"""A client of the Debug Adapter Protocol, and processes started as an editor written for Node starts them."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import threading
import time

import tap
import watched
from session import PATIENCE_S

MARK = "SESSION_MARK"  # a variable every process of a session inherits, unless it is written to hide
READY = b"DAP server listening at:"  # what VS Code Go waits for, at the begin of a chunk of descriptor 1 or 3


def free_port():
    """As the get-port package finds one: free at this moment, and not held."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def listeners(port):
    """States of the sockets that have this port at either end, as /proc/net/tcp{,6} numbers them; "0A" listens."""
    end = f":{port:04X}"
    rows = [line.split() for name in ("tcp", "tcp6") for line in pathlib.Path("/proc/net", name).read_text().splitlines()[1:]]
    return [row[3] for row in rows if row[1].endswith(end) or row[2].endswith(end)]


def left_behind(launcher, mark, port=None):
    """Words for all that a session still has: processes, files of its live record, cgroups, the port it listened on."""
    found = []
    for environ in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={mark}\0".encode() in environ.read_bytes():
                found.append(f"process {environ.parent.name} ({(environ.parent / 'comm').read_text().strip()})")
        except OSError:
            continue  # it has ended
    if watched.live_directory().is_dir():  # NAME.PID-STARTED.json, and .new while it is written
        found += [f"record {file}" for file in os.listdir(watched.live_directory()) if f".{launcher}-" in file]
    ours = re.compile(rf"(.*[.p]){launcher}-[0-9a-f]+(\.scope)?")
    found += [top for top, _, _ in os.walk("/sys/fs/cgroup") if ours.fullmatch(os.path.basename(top))]
    if port and "0A" in listeners(port):
        found.append(f"port {port}")
    return found


def nothing_left(launcher, mark, port=None, within_s=1):
    end = time.monotonic() + within_s
    while found := left_behind(launcher, mark, port):
        tap.true(time.monotonic() < end, f"left {within_s} s after the end: {found}")
        time.sleep(0.01)


class Dap:
    """One connection. Every wait has a deadline and fails with what came so far."""

    def __init__(self, server, patience=PATIENCE_S):
        """server: "HOST:PORT" to connect to once, or a connected socket."""
        self._patience = patience
        if isinstance(server, str):
            host, _, port = server.rpartition(":")
            server = socket.create_connection((host, int(port)), timeout=patience)
        self._socket = server
        self._buffer = b""
        self._seq = 0
        self._events, self._responses = [], {}
        self._said = []  # messages of the adapter, for the words of a failure

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, command, **arguments):
        """Returns the sequence number, for response()."""
        self._seq += 1
        request = {"seq": self._seq, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(request).encode()
        self._socket.settimeout(self._patience)
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return self._seq

    def ask(self, command, **arguments):
        """The body of a request's response, which has to be a success."""
        message = self.response(self.send(command, **arguments))
        tap.true(message["success"], f"{command}: {message}")
        return message.get("body", {})

    def response(self, seq):
        return self._wait(lambda: self._responses.pop(seq, None), f"response to request {seq}")

    def shows(self, text):
        """Output of the program until it has the text; all of it."""
        shown = ""
        while text not in shown:
            output = self.event("output")
            if output.get("category") in ("stderr", "stdout"):
                shown += output["output"]
        return shown

    def event(self, name):
        """The body of the first event of that name not taken yet; fails when a request has that nobody waits for."""
        def look():
            for message in self._responses.values():
                tap.true(message["success"], f"{message['command']}: {message}")
            found = next((e for e in self._events if e["event"] == name), None)
            if found:
                self._events.remove(found)
                return found.get("body", {})
            return None
        return self._wait(look, f"event {name!r}")

    def start(self, functions=(), lines=(), **configuration):
        """initialize, launch (or what `request` says), breakpoints, configurationDone: what every client sends.
        lines: [(file, line)]; configuration: as in launch.json."""
        self.ask("initialize", clientID="vscode", adapterID="go", linesStartAt1=True, columnsStartAt1=True, pathFormat="path",
                 supportsRunInTerminalRequest=True)
        self.send(configuration.get("request", "launch"), **configuration)
        self.event("initialized")
        for file in sorted({file for file, _ in lines}):
            points = [{"line": line} for name, line in lines if name == file]
            placed = self.ask("setBreakpoints", source={"path": file}, breakpoints=points)["breakpoints"]
            tap.true(all(point["verified"] for point in placed), f"breakpoints: {placed}")
        if functions:
            self.ask("setFunctionBreakpoints", breakpoints=[{"name": name} for name in functions])
        self.ask("configurationDone")

    def stopped(self, reason):
        """Waits for a stop for that reason; the innermost stack frame of the thread that stopped, which is a known one."""
        event = self.event("stopped")
        tap.contains(event["reason"], reason)
        known = [thread["id"] for thread in self.ask("threads")["threads"]]
        thread = event.get("threadId") or known[0]
        tap.true(thread in known, f"thread {thread} is none of {known}")
        return self.ask("stackTrace", threadId=thread, startFrame=0, levels=1)["stackFrames"][0]

    def evaluate(self, expression, frame):
        return self.ask("evaluate", expression=expression, frameId=frame["id"], context="watch")["result"]

    def go_on(self):
        self.ask("continue", threadId=1)

    def pause(self):
        self.ask("pause", threadId=1)

    def half_close(self):
        """What Node's socket.end() does: we say no more."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self):
        self._socket.close()

    def _wait(self, look, what):
        end = time.monotonic() + self._patience
        while (found := look()) is None:
            message = self._receive(end, what)
            self._said.append(message)
            if message["type"] == "response":
                self._responses[message["request_seq"]] = message
            elif message["type"] == "event":
                self._events.append(message)
        return found

    def _receive(self, end, what):
        while (message := self._parse()) is None:
            self._socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                raise tap.Timeout(f"no {what} within {self._patience} s; the adapter had said {self._said}") from None
            except ConnectionResetError:
                data = b""
            if not data:
                tap.fail(f"the adapter closed the connection before the {what}; it had said {self._said}")
            self._buffer += data
        return message

    def _parse(self):
        header, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        size = re.fullmatch(rb"Content-Length: *(\d+)", header)
        tap.true(size, f"not a header: {header!r}")
        size = int(size[1])
        if len(rest) < size:
            return None
        self._buffer = rest[size:]
        return json.loads(rest[:size])


class NodeChild:
    """A process with `streams` socket pairs as its lowest descriptors, as child_process.spawn() with 'pipe' makes them: in our
    process group, no shell. A context manager that leaves no process of its own behind."""

    def __init__(self, argv, env=None, cwd=None, streams=4):
        full = {k: v for k, v in {**os.environ, **(env or {})}.items() if v is not None}
        pairs = [socket.socketpair() for _ in range(streams)]
        self._sockets = [ours for ours, _ in pairs]
        self.chunks = [[] for _ in pairs]  # what came on each
        self.status = self.exited_at = None
        self._closed_at = [None for _ in pairs]
        self.spawned_at = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            _become([str(word) for word in argv], full, cwd, [theirs for _, theirs in pairs])
        for _, theirs in pairs:
            theirs.close()
        self._threads = [threading.Thread(target=self._read, args=(n,), daemon=True) for n in range(streams)]
        self._threads.append(threading.Thread(target=self._reap, daemon=True))
        for thread in self._threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
        for thread in self._threads:
            thread.join(5)
        for sock in self._sockets:
            sock.close()

    def _read(self, number):
        try:
            while data := self._sockets[number].recv(1 << 16):
                self.chunks[number].append(data)
        except OSError:
            pass
        self._closed_at[number] = time.monotonic()

    def _reap(self):
        _, raw = os.waitpid(self.pid, 0)
        self.exited_at = time.monotonic()
        self.status = os.waitstatus_to_exitcode(raw)

    def output(self, number):
        return b"".join(self.chunks[number])

    def said(self):
        return "\n".join(f"descriptor {n}: {self.output(n)!r}" for n in range(1, len(self.chunks)))

    def address(self):
        """Of the DAP server, by VS Code's own rule for the ready line."""
        def look():
            for number in (1, 3):
                for chunk in self.chunks[number]:
                    if chunk.startswith(READY):
                        return chunk.split(b"\n")[0].split()[-1].decode()
            if self.status is not None:
                tap.fail(f"ended with {self.status} before it was ready\n{self.said()}")
            return None
        return tap.wait_until(look, PATIENCE_S, 0.002, "a chunk that begins with the ready line")

    def exited(self):
        """Its exit status, once the 'exit' event would come."""
        tap.wait_until(lambda: self.status is not None, PATIENCE_S, 0.002, f"its exit\n{self.said()}")
        return self.status

    def closed(self):
        """Seconds from 'exit' to 'close', which waits for the end of every stream."""
        self.exited()
        tap.wait_until(lambda: all(self._closed_at), PATIENCE_S, 0.002, f"its streams closed: {self._closed_at}")
        return max(0.0, max(self._closed_at) - self.exited_at)


class VsCode(NodeChild):
    """`dlv dap` as VS Code Go starts it (extension/src/goDebugFactory.ts): the user's flags first, the ready line on 3."""

    def __init__(self, program, flags=(), env=None, cwd=None):
        self.port, self.mark = free_port(), os.urandom(8).hex()
        argv = [program, "dap", *flags, f"--listen=127.0.0.1:{self.port}", "--log-dest=3"]
        super().__init__(argv, {**(env or {}), MARK: self.mark}, cwd)

    def connect(self):
        return Dap(self.address())

    def stop(self, client):
        """disconnect, half-close, and SIGINT to the one pid when it is still there after a second; the exit status."""
        client.send("disconnect", terminateDebuggee=True)
        client.half_close()
        try:
            tap.wait_until(lambda: self.status is not None, 1, 0.002)
        except tap.Timeout:
            self.interrupt()
        return self.exited()

    def interrupt(self):
        """SIGINT, or nothing where it has ended meanwhile: to a Node child that is no error."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGINT)

    def closed_twice(self):
        """Whether it ended by a fault of dlv's own, bare or not: before 1.22 two of its goroutines may close one connection
        (go-delve/delve#2757); it is the last thing it does."""
        said = self.output(2)
        return self.status == 2 and b"panic: close of closed channel" in said and b"service/dap.(*connection).Close" in said

    def stops_well(self, client):
        self.stop(client)
        self.closed()
        tap.true(self.status == 0 or self.closed_twice(), f"exit status {self.status}\n{self.said()}")

    def nothing_left(self):
        nothing_left(self.pid, self.mark, self.port)


def _become(argv, env, cwd, sockets):
    """In the child: descriptors 0 to N are the sockets, the others are closed by the exec."""
    try:
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and that would be inherited
            signal.signal(number, signal.SIG_DFL)
        if cwd:
            os.chdir(cwd)
        high = [fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD_CLOEXEC, 64) for sock in sockets]
        for number, fd in enumerate(high):
            os.dup2(fd, number)
        os.execve(argv[0], argv, env)
    finally:
        os._exit(127)
