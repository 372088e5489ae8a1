# SPDX-License-Identifier: Apache-2.0
"""What has to reach a person whose editor hides the debugger's standard error: it is written where the program's own output
goes, when that is read by the debugger."""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
import watched
from dap import Dap, NodeChild
from session import Headless, Session

EVERYWHERE = ("host", "pidns", "vm:v2", "vm:hybrid")
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
CAP = "--memory-max=128M"
HELD = r"dbgscope: debuggee held: \S+ of its 128M cap cannot be reclaimed"
WAITS = r"dbgscope: who waits at the limit: (nobody at this moment; )?(touch|eat) "

# The program's standard error is a FIFO (dlv's outputMode remote), gdb's own pipe (its DAP), or a terminal pair: gdb reads it.
READER = """
import os, threading
kind, log_file, fifo = {words}
if kind == "pipe":
    reading, writing = os.pipe()
    os.dup2(writing, 2)
elif kind == "terminal":
    reading, writing = os.openpty()
    gdb.execute("set inferior-tty " + os.ttyname(writing))
def forward():
    descriptor = os.open(fifo, os.O_RDONLY) if kind == "fifo" else reading
    with open(log_file, "ab", buffering=0) as log:
        try:
            while data := os.read(descriptor, 65536):
                log.write(data)
        except OSError:  # a terminal's end
            pass
        log.write(b"(end)")
reader = threading.Thread(target=forward, daemon=True)
reader.start()
"""


class Reader:
    """gdb under dbgscope; what came on its program's standard error is in `log`."""

    def __init__(self, *options, kind="fifo", to=None, streams=None, pause_us=3000):
        """pause_us: after each MiB. to: a file instead. streams: as an editor written for Node starts it, the first of them descriptor 0."""
        self._folder = tempfile.TemporaryDirectory()
        self._log, fifo, script = (pathlib.Path(self._folder.name, name) for name in ("log", "fifo", "reader.py"))
        self._log.write_bytes(b"")
        os.mkfifo(fifo)
        script.write_text(READER.format(words=(kind, str(self._log), str(fifo))))
        redirect = f"2>{to or fifo}" if kind == "fifo" else ""
        commands = ["set confirm off", f"source {script}", f"run heap 200 1 {pause_us} {redirect}"]
        if kind == "fifo":  # gdb has the others open itself
            commands.append("python reader.join(5)")
        words = [word for command in commands for word in ("-ex", command)]
        command = [tap.dbgscope, CAP, *options, "gdb", *session.GDB[1:], *words, tap.program("eater")]
        self.gdb = Session(command, env=CLEAN) if streams is None else NodeChild(command, env=CLEAN, streams=streams)

    def __enter__(self):
        self.gdb.__enter__()
        return self

    def __exit__(self, *reason):
        self.gdb.__exit__(*reason)
        self._folder.cleanup()

    @property
    def log(self):
        return self._log.read_bytes().decode(errors="replace")

    def reads(self, pattern):
        return tap.wait_until(lambda: re.search(pattern, self.log), session.PATIENCE_S, 0.01,
                              lambda: f"{pattern} in {self.log!r}\n{self.gdb.said()}")


def more(debugger):
    tap.succeed([tap.dbgscope, "set", session.session_name(debugger), "memory.max=512M"])


@tap.test(*EVERYWHERE)
def a_held_program_says_so_where_its_own_output_goes():
    for kind in ("fifo", "pipe", "terminal"):
        with Reader(kind=kind) as reader:
            reader.reads(HELD)
            reader.reads(WAITS)
            for line in (HELD, WAITS):
                reader.gdb.match(line)
            more(reader.gdb.pid)
            reader.reads(r"no longer held: .*512M.*\n")
            reader.gdb.wait()
            tap.equal(reader.log.endswith("(end)"), kind == "fifo", reader.log)
            tap.contains(reader.gdb.stdout, "exited normally")


@tap.test(*EVERYWHERE)
def the_verdict_comes_there_too_before_the_end_of_file():
    with Reader("--fuse-action=warn", pause_us=20000) as reader:  # of one that is dead 10 ms after the warning nothing is left
        reader.reads(r"dbgscope: debuggee near its cap: ")
        # who grew it may be known only after that
        reader.reads(r"dbgscope: debuggee killed for memory: eater .*\n(dbgscope: who grew it: .*\n)?\(end\)$")
        reader.gdb.match("debuggee killed for memory: eater")
        reader.gdb.wait()


