# SPDX-License-Identifier: Apache-2.0
"""The watcher when something is missing, full, closed or behaves badly: the session goes on and is cleaned up after."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import faults
import kernel
import session
import tap
import watched
from faults import CAP, CLEAN, OFF
from session import MIB

NATIVE = ("host", "pidns")
EVERYWHERE = (*NATIVE, "vm:v2")
TOO_MUCH = "512"


def name_of(debugger):
    return watched.wait_record(debugger)["id"]


def fill(descriptor):
    """Until nothing more fits; O_NONBLOCK only on a description of our own."""
    with contextlib.suppress(BlockingIOError):
        if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            with socket.socket(fileno=os.dup(descriptor)) as sock:
                while True:
                    sock.send(b"x", socket.MSG_DONTWAIT)
        writer = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
        while True:
            os.write(writer, b"x")


@contextlib.contextmanager
def killed_debuggee_with_stderr(write_end, before_it_runs=lambda: None):
    """gdb whose program is killed for memory, with this as stderr; the record's last state."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        go = pathlib.Path(folder, "go")
        os.mkfifo(go)
        command = [tap.dbgscope, "--memory-max=64M", OFF, *session.GDB, "-ex", f"shell read x < {go}", "-ex", "run",
                   "-ex", "quit 7", "--args", tap.program("alloc"), TOO_MUCH]
        environment = {key: value for key, value in os.environ.items() if key not in CLEAN}
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write_end,
                                   env=environment)
        try:
            name = name_of(process.pid)
            scope = watched.scope_directory(process.pid)
            before_it_runs()
            go.write_text("\n")
            tap.equal(process.wait(session.PATIENCE_S), 7, "gdb's status")
            faults.cleaned_up(scope)
            yield watched.ended_record(name)
        finally:
            process.kill()
            process.wait()


def check_unsaid(record):
    tap.true(any("killed for memory" in line for line in record["verdicts"]), str(record))
    tap.true(any("killed for memory" in line for line in record["unsaid"]), f"not among the unsaid: {record['unsaid']}")


@tap.test(*EVERYWHERE)
def full_stderr_stops_nobody():
    for make in (os.pipe, lambda: [end.detach() for end in socket.socketpair()]):
        read_end, write_end = make()
        with killed_debuggee_with_stderr(write_end, lambda: fill(write_end)) as record:
            check_unsaid(record)
        os.set_blocking(read_end, False)
        tap.true(os.get_blocking(write_end), "O_NONBLOCK on a description that others share")
        os.close(write_end)
        os.close(read_end)


@tap.test(*NATIVE)
def line_arrives_on_a_socket():
    read_end, write_end = socket.socketpair()
    with killed_debuggee_with_stderr(write_end.fileno()) as record:
        write_end.close()
        said = b"".join(iter(lambda: read_end.recv(4096), b"")).decode()
        tap.contains(said, "dbgscope: debuggee killed for memory: alloc (pid ")
        tap.equal(record["unsaid"], [])
    read_end.close()


@tap.test(*NATIVE)
def reader_of_stderr_that_leaves_kills_nobody():
    read_end, write_end = os.pipe()
    with killed_debuggee_with_stderr(write_end, lambda: os.close(read_end)) as record:
        check_unsaid(record)
    os.close(write_end)
    read_end, write_end = os.pipe()
    os.close(read_end)
    early = subprocess.run([tap.dbgscope, CAP, *session.GDB, "-ex", "quit 7"], stdin=subprocess.DEVNULL,
                           stderr=write_end)
    tap.equal(early.returncode, 7, "status when nobody reads stderr from the start")
    os.close(write_end)


@tap.test(*NATIVE)
def closed_stderr_keeps_the_record():
    for extra in ([], [0, 1]):
        with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
            names = pathlib.Path(folder, "names")
            tell = f'shell echo "$DBGSCOPE_SESSION" > {names}'
            command = [tap.dbgscope, "--memory-max=64M", OFF, *session.GDB, "-ex", tell, "-ex", "run", "-ex", "quit 7",
                       "--args", tap.program("alloc"), TOO_MUCH]
            shell = " ".join(f"{fd}<&-" if fd == 0 else f"{fd}>&-" for fd in [*extra, 2])
            went = tap.run(["sh", "-c", f'exec "$@" {shell}', "sh", *command], env=CLEAN, timeout=session.PATIENCE_S)
            tap.equal(went.rc, 7)
            check_unsaid(watched.ended_record(names.read_text().strip()))


