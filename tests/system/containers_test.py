# SPDX-License-Identifier: Apache-2.0
"""Debug sessions where the cgroup is read-only, as in most containers: watched, stopped in time, judged, ended."""

import contextlib
import json
import os
import pathlib
import re
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

EVERYWHERE = ("host", "vm:v2")
LIMIT = 384 * MIB  # of the container; dlv and the look at who holds what need some of it
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None, "container": None}
CAP = "--memory-max=128M"
WATCHER_KIB = {1: 2048, 2: 1280}[kernel.memory_cgroup()[0]]  # version 1: what code it needs at the limit is locked in memory
HELD = r"dbgscope: debuggee held: \S+ of its 128M cap in use"
# What a runtime does, except for namespaces that would keep the test from looking inside: no manager, nothing to write.
MOUNTS = ("for m in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do mount -o remount,bind,ro $m || exit 9; done; "
          "[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd || exit 9; exec \"$@\"")


@contextlib.contextmanager
def container(limit=LIMIT):
    """The words to start a command with, so that it runs, with its own pid, in a container of that limit."""
    inside = ["unshare", "-m", "sh", "-c", MOUNTS, "sh"]
    version, own = kernel.memory_cgroup()
    if version == 2:
        # a runtime ends nothing for one kill in it, and leaves no failed unit
        words = ["systemd-run", "--scope", "--collect", "-q", "-p", "OOMPolicy=continue"]
        yield [*words, "-p", f"MemoryMax={limit}", "-p", "MemorySwapMax=0", *inside]
        return
    directory = own / f"container-test.{os.getpid()}"
    directory.mkdir()
    try:
        for name in ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):
            if (directory / name).exists():
                (directory / name).write_text(str(limit))
        yield ["sh", "-c", f"echo $$ > {directory}/cgroup.procs && exec \"$@\"", "sh", *inside]
    finally:
        def removed():
            try:
                directory.rmdir()
            except FileNotFoundError:
                return True
            except OSError:
                return False
            return True
        tap.wait_until(removed, session.PATIENCE_S, message=f"nobody left in {directory}")


def in_container(words, *options):
    return [*words, tap.dbgscope, *options, "dlv"]


def leak(words, *options, after=("-mib-per-step=2",), flags=()):
    return Headless([], "exec", *flags, tap.program("leak"), after=list(after), env=CLEAN,
                    launcher=in_container(words, CAP, *options))


def resident(pid):
    return int(watched.status_field(pid, "RssAnon").split()[0]) * 1024


class Running:
    """A `continue` that is under way, as an editor has it."""

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


def halt(dlv):
    second = session.Rpc(dlv.match(r"API server listening at: (\S+)")[1])
    second.call("Command", name="halt")
    second.close()


@tap.test(*EVERYWHERE, user="root")
def one_line_says_what_was_asked_for_what_is_in_force_and_whose_it_is():
    with container() as words:
        def notes(*options, command=("dlv", "exec", tap.program("leak"))):
            went = tap.succeed([*words, tap.dbgscope, "--dry-run", *options, *command], env=CLEAN)
            return [line for line in went.stdout.splitlines() if line.startswith("note: ")]
        asked = notes("--memory-max=96M")
        tap.equal(len(asked), 1, f"{asked}")
        for part in ("the cap of 96M (--memory-max) is not enforced by the kernel", "mounted read-only",
                     "in force: the container's limit of 384M", "soft fuse: the debuggee is stopped at 88M of 96M"):
            tap.contains(asked[0], part)
        tap.contains(notes("--memory-max=1G")[0], "the cap of 1G (--memory-max) is not enforced")
        default = notes()
        tap.equal(len(default), 1, f"{default}")
        tap.contains(default[0], "no cap is enforced by the kernel")
        tap.contains(default[0], "in force: the container's limit of 384M")
        run = tap.succeed([*words, tap.dbgscope, "run", "--memory-max=64M", "echo", "started"], env=CLEAN)
        tap.equal(run.stdout, "started\n")
        tap.contains(run.stderr, "the memory limit of 64M is not enforced, there is no scope")
        tap.contains(run.stderr, "in force: the container's limit of 384M")
        for what in ("scope", "limit", "split", "fuse"):
            hard = tap.run([*words, tap.dbgscope, f"--require={what}", CAP, "dlv", "exec", tap.program("leak")], env=CLEAN)
            tap.equal((hard.rc, hard.stdout), (125, ""), hard.stderr)


