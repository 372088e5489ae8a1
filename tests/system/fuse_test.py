# SPDX-License-Identifier: Apache-2.0
"""The fuse with real debuggers: a leak is held below its cap, can be stopped, looked at, given more, and goes on."""

import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
import watched
from dap import Dap
from session import MIB, Headless, Session

EVERYWHERE = ("host", "pidns", "vm:v2", "vm:hybrid")
CAP = "--memory-max=128M"
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
HELD = r"debuggee held: (\S+) of its 128M cap cannot be reclaimed"


def leak(*options, after=("-mib-per-step=4",), **popen):
    return Headless([CAP, *options], "exec", tap.program("leak"), after=list(after), env=CLEAN, **popen)


class Running:
    """A `continue` that is under way on a connection of its own, as an editor has it."""

    def __init__(self, rpc):
        self.state = None
        self._thread = threading.Thread(target=self._go, args=(rpc,), daemon=True)
        self._thread.start()

    def _go(self, rpc):
        self.state = rpc.call("Command", name="continue")["State"]

    def wait(self):
        self._thread.join(session.PATIENCE_S)
        tap.true(self.state is not None, "continue never came back")
        return self.state


def halt(address):
    """Asks dlv to halt, on a second connection. Seconds it took."""
    second = session.Rpc(address)
    begin = time.monotonic()
    second.call("Command", name="halt")
    took = time.monotonic() - begin
    second.close()
    return took


def no_kill(scope):
    tap.equal(kernel.oom_kills(scope / "debuggee"), 0, "processes killed for memory")


@tap.test(*EVERYWHERE)
def dlv_halts_a_held_leak_and_continues_it_with_more():
    with Headless([CAP], "exec", "--accept-multiclient", tap.program("leak"),
                  after=["-mib-per-step=4", "-max-mib=160"], env=CLEAN) as dlv:
        rpc = dlv.connect()
        address = dlv.match(r"API server listening at: (\S+)")[1]
        scope = watched.scope_directory(dlv.pid)
        name = session.session_name(dlv.pid)
        huge_pages = "1" if kernel.memory_cgroup()[0] == 1 else "0"
        tap.equal(watched.status_field(rpc.pid(), "THP_enabled"), huge_pages, "transparent huge pages")
        running = Running(rpc)
        dlv.match(HELD)
        took = halt(address)
        tap.true(not running.wait().get("exited", False), "it was killed")
        tap.true(took < (20 if session.IN_VM else 10), f"the halt took {took:.1f} s")  # 3 s are promised: ./dev fault fuse, on a machine left to it
        # dlv 1.20 cannot always unwind below a signal handler; what a goroutine was started with is there always
        functions = rpc.functions()
        tap.true({"main.leakForever", "main.main.func1"} & functions, f"the leaking goroutine is not among {functions}")
        no_kill(scope)
        said = tap.succeed([tap.dbgscope, "set", name, "memory.max=512M"]).stdout
        expression, number = re.search(r"set (\S+) = (\d+)", said).groups()
        rpc.call("Set", Scope={"GoroutineID": -1}, Symbol=expression, Value=number)
        tap.equal(rpc.run_on(), (None, True), "it ran to its end")
        no_kill(scope)
        tap.contains(dlv.stderr, "leak: done, 160 MiB")
        rpc.detach(kill=True)
        ended = watched.ended_record(name)
        tap.equal((ended["fuse_trips"], ended["events"]["oom_kill"]), (1, 0))


@tap.test(*EVERYWHERE)
def more_gives_the_held_session_twice_its_cap():
    with leak() as idle, leak(after=["-mib-per-step=4", "-max-mib=200"]) as dlv: # nothing is held in the other one
        running = Running(dlv.connect())
        dlv.match(HELD)
        tap.contains(dlv.stderr, "or give it more: dbgscope more\n")
        tap.contains(tap.run([tap.dbgscope, "more", "100M"]).stderr, "its cap is 128M already")
        said = tap.succeed([tap.dbgscope, "more"]).stdout
        tap.contains(said, f"{session.session_name(dlv.pid)}: cap 128M -> 256M")
        dlv.match("no longer held: its cap is now 256M")
        state = running.wait()
        tap.equal((state["exited"], state["exitStatus"]), (True, 0), f"it ran to its end: {state} {dlv.stderr}")
        tap.contains(tap.run([tap.dbgscope, "set", "memory.max=1G"]).stderr, "it may be any of")
        idle.process.send_signal(signal.SIGTERM)
        idle.process.wait(session.PATIENCE_S)
        watched.gone_within(lambda: len(list(watched.live_directory().glob("*.json"))) == 1, 5, "two sessions are listed")
        tap.contains(tap.succeed([tap.dbgscope, "set", "memory.max=512M"]).stdout, "cap 256M -> 512M")
        tap.contains(tap.succeed([tap.dbgscope, "stop"]).stdout, "has ended")
        dlv.process.wait(session.PATIENCE_S)


@tap.test("vm:v2", user="root")
def the_record_has_a_line_that_is_raised_after_the_cap():
    with leak() as dlv:
        rpc = dlv.connect()
        debuggee = watched.scope_directory(dlv.pid) / "debuggee"
        Running(rpc)
        dlv.match(HELD)
        (debuggee / "memory.max").write_text(str(512 * MIB))
        tap.wait_until(lambda: watched.record(dlv.pid)["cap_bytes"] == 512 * MIB, session.PATIENCE_S)
        (debuggee / "memory.high").write_text(str(400 * MIB))
        tap.wait_until(lambda: watched.record(dlv.pid)["fuse_bytes"] == 400 * MIB, session.PATIENCE_S,
                       message=lambda: f"{watched.record(dlv.pid)}")