@tap.test("host")
def nothing_is_written_where_others_read():
    with tempfile.TemporaryDirectory() as folder:
        file, fifo = f"{folder}/file", f"{folder}/fifo"
        os.mkfifo(fifo)
        somebody = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        for options in ({"to": file}, {"to": fifo}, "-q", f"--log-file={folder}/log"):
            words = () if isinstance(options, dict) else (options,)
            with Reader(*words, **({} if words else options)) as reader:
                tap.wait_until(lambda: watched.wait_record(reader.gdb.pid)["fuse_trips"] == 1, session.PATIENCE_S,
                               message=lambda: f"{options}: {watched.record(reader.gdb.pid)}\n{reader.gdb.said()}")
                more(reader.gdb.pid)
                reader.gdb.wait()
                tap.equal(reader.log, "(end)" if words else "", f"{options}")
                if not words:
                    tap.contains(reader.gdb.stderr, "debuggee held")
        tap.equal(pathlib.Path(file).read_text(), "")
        tap.equal(os.read(somebody, 100), b"")
        os.close(somebody)


@tap.test("host")
def an_editor_that_shows_standard_error_gets_nothing_twice():
    for streams, shown in ((3, False), (4, True)):  # with a fourth, for dlv's ready line, VS Code's Go extension
        with Reader(streams=streams) as reader:
            tap.wait_until(lambda: b"debuggee held" in reader.gdb.output(2), session.PATIENCE_S, 0.01, reader.gdb.said())
            if not shown:
                reader.reads(WAITS)
            more(reader.gdb.pid)
            reader.gdb.exited()
            tap.equal("dbgscope" in reader.log, not shown, reader.log)


@tap.test(*EVERYWHERE)
def notes_are_for_terminals_and_stand_in_the_record():
    own, note = [CAP, "--profile=gc-trace"], "dlv and the go command read GODEBUG too"
    for options, shown in (((), False), (("--quiet=no",), True)):
        with Headless([*options, *own], "exec", tap.program("leak"), after=["-max-mib=1"], env=CLEAN) as dlv:
            dlv.connect()
            record = watched.wait_record(dlv.pid)
            tap.equal(any(note in line for line in record["unsaid"]), not shown, f"{record['unsaid']}")
            tap.equal(dlv.end(), 0)
            for line in ("dbgscope: running in ", note):
                tap.equal(line in dlv.stderr, shown, dlv.stderr)
    command = [tap.dbgscope, *own, "dlv", "exec", tap.program("leak"), "--", "-max-mib=1"]
    with Session(["script", "-qfec", shlex.join(map(str, command)), "/dev/null"], env=CLEAN | {"TERM": "dumb"},
                 stdin=subprocess.PIPE) as script:
        script.match(r"dbgscope: running in ")
        script.match("Type 'help'")
        tap.contains(script.stdout, note)
        script.process.stdin.write("exit\n")
        script.process.stdin.flush()
        script.process.wait(session.PATIENCE_S)


@tap.test("host")
def what_needs_a_person_is_said_everywhere():
    went = tap.run([tap.dbgscope, "--backend=none", CAP, *session.GDB, "-ex", "quit"], env=CLEAN)
    tap.contains(went.stderr, "is not enforced")


@tap.test("vm:v2", "vm:hybrid", debian=("13",))  # outputMode is known from dlv 1.21.1 on
def dlv_with_output_mode_remote_shows_hold_and_verdict_as_output():
    with Session([tap.dbgscope, CAP, "--fuse-action=warn", "dlv", "dap", "--listen=127.0.0.1:0", "--check-go-version=false"],
                 env=CLEAN) as dlv:
        dap = Dap(dlv.match(r"DAP server listening at: (\S+)")[1])
        dap.start(mode="exec", program=tap.program("leak"), args=["-mib-per-step=4"], outputMode="remote")
        shown = ""
        while "killed for memory" not in shown:
            output = dap.event("output")
            if output.get("category") == "stderr":
                shown += output["output"]
        for line in ("dbgscope: debuggee near its cap: ", "dbgscope: debuggee killed for memory: leak"):
            tap.equal(shown.count(line), 1, shown)
        dap.event("terminated")
        dap.close()


if __name__ == "__main__":
    tap.main()