@tap.test(*EVERYWHERE, user="root")
def a_shell_that_ends_after_its_child_was_killed_was_not_killed():
    shell = f"{tap.program('leak')} -mib-per-step=2; exit 3"
    with container() as words, Session([*words, tap.dbgscope, "run", "--wait", "--snapshot=off", "--", "sh", "-c", shell],
                                       env=CLEAN) as command:
        command.match("leak: 96 MiB")
        os.kill(command.pid, signal.SIGSTOP)  # it is told of both ends at one time, as on a machine that is busy
        try:
            tap.wait_until(lambda: [pid for pid in kernel.children(command.pid) if watched.status_field(pid, "State").startswith("Z")],
                           session.PATIENCE_S, message="the shell's end")
        finally:
            os.kill(command.pid, signal.SIGCONT)
        tap.equal(command.wait(), 3, command.said())
        tap.contains(command.stderr, "dbgscope: a process in the container was killed for memory, ")
        tap.true("the command" not in command.stderr, command.stderr)


@tap.test(*EVERYWHERE, user="root")
def a_killed_debugger_takes_its_debuggee_with_it():
    with container() as words, leak(words, after=["-mib-per-step=1", "-max-mib=8", "-step-ms=1000"]) as dlv:
        Running(dlv.connect())
        target = dlv.debuggee(tap.program("leak"))
        record = watched.wait_record(dlv.pid)
        tap.equal((record["backend"], record["scope_directory"]), ("none", ""))
        tap.wait_until(lambda: watched.record(dlv.pid)["debuggees"] == [target], session.PATIENCE_S)
        tap.contains(tap.succeed([tap.dbgscope, "ps"]).stdout, record["id"])
        tap.equal(watched.oom_score_adj(target) > watched.oom_score_adj(dlv.pid), True, "the debuggee goes first")
        os.kill(dlv.pid, signal.SIGKILL)
        tap.wait_until(lambda: not session.alive(target), session.PATIENCE_S, message="the debuggee has ended")
        ended = watched.ended_record(record["id"])
        tap.equal((ended["state"], ended["backend"]), ("ended", "none"))


@tap.test(*EVERYWHERE, user="root")
def stop_ends_a_session_with_and_without_its_watcher():
    for killed in (False, True):
        with container() as words, leak(words, after=["-mib-per-step=1", "-max-mib=8", "-step-ms=1000"]) as dlv:
            Running(dlv.connect())
            target = dlv.debuggee(tap.program("leak"))
            name = watched.wait_record(dlv.pid)["id"]
            if killed:
                os.kill(watched.watcher_pid(dlv.pid), signal.SIGKILL)
                os.kill(dlv.pid, signal.SIGKILL) # what it leaves behind is known by what it has inherited
            tap.contains(tap.succeed([tap.dbgscope, "stop", name], timeout=session.PATIENCE_S).stdout, "has ended")
            tap.wait_until(lambda: not session.alive(target), session.PATIENCE_S, message="the debuggee has ended")
            tap.true(watched.ended_record(name), "it is in the history")


@tap.test(*EVERYWHERE, user="root")
def a_client_halts_a_held_leak_and_it_goes_on_with_more():
    with container() as words, leak(words, flags=["--accept-multiclient"], after=["-mib-per-step=2", "-max-mib=160"]) as dlv:
        rpc = dlv.connect()
        pid = rpc.pid()
        name = session.session_name(dlv.pid)
        running = Running(rpc)
        dlv.match(HELD)
        # What it has mapped already it may still use; then it waits.
        def stands():
            before = resident(pid)
            time.sleep(1)
            return resident(pid) == before
        tap.wait_until(stands, session.PATIENCE_S, message=f"it stands still, with {resident(pid)} bytes")
        tap.true(session.time_limited(lambda: resident(pid) < 150 * MIB, 3), f"{resident(pid)} bytes at the hold")
        tap.wait_until(lambda: watched.record(dlv.pid)["state"] == "held", session.PATIENCE_S)
        halt(dlv)
        tap.true(not running.wait().get("exited", False), "it was killed")
        # the very allocation that was too much
        tap.true({"main.leakForever"} & rpc.functions(), f"the leaking goroutine is not among {rpc.functions()}")
        dlv.match(r"dbgscope: who holds it: main\.leakForever")
        said = tap.succeed([tap.dbgscope, "more", name]).stdout
        tap.contains(said, f"{name}: cap 128M -> 256M, fuse at 243.2M")
        dlv.match(r"no longer held: its cap is now 256M")
        tap.equal(rpc.run_on(), (None, True), "it ran to its end")
        tap.contains(dlv.stderr, "leak: done, 160 MiB")
        rpc.detach(kill=True)
        ended = watched.ended_record(name)
        tap.equal((ended["fuse_trips"], ended["cap_bytes"], ended["events"]["oom_kill"]), (1, 256 * MIB, 0))
        tap.true(ended["debuggee_peak_bytes"] >= 100 * MIB, f"peak {ended['debuggee_peak_bytes']}")