@tap.test(*EVERYWHERE)
def stop_while_held_ends_the_session():
    with leak() as dlv:
        rpc = dlv.connect()
        scope = watched.scope_directory(dlv.pid)
        Running(rpc)
        dlv.match(HELD)
        target = dlv.debuggee(tap.program("leak"))
        begin = time.monotonic()
        dlv.process.send_signal(signal.SIGTERM)
        dlv.process.wait(session.PATIENCE_S)
        took = time.monotonic() - begin
        tap.true(took < (20 if session.IN_VM else 10), f"dlv took {took:.1f} s to end")
        watched.gone_within(lambda: not session.alive(target), 5, "the debuggee lives")
        watched.gone_within(lambda: not scope.exists(), 10, f"{scope} is still there")


@tap.test(*EVERYWHERE)
def gdb_stops_a_held_program_with_ctrl_c():
    program = tap.program("alloc")
    commands = ["set confirm off", "run 256 1000000", "backtrace", "kill"]
    words = [word for command in commands for word in ("-ex", command)]
    with Session([tap.dbgscope, CAP, "gdb", *session.GDB[1:], *words, program], env=CLEAN) as gdb:
        gdb.match(HELD)
        os.kill(gdb.pid, signal.SIGINT) # what the terminal sends gdb's process group
        gdb.match(r"received signal SIGINT")
        gdb.match(r"#0 .*")
        gdb.process.wait(session.PATIENCE_S)
        tap.true("SIGKILL" not in gdb.stdout, gdb.stdout)


@tap.test(*EVERYWHERE)
def dap_client_pauses_a_held_leak_and_disconnects():
    with Session([tap.dbgscope, CAP, "dlv", "dap", "--listen=127.0.0.1:0"], env=CLEAN) as dlv:
        dap = Dap(dlv.match(r"DAP server listening at: (\S+)")[1])
        dap.ask("initialize", adapterID="go", linesStartAt1=True, columnsStartAt1=True, pathFormat="path")
        dap.send("launch", mode="exec", program=tap.program("leak"), args=["-mib-per-step=4"])
        dap.event("initialized")
        dap.ask("configurationDone")
        dlv.match(HELD)
        begin = time.monotonic()
        dap.send("pause", threadId=1)
        dap.event("stopped")
        took = time.monotonic() - begin
        tap.true(took < (20 if session.IN_VM else 10), f"the pause took {took:.1f} s")
        stacks = [dap.ask("stackTrace", threadId=thread["id"], levels=30)["stackFrames"] for thread in dap.ask("threads")["threads"]]
        names = {frame["name"] for frames in stacks for frame in frames}
        # dlv 1.20 cannot always unwind the leaking goroutine below a signal handler; main.main waits for it
        tap.true({"main.main", "main.leakForever", "main.main.func1"} & names, f"no function of the program among {names}")
        target = dlv.debuggee(tap.program("leak"))
        dap.send("disconnect", terminateDebuggee=True)
        tap.equal(dlv.wait(), 0, dlv.said())
        watched.gone_within(lambda: not session.alive(target), 5, "the debuggee lives")
        dap.close()


@tap.test(*EVERYWHERE)
def gdb_through_gdbserver_steps_and_calls_while_held():
    session.loopback_only()
    program = tap.program("alloc")
    command = [tap.dbgscope, CAP, "gdbserver", "--once", "127.0.0.1:0", program, "256"]
    with Session(command, env=CLEAN) as server:
        port = server.match(r"Listening on port (\d+)")[1]
        lines = [f"target remote 127.0.0.1:{port}", "continue", "backtrace 8", "print (int)getpid()", "finish", "kill"]
        words = [word for line in lines for word in ("-ex", line)]
        with Session([*session.GDB, "-iex", "set confirm off", *words, program]) as gdb:
            server.match(HELD)
            os.kill(gdb.pid, signal.SIGINT)
            gdb.match(r"received signal SIGINT")
            gdb.match(r"^#\d+ .*main ")
            gdb.match(r"\$1 = \d+")
            gdb.wait()
        server.wait()
        tap.true("SIGKILL" not in server.stderr, server.stderr)


@tap.test(*EVERYWHERE)
def dlv_on_a_terminal_halts_a_held_leak_with_ctrl_c():
    command = [tap.dbgscope, CAP, "dlv", "exec", tap.program("leak"), "--", "-mib-per-step=4"]
    with Session(["script", "-qfec", shlex.join(map(str, command)), "/dev/null"], env=CLEAN | {"TERM": "dumb"},
                 stdin=subprocess.PIPE) as script:
        def type_in(text):
            script.process.stdin.write(text)
            script.process.stdin.flush()
        script.match("Type 'help'")
        type_in("continue\n")
        script.match(HELD)
        type_in("\x03")
        script.match(r"received SIGINT, stopping process")
        type_in("goroutines\n")
        script.match(r"Goroutine \d+ ")
        type_in("exit\ny\n")
        script.process.wait(session.PATIENCE_S)
        tap.true("killed for memory" not in script.stdout, script.stdout)


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
