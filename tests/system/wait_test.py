# SPDX-License-Identifier: Apache-2.0
"""--wait: dbgscope stays as the debugger's parent, is its watcher, and hands its status and signals on."""

import os
import pathlib
import pty
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import faults
import session
import tap
import watched
from faults import CAP, CLEAN, OFF
from session import Session

NATIVE = ("host", "pidns")
EVERYWHERE = (*NATIVE, "vm:v2")
COUNT_INTERRUPTS = """
import signal, sys, time
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
print("ready", flush=True)
end = time.monotonic() + 1
while time.monotonic() < end:
    time.sleep(0.05)
print("interrupts:", len(seen), flush=True)
"""


def wait_run(*command, options=(), **run_options):
    return tap.run([tap.dbgscope, "run", "--wait", "-q", *options, "--", *command], env=CLEAN, **run_options)


def debugger_of(parent):
    """The only child of the dbgscope that waits."""
    return tap.wait_until(lambda: (kernel.children(parent.pid) or [None])[0], 10, message="a child of dbgscope")


@tap.test(*NATIVE)
def status_is_the_debuggers():
    for status in (0, 7):
        with faults.gdb(f"quit {status}", options=("--wait", CAP)) as gdb:
            tap.equal(gdb.wait(), status, gdb.stderr)
    missing = wait_run("/nowhere/tool")
    tap.equal((missing.rc, missing.stdout), (127, ""), missing.stderr)
    tap.equal(wait_run("/etc/passwd").rc, 126, "a file that may not be executed")


@tap.test(*EVERYWHERE)
def debuggee_killed_for_memory_is_137():
    command = ["dlv", "exec", "--allow-non-terminal-interactive=true", tap.program("leak"), "--", "-mib-per-step=8"]
    killed = tap.run([tap.dbgscope, "--wait", "--memory-max=64M", OFF, *command], input="continue\nexit\n", env=CLEAN,
                     timeout=session.PATIENCE_S)
    tap.equal(killed.rc, 137, killed.stderr)
    tap.contains(killed.stderr, "has exited with status -9", "what dlv, whose own status is 0, says")
    tap.contains(killed.stderr, "dbgscope: debuggee killed for memory: leak (pid ")
    small = tap.run([tap.dbgscope, "--wait", CAP, *command[:-1], "-max-mib=1"], input="continue\nexit\n", env=CLEAN,
                    timeout=session.PATIENCE_S)
    tap.equal(small.rc, 0, small.stderr)


@tap.test(*NATIVE)
def signal_that_ended_the_debugger_is_raised_again():
    for number in (signal.SIGKILL, signal.SIGABRT, signal.SIGTERM):
        went = wait_run("sh", "-c", f"kill -{int(number)} $$")
        tap.equal(went.rc, -number, went.stderr)


@tap.test(*NATIVE)
def signals_to_dbgscope_end_dlv_cleanly():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with faults.leak("--wait") as dlv:
            target, scope = faults.stopped_leak(dlv)
            child = debugger_of(dlv)
            tap.equal(session.executable(child), session.real("dlv"))
            dlv.process.send_signal(number)
            status = dlv.wait()
            tap.true(status >= 0, f"after {number.name} dbgscope ended by signal {-status}")
            tap.true(not session.alive(child), f"dlv lives after {number.name}")
            faults.cleaned_up(scope, target)


@tap.test(*EVERYWHERE)
def killed_parent_takes_the_debugger_along():
    with faults.leak("--wait") as dlv:
        target, scope = faults.stopped_leak(dlv)
        child = debugger_of(dlv)
        os.kill(dlv.pid, signal.SIGKILL)
        dlv.process.wait(10)
        seconds = 20 if session.IN_VM else 2
        watched.gone_within(lambda: not session.alive(child) and not session.alive(target), seconds, "dlv or debuggee")
    with faults.leak() as following:  # nobody was left to remove the cgroup
        following.connect()
        watched.gone_within(lambda: not scope.exists(), 10, f"{scope} is still there")


@tap.test(*NATIVE)
def output_ends_with_the_debugger():
    def comes_later():
        with faults.leak("--wait", after=["-max-mib=1"]) as dlv:
            dlv.connect()
            child = debugger_of(dlv)
            dlv.rpc.detach(kill=True)
            tap.wait_until(lambda: not session.alive(child), session.PATIENCE_S, 0.001)
            begin = time.monotonic()
            tap.equal(dlv.wait(), 0)
            return time.monotonic() - begin
    tap.within(5 if session.IN_VM else 0.5, comes_later, "the status came after dlv's end by")


@tap.test(*NATIVE)
def ctrl_c_reaches_the_command_once():
    """The terminal sends it to the whole process group: handing it on would double it."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(tap.dbgscope, [tap.dbgscope, "run", "--wait", "-q", "--", *faults.python(COUNT_INTERRUPTS)],
                  {"PATH": os.environ["PATH"]})
    said = b""
    while b"interrupts:" not in said:
        if b"ready" in said and b"^C" not in said:
            os.write(terminal, b"\x03")
        said += os.read(terminal, 4096)
    tap.contains(said.decode(), "interrupts: 1")
    tap.equal(os.waitpid(pid, 0)[1], 0)


@tap.test(*NATIVE)
def debugger_is_in_the_session_and_on_record():
    with faults.leak("--wait") as dlv:
        target, scope = faults.stopped_leak(dlv)
        child = debugger_of(dlv)
        watched.check_divided(child, target, 128 << 20)
        tap.equal(watched.wait_record(child)["watcher"]["pid"], dlv.pid)
        tap.equal(os.getpgid(child), os.getpgid(dlv.pid), "process group")
        name = session.session_name(child)
        tap.equal(dlv.end(), 0)
        faults.cleaned_up(scope, target)
        tap.equal(watched.ended_record(name)["exit_status"], 0)


@tap.test(*NATIVE)
def record_of_a_short_command_is_ended():
    """However fast it is over."""
    for _ in range(10):
        with Session([tap.dbgscope, "run", "--quiet=no", "--wait", CAP, "--", "true"], env=CLEAN) as command:
            name = command.match(r"running in (\S+?)(\.scope,? | \(plain|,)")[1]
            tap.equal(command.wait(), 0)
        tap.equal(len(faults.history(name)), 1, f"lines of {name} in the history")
        left = [file.name for file in watched.live_directory().glob("*.json") if name in file.name]
        tap.equal(left, [], "live records")


@tap.test("host")
def wait_and_no_watch_contradict():
    refused = tap.run([tap.dbgscope, "--wait", "--no-watch", *session.GDB, "-ex", "quit"], env=CLEAN)
    tap.equal((refused.rc, refused.stdout), (125, ""), refused.stderr)
    tap.contains(refused.stderr, "--no-watch")


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