@tap.test(*EVERYWHERE, user="root")
def a_halted_leak_goes_on_for_a_step_where_nobody_gives_it_more():
    with container() as words, leak(words, flags=["--accept-multiclient"], after=["-mib-per-step=1"]) as dlv:
        rpc = dlv.connect()
        pid = rpc.pid()
        for held in (1, 2): # what is left to the cap, then past it: nothing but this holds it there
            running = Running(rpc)
            tap.wait_until(lambda: len(re.findall(r"dbgscope: debuggee held: ", dlv.stderr)) == held, session.PATIENCE_S,
                           message=f"held {held} times\n{dlv.said()}")
            halt(dlv)
            tap.true(not running.wait().get("exited", False), "it was killed")
            tap.wait_until(lambda: watched.record(dlv.pid)["state"] == "stopped", session.PATIENCE_S)
        tap.true(resident(pid) < 200 * MIB, f"{resident(pid)} bytes")
        rpc.detach(kill=True)


@tap.test(*EVERYWHERE, user="root")
def what_waits_for_memory_goes_on_when_the_watcher_is_killed():
    with container() as words, leak(words, after=["-mib-per-step=2", "-max-mib=160"]) as dlv:
        running = Running(dlv.connect())
        dlv.match(HELD)
        os.kill(watched.watcher_pid(dlv.pid), signal.SIGKILL)
        state = running.wait() # nobody answers with ENOSYS, of which Go's runtime would die
        tap.equal((state["exited"], state["exitStatus"]), (True, 0), dlv.said())
        tap.contains(dlv.stderr, "leak: done, 160 MiB")


@tap.test(*EVERYWHERE, user="root")
def gdb_shows_the_stop_and_steps_on():
    program = tap.program("alloc")
    commands = ["set confirm off", "run 256 1000000", "backtrace", "print 6*7", "kill"]
    words_of_gdb = [word for command in commands for word in ("-ex", command)]
    with container() as words:
        with Session([*words, tap.dbgscope, CAP, "gdb", *session.GDB[1:], *words_of_gdb, program], env=CLEAN) as gdb:
            gdb.match(r"received signal SIGTRAP")
            gdb.match(r"#0 .*")
            gdb.match(r"\$1 = 42")
            gdb.wait()
            tap.true(re.search(HELD, gdb.stderr), gdb.said())
            tap.true("SIGKILL" not in gdb.stdout, gdb.stdout)


@tap.test(*EVERYWHERE, user="root")
def dlv_at_its_own_prompt_is_interrupted():
    with container() as words:
        command = [*words, tap.dbgscope, CAP, "dlv", "exec", "--allow-non-terminal-interactive=true", tap.program("leak"),
                   "--", "-mib-per-step=2"]
        with Session(command, env=CLEAN, stdin=subprocess.PIPE) as dlv:
            def type_in(text):
                dlv.process.stdin.write(text)
                dlv.process.stdin.flush()
            dlv.match("Type 'help'")
            type_in("continue\n")
            dlv.match(r"received SIGINT, stopping process")
            dlv.match(HELD)
            type_in("print 6*7\n")
            dlv.match(r"^(\(dlv\) )*42")
            type_in("exit\n")
            dlv.process.stdin.close()
            dlv.wait()
            tap.true("killed for memory" not in dlv.stderr, dlv.said())


@tap.test(*EVERYWHERE, user="root")
def a_dap_client_pauses_a_held_leak():
    with container() as words:
        with Session([*words, tap.dbgscope, CAP, "dlv", "dap", "--listen=127.0.0.1:0", "--check-go-version=false"],
                     env=CLEAN) as dlv:
            dap = Dap(dlv.match(r"DAP server listening at: (\S+)")[1])
            dap.start(mode="exec", program=tap.program("leak"), args=["-mib-per-step=2"])
            dlv.match(HELD)
            dap.pause()
            dap.event("stopped")
            target = dlv.debuggee(tap.program("leak"))
            dap.send("disconnect", terminateDebuggee=True)
            tap.equal(dlv.wait(), 0, dlv.said())
            tap.wait_until(lambda: not session.alive(target), session.PATIENCE_S, message="the debuggee has ended")
            dap.close()