@tap.test(*EVERYWHERE)
def what_the_kernel_lacks_is_done_without():
    for lacking in ("no-pidfd", "no-cgroup-kill", "no-seccomp-notify"):
        with faults.leak("--quiet=no", f"--assume={lacking}") as dlv:
            rpc = dlv.connect()
            rpc.break_at("main.leakForever")
            tap.equal(rpc.run_on(), ("main.leakForever", False), lacking)
            target, directory = rpc.pid(), kernel.memory_cgroup(dlv.pid)[1]
            split = lacking != "no-seccomp-notify"
            tap.equal(kernel.memory_cgroup(target)[1], directory.parent / "debuggee" if split else directory, lacking)
            said = "cap 128M for the debuggee" if split else r"memory limit 192M \(cap 128M \+ 64M for dlv\)"
            dlv.match(said)
            name = session.session_name(dlv.pid)
            watched.wait_record(dlv.pid)
            os.kill(dlv.pid, signal.SIGKILL)
            dlv.process.wait(10)
            faults.cleaned_up(directory.parent if split else directory, target)
            tap.equal(watched.ended_record(name)["split"], split, lacking)
    lost = faults.left_out("--assume=no-seccomp-notify", CAP, "dlv", "exec", tap.program("leak"))
    tap.contains(lost, "split and fuse, so the debuggee alone is not bounded: --assume no-seccomp-notify")
    forced = tap.run([tap.dbgscope, "--assume=no-seccomp-notify", "--require=split", CAP, *session.GDB, "-ex", "quit"])
    tap.equal((forced.rc, forced.stdout), (125, ""), forced.stderr)


# Said whatever becomes of the record.
EXPECTED = ("ended by SIGKILL", "ended with the session: ")


def works_without_a_record():
    with faults.leak() as dlv:
        target, scope = faults.stopped_leak(dlv)
        watched.check_divided(dlv.pid, target, 128 * MIB)
        os.kill(dlv.pid, signal.SIGKILL)
        dlv.process.wait(10)
        faults.cleaned_up(scope, target)
        own = [line for line in dlv.stderr.splitlines() if line.startswith("dbgscope: ")]
        tap.equal([line for line in own if not any(said in line for said in EXPECTED)], [], "said")


