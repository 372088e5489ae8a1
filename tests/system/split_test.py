# SPDX-License-Identifier: Apache-2.0
"""Who ends up on which side of the split: repeated runs, probing children, builds, foreign filters, many processes."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import faults
import kernel
import session
import tap
import watched
from faults import CAP, CLEAN, OFF
from session import MIB, Headless, Session

NATIVE = ("host", "pidns")
EVERYWHERE = (*NATIVE, "vm:v2")
MANY = 2000 if session.IN_VM else 10000
# A listener of its own, for no call at all: BPF_RET | BPF_K, SECCOMP_RET_ALLOW.
OWN_FILTER = """
import ctypes, errno, struct
library = ctypes.CDLL(None, use_errno=True)
instruction = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(instruction)))
library.prctl(38, 1, 0, 0, 0)
got = library.syscall({number}, 1, {flags}, program)
print("filter", "made" if got >= 0 else errno.errorcode[ctypes.get_errno()], flush=True)
"""
SECCOMP = {"x86_64": 317, "aarch64": 277}.get(os.uname().machine)
NEW_LISTENER = 8
WHERE = 'python print("inferior", gdb.selected_inferior().pid, [l for l in ' \
        'open(f"/proc/{gdb.selected_inferior().pid}/cgroup").read().split() if l.endswith("/debuggee")] != [])'
GO_FILES = {
    "go.mod": "module sample\n\ngo 1.19\n",
    "main.go": 'package main\n\nimport "time"\n\nfunc main() {\n\ttime.Sleep(time.Hour)\n}\n',
    "main_test.go": 'package main\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestSleep(t *testing.T) {\n'
                    '\ttime.Sleep(time.Hour)\n}\n',
}


def stray_lines(said):
    return [line for line in said.splitlines() if line.startswith("dbgscope: ")]


@tap.test(*EVERYWHERE)
def gdb_runs_twice_and_both_are_capped():
    twice = ("set confirm off", "starti", WHERE, "starti", WHERE, "kill")
    with faults.gdb(*twice, program=[tap.program("alloc"), "1"]) as gdb:
        tap.equal(gdb.wait(), 0, gdb.stderr)
        seen = re.findall(r"^inferior (\d+) (\w+)$", gdb.stdout, re.M)
        tap.equal([where for _, where in seen], ["True", "True"], gdb.stdout)
        tap.true(seen[0][0] != seen[1][0], "two processes")
        tap.equal(stray_lines(gdb.stderr), [])


@tap.test(*NATIVE)
def probing_children_of_a_debugger_are_no_news():
    for _ in range(6):  # they end while the watcher looks at them
        with faults.gdb("run", program=[tap.program("alloc"), "1"]) as gdb:
            tap.equal(gdb.wait(), 0)
            tap.contains(gdb.stdout, "exited normally")
            tap.equal(stray_lines(gdb.stderr), [])
        command = [tap.dbgscope, CAP, OFF, "gdbserver", "--once", "-", tap.program("alloc"), "1"]
        with Session(command, env=CLEAN) as server:  # its stdin ends: it probes, starts the program and kills it
            server.wait()
            tap.equal(stray_lines(server.stderr), [])


@tap.test(*NATIVE)
def processes_a_debuggee_becomes_stay_on_its_side():
    program = ["/bin/sh", "-c", f"{tap.program('alloc')} 1; exec {tap.program('alloc')} 2"]
    follow = ["set follow-fork-mode child", "set detach-on-fork on", "catch exec"]
    with faults.gdb("set confirm off", *follow, "run", WHERE, "continue", WHERE, "kill", program=program) as gdb:
        gdb.wait()
        seen = re.findall(r"^inferior (\d+) (\w+)$", gdb.stdout, re.M)
        tap.true(len(seen) >= 1 and all(where == "True" for _, where in seen), gdb.said())


def members(directory):
    try:
        return (directory / "cgroup.procs").read_text().split()
    except OSError:
        return []  # removed


def go_commands(debugger, found, stop):
    """Collects where the processes are that dlv starts to build, until told to stop."""
    def below(pid):
        for child in kernel.children(pid):
            yield child
            yield from below(child)
    while not stop.is_set():
        for pid in below(debugger):
            with contextlib.suppress(OSError, LookupError):
                where = kernel.memory_cgroup(pid)[1].name  # of an ending process the root; it has no executable then
                name = os.path.basename(session.executable(pid))
                if name in ("go", "compile", "link", "asm", "vet"):
                    found.add((name, where))


@tap.test("host", "pidns")
def build_stays_on_the_debuggers_side():
    for verb, binary in (("debug", "__debug_bin"), ("test", "debug.test")):
        with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
            for name, text in GO_FILES.items():
                pathlib.Path(folder, name).write_text(text)
            with Headless(["--memory-max=512M", OFF], verb, cwd=folder, env=CLEAN) as dlv:
                found, stop = set(), threading.Event()
                watch = threading.Thread(target=go_commands, args=(dlv.pid, found, stop), daemon=True)
                watch.start()
                target = dlv.connect().pid()
                dlv.debuggees.append(target)
                stop.set()
                watch.join()
                tap.true(found and all(where == "debugger" for _, where in found), f"{verb}: {found}")
                tap.true(os.path.basename(session.executable(target)).startswith(binary), session.executable(target))
                watched.check_divided(dlv.pid, target, 512 * MIB)
                dlv.end()


@tap.test("host")
def binary_of_a_killed_dlv_goes_and_others_stay():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        for name, text in GO_FILES.items():
            pathlib.Path(folder, name).write_text(text)
        before = pathlib.Path(folder, "__debug_bin_of_yesterday")
        shutil.copy(tap.program("leak"), before)
        with Headless(["--memory-max=512M", OFF], "debug", cwd=folder, env=CLEAN) as dlv:
            target = dlv.connect().pid()
            built = pathlib.Path(session.executable(target))
            tap.true(built.exists() and built.parent == pathlib.Path(folder), str(built))
            scope = watched.check_divided(dlv.pid, target, 512 * MIB)
            os.kill(dlv.pid, signal.SIGKILL)
            dlv.process.wait(10)
            faults.cleaned_up(scope, target)
            watched.gone_within(lambda: not built.exists(), 10, f"{built} is still there")
        with Headless([CAP, OFF], "exec", before, env=CLEAN) as dlv:
            target, scope = faults.stopped_leak(dlv)
            os.kill(dlv.pid, signal.SIGKILL)
            dlv.process.wait(10)
            faults.cleaned_up(scope, target)
        tap.equal(sorted(os.listdir(folder)), sorted([before.name, *GO_FILES]))


@tap.test(*EVERYWHERE)
def ten_thousand_children_go_with_a_killed_dlv():
    brood = tap.program("brood")
    with Headless(["--memory-max=infinity", OFF], "exec", "--continue", "--accept-multiclient", brood,
                  after=[f"-children={MANY}"], env=CLEAN) as dlv:
        made = int(dlv.match(r"^brood: (\d+) children")[1])
        tap.equal(made, MANY)
        target = dlv.debuggee(brood)
        scope = kernel.memory_cgroup(target)[1].parent
        tap.equal(len(members(scope / "debuggee")), MANY + 1)
        watched.wait_record(dlv.pid)
        os.kill(dlv.pid, signal.SIGKILL)
        dlv.process.wait(10)
        seconds = 60 if session.IN_VM else 5
        watched.gone_within(lambda: not members(scope / "debuggee"), seconds, "children of the debuggee")
        watched.gone_within(lambda: not scope.exists(), seconds, f"{scope} is still there")


@tap.test(*NATIVE, user="root")
def setuid_debugger_has_no_filter_and_the_plan_says_so():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        copy = pathlib.Path(folder, "gdb")
        shutil.copy(session.real("gdb"), copy)
        copy.chmod(copy.stat().st_mode | stat.S_ISUID)
        env = CLEAN | {"PATH": f"{folder}:{os.environ['PATH']}", "DBGSCOPE_QUIET": "no"}
        where = 'python print("parts", open("/proc/self/cgroup").read().count("/debugger"))'
        commands = (where, "starti", WHERE, "shell sleep 1", "kill")
        with faults.gdb(*commands, program=[tap.program("alloc"), "1"], env=env) as gdb:
            gdb.match("parts 0")
            tap.equal(session.executable(gdb.pid), str(copy))
            tap.equal(gdb.wait(), 0, gdb.stderr)
            tap.true(re.search(r"^inferior \d+ False$", gdb.stdout, re.M), gdb.stdout)
            tap.contains(gdb.stderr, "memory limit 192M (cap 128M + 64M for gdb)")
        said = faults.left_out(CAP, "gdb", tap.program("alloc"), env=env)
        tap.contains(said, f"split and fuse, so the debuggee alone is not bounded: {copy} is setuid")


@tap.test(*NATIVE)
def filter_inside_a_filter_is_given_up_and_said():
    inner = f"{tap.dbgscope} {CAP} {OFF} gdb -nx -batch -ex run --args {tap.program('alloc')} 1"
    with faults.gdb(f"shell env -u DBGSCOPE_SESSION {inner}", options=("--memory-max=512M", OFF),
                    program=[tap.program("alloc")]) as outer:
        tap.equal(outer.wait(), 0, outer.stderr)
        tap.contains(outer.stdout, "exited normally", outer.stderr)
        own = [line for line in stray_lines(outer.stderr) if "the session leaves " not in line]  # the outer one's scope
        tap.equal(len(own), 1, outer.stderr)
        tap.contains(outer.stderr, "this process is inside another program's seccomp listener")


@tap.test(*NATIVE)
def debuggee_with_a_notify_filter_of_its_own_gets_ebusy():
    if SECCOMP is None:
        tap.skip(f"number of seccomp(2) on {os.uname().machine} is not known here")
    for flags, result in ((NEW_LISTENER, "filter EBUSY"), (0, "filter made")):
        program = faults.python(OWN_FILTER.format(number=SECCOMP, flags=flags))
        with faults.gdb("run", program=program) as gdb:
            gdb.wait()
            tap.contains(gdb.stdout, result, gdb.stderr)
            tap.contains(gdb.stdout, "exited normally")
    with faults.gdb("run", options=("--split=off", CAP), program=faults.python(
            OWN_FILTER.format(number=SECCOMP, flags=NEW_LISTENER))) as gdb:
        gdb.wait()
        tap.contains(gdb.stdout, "filter made", gdb.stderr)


@tap.test("vm:v2", user="dev")
def ordinary_user_has_the_split_without_root():
    with faults.leak() as dlv:
        target, scope = faults.stopped_leak(dlv)
        watched.check_divided(dlv.pid, target, 128 * MIB)
        tap.contains(str(scope), f"/user@{os.getuid()}.service/")
        for pid in (dlv.pid, target):
            tap.equal((watched.status_field(pid, "NoNewPrivs"), watched.status_field(pid, "Seccomp")), ("1", "2"))
        tap.equal(watched.status_field(watched.watcher_pid(dlv.pid), "NoNewPrivs"), "0")
        tap.true(watched.oom_score_adj(target) > watched.oom_score_adj(dlv.pid), "the debuggee is to die first")
        name = session.session_name(dlv.pid)
        os.kill(dlv.pid, signal.SIGKILL)
        dlv.process.wait(10)
        faults.cleaned_up(scope, target)
        tap.equal(watched.ended_record(name)["uid"], os.getuid())
        file = watched.history_file()
        tap.equal(stat.S_IMODE(file.stat().st_mode), 0o600, str(file))
    report = json.loads(tap.succeed([tap.dbgscope, "ps", "--json"]).stdout)
    tap.true(all(entry["id"] != name for entry in report), "it is not listed any more")


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