@tap.test("host", user="root") # in a scope of systemd's, which stands for the container on v2, the end of one may be that of all
def the_verdict_names_the_container():
    watched.read_from_disk_anew(tap.dbgscope)  # charged to the container: the first that is taken back at its limit
    with container(192 * MIB) as words, leak(words, "--fuse-action=off", after=["-mib-per-step=4"]) as dlv:
        rpc = dlv.connect()
        name = session.session_name(dlv.pid)
        try:
            tap.equal(rpc.run_on()[1], True, "it was killed")
            rpc.detach(kill=True)
        except (AssertionError, OSError): # before the memory is free again the kernel may take the debugger, too
            tap.equal(dlv.wait(), -signal.SIGKILL, dlv.said())
            tap.true("without a memory event" not in dlv.stderr, dlv.stderr)
        dlv.match(r"dbgscope: debuggee killed for memory: leak \(pid \d+.*\), because the container hit its limit of 192M")
        tap.true(any("the container hit its limit" in verdict for verdict in watched.ended_record(name)["verdicts"]))


@tap.test("host", user="root")
def the_watchers_code_stays_in_memory():
    """At the limit it could not come back: the page fault would have the kernel kill the debugger."""
    watched.read_from_disk_anew(tap.dbgscope)
    with container() as words, leak(words, "--fuse-action=off", after=["-max-mib=1"]) as dlv:
        dlv.connect()
        watcher = watched.watcher_pid(dlv.pid)
        tap.wait_until(lambda: int(watched.status_field(watcher, "VmLck").split()[0]) > 4096, session.PATIENCE_S,
                       message=lambda: f"VmLck {watched.status_field(watcher, 'VmLck')}")
        tap.wait_until(lambda: watched.private_kib(watcher) <= WATCHER_KIB, session.PATIENCE_S,
                       message=lambda: f"{watched.private_kib(watcher)} KiB private memory")
        tap.equal(dlv.end(), 0)


@tap.test(*EVERYWHERE, user="root")
def a_stopped_debuggee_wakes_nobody():
    watched.read_from_disk_anew(tap.dbgscope)
    with container() as words, leak(words, flags=["--accept-multiclient"], after=["-mib-per-step=1", "-step-ms=50"]) as dlv:
        running = Running(dlv.connect())
        watched.wait_record(dlv.pid)
        tap.wait_until(lambda: watched.record(dlv.pid)["debuggees"], session.PATIENCE_S)
        dlv.match("leak: 16 MiB") # a halt that comes before its `continue` halts nothing
        halt(dlv)
        running.wait()
        for attempt in range(3): # on version 1 each line of the kernel's log wakes it, whoever's it is
            try:
                watched.sleeps(watched.watcher_pid(dlv.pid))
                break
            except AssertionError:
                if attempt == 2:
                    raise
        private = watched.private_kib(watched.watcher_pid(dlv.pid))
        tap.true(private <= WATCHER_KIB, f"{private} KiB private memory")


@tap.test(*EVERYWHERE, user="root")
def status_names_the_runtime_and_doctor_its_cure_alone():
    with container() as words:
        for name, sign, cure in (("podman", {"container": "podman"}, "unmask=/sys/fs/cgroup"),
                                 ("devcontainer", {"REMOTE_CONTAINERS": "true"}, "devcontainer.json"),
                                 ("kubernetes", {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "cgroup_writable")):
            went = tap.succeed([*words, tap.dbgscope, "status"], env=CLEAN | sign).stdout
            tap.contains(went, f"in a {name} container")
            tap.contains(went, cure)
            found = json.loads(tap.run([*words, tap.dbgscope, "doctor", "--json", "hierarchy"], env=CLEAN | sign).stdout)
            tap.contains(json.dumps(found), cure)
            for other in {"unmask=", "devcontainer.json", "cgroup_writable"} - {cure.split("/")[0]}:
                tap.true(other not in went, f"{other} is of another runtime\n{went}")


if __name__ == "__main__":
    tap.main()