@tap.test(*NATIVE, user="root")
def full_disk_at_the_record_is_survived():
    faults.own_mounts("/run/dbgscope", "/var/lib/dbgscope", options="mode=0700,size=4k")
    for directory in ("/run/dbgscope", "/var/lib/dbgscope"):
        with contextlib.suppress(OSError), open(f"{directory}/full", "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
    works_without_a_record()
    tap.equal(os.listdir("/run/dbgscope"), ["full"], "left in the runtime directory")


@tap.test(*NATIVE, user="root")
def runtime_directory_nobody_can_use_is_survived():
    faults.own_mounts("/run/dbgscope", "/var/lib/dbgscope", options="mode=0700,ro")
    works_without_a_record()
    faults.own_mounts("/run/dbgscope", options="mode=0777")  # others could put records there
    works_without_a_record()
    tap.equal(os.listdir("/run/dbgscope"), [])


UNCAPPED = "this session is not watched, and the debuggee's cap does not hold: "
TRACED_CHILD = """#!/usr/bin/python3 -I
import ctypes, os
child = os.fork()
if child == 0:
    libc = ctypes.CDLL(None, use_errno=True)
    print(libc.ptrace(0, 0, 0, 0), ctypes.get_errno(), open("/proc/self/oom_score_adj").read().strip(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@tap.test("host", user="root")
def with_few_descriptors_the_debugger_goes_on():
    """Whatever the watcher has none left for: PTRACE_TRACEME behind its filter succeeds, at no lowered OOM score."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        debugger = pathlib.Path(folder, "gdb")
        debugger.write_text(TRACED_CHILD)
        debugger.chmod(0o755)
        said = set()
        for count in range(7, 20):
            went = tap.run(["prlimit", f"--nofile={count}", tap.dbgscope, "--memory-max=64M", f"--debuggers-gdb={debugger}",
                            "gdb", "/usr/bin/true"], env=CLEAN)
            tap.equal(went.rc, 0, f"{count}: {went.stderr}")
            code, error, score = map(int, went.stdout.split())
            tap.equal((code, error), (0, 0), f"{count}: {went.stderr}")
            tap.true(score >= 0, f"{count}: {score}")
            said |= {part for part in ("share one limit", UNCAPPED, "cannot be moved", "no fuse") if part in went.stderr}
        if kernel.memory_cgroup()[0] == 1:
            tap.equal(said, {"share one limit", UNCAPPED, "cannot be moved", "no fuse"}, "each was met on the way")


@tap.test("host")
def two_sessions_of_one_name_are_both_there():
    sleep = ("shell sleep 30",)
    name = f"dbgscope-test-{os.getpid()}"
    options = ("--backend=cgroupfs", f"--unit={name}", CAP)
    with faults.gdb(*sleep, options=options) as one, faults.gdb(*sleep, options=options) as other:
        for each in (one, other):
            tap.equal(watched.wait_record(each.pid)["id"], name)
        listed = tap.succeed([tap.dbgscope, "ps"]).stdout
        tap.equal(sorted(re.findall(rf"^{name} +gdb (\d+) ", listed, re.M)), sorted(str(e.pid) for e in (one, other)))
        asked = tap.run([tap.dbgscope, "stop", name])
        tap.equal((asked.rc, asked.stdout), (125, ""))
        tap.contains(asked.stderr, f"it may be any of {name}.{min(one.pid, other.pid)}, {name}.")
        tap.succeed([tap.dbgscope, "stop", f"{name}.{one.pid}"])
        tap.equal((session.alive(one.pid), session.alive(other.pid)), (False, True))
        tap.succeed([tap.dbgscope, "stop", name])  # now it is clear
        tap.true(not session.alive(other.pid), "the other one lives")


@tap.test("vm:v2", user="root")
def debuggee_that_leaves_its_cgroup_is_warned_of():
    outside = pathlib.Path(f"/sys/fs/cgroup/dbgscope-test-{os.getpid()}")
    outside.mkdir()
    try:
        leave = faults.python(f'import os, time; open("{outside}/cgroup.procs", "w").write(str(os.getpid())); '
                              'print("left", flush=True); time.sleep(60)')
        with faults.gdb("run", program=leave) as gdb:
            gdb.match("^left")
            warned = gdb.match(r"dbgscope: \S+ \(pid (\d+)\) has left its cgroup: the cap of 128M does not hold")
            pid = int(warned[1])
            tap.true(session.alive(pid), "it is only warned of")
            os.kill(gdb.pid, signal.SIGKILL)
            gdb.process.wait(10)
            tap.equal(gdb.stderr.count(faults.ESCAPED), 1, gdb.stderr)
            os.kill(pid, signal.SIGKILL)
    finally:
        tap.wait_until(lambda: not (outside / "cgroup.procs").read_text(), 10, message=f"{outside} is empty")
        outside.rmdir()


V1 = pathlib.Path("/sys/fs/cgroup/memory")
LEAVE = """
import ctypes, os, time
ptrace = ctypes.CDLL(None).ptrace
time.sleep({wait})
open("{outside}/cgroup.procs", "w").write(str(os.getpid()))
print("left", flush=True)
end = time.monotonic() + 60
while time.monotonic() < end:
    if {calls}:
        ptrace(0, 0, None, None)
    time.sleep(0.02)
"""


@contextlib.contextmanager
def outside_v1():
    if not (V1 / "cgroup.procs").exists():
        tap.skip("no memory controller of cgroup v1 here")
    outside = V1 / f"dbgscope-test-{os.getpid()}"
    outside.mkdir()
    try:
        yield outside
    finally:
        for pid in map(int, (outside / "cgroup.procs").read_text().split()):
            session.kill(pid)
        tap.wait_until(lambda: not (outside / "cgroup.procs").read_text(), 10, message=f"{outside} is empty")
        outside.rmdir()


@tap.test("host", user="root")
def a_debuggee_that_calls_again_and_again_is_looked_at():
    with outside_v1() as outside:
        with faults.gdb("run", program=faults.python(LEAVE.format(outside=outside, wait=0, calls=True))) as gdb:
            gdb.match("^left")
            gdb.match(r"dbgscope: \S+ \(pid (\d+)\) has left its cgroup: the cap of 128M does not hold")


@tap.test("host", user="root")
def a_debuggee_that_leaves_late_is_told_of_when_it_works():
    """v1 has no cgroup.events: it is seen at whatever wakes the watcher next, and a program that works does."""
    with outside_v1() as outside:
        leave = LEAVE.format(outside=outside, wait=2, calls=False).replace("time.sleep(0.02)", "pass")
        with faults.gdb("run", program=faults.python(leave)) as gdb:
            gdb.match("^left")
            gdb.match(r"dbgscope: \S+ \(pid (\d+)\) has left its cgroup: the cap of 128M does not hold")


@tap.test("host", user="root")
def a_debuggee_that_leaves_late_is_shown_by_ps():
    with outside_v1() as outside:
        with faults.gdb("run", program=faults.python(LEAVE.format(outside=outside, wait=0.5, calls=False))) as gdb:
            gdb.match("^left")
            listed = tap.succeed([tap.dbgscope, "ps"]).stdout
            tap.contains([line for line in listed.splitlines() if f"gdb {gdb.pid} " in line][0], "running, outside its cap")


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
