# SPDX-License-Identifier: Apache-2.0
"""Real debuggers on real programs in a real scope: dlv, gdbserver and gdb through the binary people run."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
import watched
from session import MIB, Headless, Session

EVERYWHERE = ("host", "pidns", "vm:v2", "vm:hybrid", "vm:legacy")
V1 = ("vm:hybrid", "vm:legacy")
VM = ("vm:v2", *V1)
CAP = "--memory-max=128M"
GO_LIMIT = str(112 * MIB)  # the cap less 16 MiB
TOTAL = 192 * MIB          # the cap and 64 MiB for the debugger
CLI = ["exec", "--allow-non-terminal-interactive=true"]
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
READ_CGROUP = 'python print(open(f"/proc/{gdb.selected_inferior().pid}/cgroup").read())'
GO_FILES = {
    "go.mod": "module sample\n\ngo 1.19\n",
    "main.go": 'package main\n\nimport "os"\n\nfunc answer(n int) int {\n\treturn n + 1\n}\n\n'
               'func main() {\n\tos.Exit(answer(41) - 42)\n}\n',
    "main_test.go": 'package main\n\nimport "testing"\n\nfunc TestAnswer(t *testing.T) {\n'
                    '\tif answer(41) != 42 {\n\t\tt.Fail()\n\t}\n}\n',
}


@contextlib.contextmanager
def go_module():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        for name, text in GO_FILES.items():
            pathlib.Path(folder, name).write_text(text)
        yield folder


def scope_of(pid, part=""):
    """Directory of the session's scope that holds a process, in itself or in its part `debugger` or `debuggee`."""
    directory = kernel.memory_cgroup(pid)[1]
    if part:
        tap.equal(directory.name, part, f"{directory}")
        directory = directory.parent
    name = session.session_name(pid)
    tap.true(name and name in directory.name, f"{directory} is not that of session {name!r}")
    return directory


def check_held(debugger, debuggee, cap=128 * MIB, total=TOTAL):
    """Each is in its own part of one scope, and the limits of the debuggee and of both are in force."""
    directory = scope_of(debuggee, "debuggee")
    tap.equal(scope_of(debugger, "debugger"), directory, "scope of the debugger and of the debuggee")
    version, _ = kernel.memory_cgroup()
    file = "memory.limit_in_bytes" if version == 1 else "memory.max"
    tap.equal(int((directory / file).read_text()), total, "limit of the scope in force")
    # v1 keeps the limit at the fuse line and lends the rest; page counters are whole pages
    fused = (cap - max(cap // 20, 8 * MIB)) // 4096 * 4096
    in_force = kernel.memory_limit(debuggee)
    tap.true(in_force == cap or (version == 1 and in_force == fused), f"cap in force: {in_force}")
    return directory


def dlv_session(*options, env=None, check=lambda dlv, directory: None):
    """The core: breakpoint, variable, limit and environment from outside and inside, the end."""
    program = tap.program("leak")
    with Headless([CAP, *options], "exec", program, after=["-max-mib=1"],
                  env=CLEAN | {"DBGSCOPE_QUIET": "no"} | (env or {})) as dlv:
        rpc = dlv.connect()
        rpc.break_at("main.leakForever")
        tap.equal(rpc.run_on(), ("main.leakForever", False), "where it stopped")
        tap.equal(rpc.evaluate("s.mibPerStep"), "1")
        target = dlv.debuggee(program)
        tap.equal((rpc.pid(), session.executable(dlv.pid)), (target, session.real("dlv")), "the pid is dlv's")
        directory = check_held(dlv.pid, target)
        tap.equal(kernel.environment(target).get("GOMEMLIMIT"), GO_LIMIT)
        price = "" if os.geteuid() == 0 else "; sudo inside gains no rights (--split=off)"
        tap.contains(dlv.stderr, f"cap 128M for the debuggee (fuse at 120M), 192M in all, GOMEMLIMIT 112M{price}\n")
        check(dlv, directory)
        tap.equal(rpc.run_on(), (None, True), "it ran to its end")
        tap.equal(dlv.end(), 0, "dlv's status")
    return directory


def gdbserver_session(*options, env=None):
    """gdb connects by TCP; GOMEMLIMIT is the debuggee's alone."""
    program = tap.program("leak")
    command = [tap.dbgscope, CAP, *options, "gdbserver", "--once", "127.0.0.1:0", program, "-max-mib=1"]
    with Session(command, env=CLEAN | (env or {})) as server:
        port = server.match(r"Listening on port (\d+)")[1]
        target = server.debuggee(program)
        check_held(server.pid, target)
        tap.equal(session.executable(server.pid), session.real("gdbserver"))
        tap.equal(kernel.environment(server.pid).get("GOMEMLIMIT"), None, "GOMEMLIMIT of gdbserver")
        tap.equal(kernel.environment(target).get("GOMEMLIMIT"), GO_LIMIT, "GOMEMLIMIT of the debuggee")
        said = session.gdb(f"target remote 127.0.0.1:{port}", "break main.leakForever", "continue",
                           "print s.mibPerStep", "delete", "continue", program=program)
        for part in ("hit Breakpoint 1, main.leakForever", "$1 = 1\n", "exited normally"):
            tap.contains(said.stdout, part, said.stderr)
        tap.equal((server.wait(), server.stdout), (0, ""), server.stderr)


@tap.test("host", "pidns", user="root")
def what_is_true_of_every_gdbserver_is_said_once_a_day():
    mark = watched.live_directory() / "said.listens-everywhere"
    mark.unlink(missing_ok=True)

    def says():
        command = [tap.dbgscope, CAP, "gdbserver", "--once", "127.0.0.1:0", tap.program("leak"), "-max-mib=1"]
        with Session(command, env=CLEAN) as server:
            server.match(r"Listening on port \d+")
            return "gdbserver ignores the host in 127.0.0.1:0 and listens on every address" in server.stderr
    tap.equal([says(), says()], [True, False])
    day = 24 * 60 * 60
    os.utime(mark, (time.time() - day - 60,) * 2)
    tap.equal([says(), says()], [True, False], "a day later")


@tap.test(*EVERYWHERE, user="root")
def dlv_exec_breakpoint_variable_limit():
    def unit_is_shown(dlv, directory):
        if os.environ.get("DBGSCOPE_TEST_ENV", "host") == "host":
            tap.true(session.DEAD_SESSION.fullmatch(directory.name), directory.name)
            return
        tap.equal(directory.name, f"{session.session_name(dlv.pid)}.scope")
        names = ["-pMemoryMax", "-pOOMPolicy", "-pDelegate", "-pSlice"]
        shown = tap.succeed(["systemctl", "show", directory.name, *names])
        tap.equal(sorted(shown.stdout.split()),
                  ["Delegate=yes", f"MemoryMax={TOTAL}", "OOMPolicy=continue", "Slice=system.slice"])
    directory = dlv_session(check=unit_is_shown)
    if directory.name.endswith(".scope"):
        tap.wait_until(lambda: not directory.exists(), message=f"{directory} is gone")
        tap.contains(tap.run(["systemctl", "show", directory.name, "-pLoadState"]).stdout, "not-found")


@tap.test(*EVERYWHERE, user="root")
def gdbserver_limits_and_only_the_debuggee_has_gomemlimit():
    session.loopback_only()
    gdbserver_session()


@tap.test("vm:v2", user="dev", debian=("12",))
def user_manager_is_used_with_and_without_runtime_dir():
    def in_user_manager(_, directory):
        tap.contains(str(directory), f"/user@{os.getuid()}.service/")
    dlv_session(env={"XDG_RUNTIME_DIR": None, "DBUS_SESSION_BUS_ADDRESS": None}, check=in_user_manager)
    gdbserver_session()


@tap.test("vm:v2", user="dev", debian=("13",))
def user_manager_holds_a_session():
    dlv_session(check=lambda _, directory: tap.contains(str(directory), f"/user@{os.getuid()}.service/"))


@tap.test(*V1, user="dev")
def v1_user_manager_is_not_taken_for_a_limit():
    """It accepts MemoryMax= and enforces nothing."""
    own = kernel.memory_cgroup()[1]
    hello = [*CLI, tap.program("hello")]
    went = tap.run([tap.dbgscope, CAP, "dlv", *hello], input="continue\nexit\n", env=CLEAN, timeout=session.PATIENCE_S)
    said = hello_report(went.stdout)
    tap.true(any(str(own).endswith(line.split(":", 2)[2]) for line in said["cgroup"] if ":memory:" in line), said)
    own_lines = [line for line in went.stderr.splitlines() if line.startswith("dbgscope: ")]
    tap.equal(len(own_lines), 1, went.stderr)
    tap.contains(own_lines[0], "not enforced")
    forced = tap.run([tap.dbgscope, "--user", CAP, "dlv", *hello], input="continue\nexit\n", env=CLEAN,
                     timeout=session.PATIENCE_S)
    hello_report(forced.stdout)
    tap.contains(forced.stderr, "dbgscope: cannot enforce the memory limit of 192M: ")
    hard = tap.run([tap.dbgscope, "--user", CAP, "--require=limit", "dlv", *hello], timeout=session.PATIENCE_S)
    tap.equal((hard.rc, hard.stdout), (125, ""), hard.stderr)
    tap.true(not re.search("running in .*(cap|memory limit)", forced.stderr), f"says there is a limit: {forced.stderr}")


def hello_report(stdout):
    found = re.search(r'\{"GODEBUG.*\}', stdout)
    tap.true(found, f"hello printed no report:\n{stdout}")
    return json.loads(found[0])


@tap.test("host", user="root")
def program_sees_its_limits_from_inside():
    with tempfile.NamedTemporaryFile("w", suffix=".init") as init:
        init.write("break main.main\ncontinue\nprint 6*7\ncontinue\nexit\n")
        init.flush()
        went = tap.run([tap.dbgscope, CAP, "dlv", *CLI, f"--init={init.name}", tap.program("hello"), "--", "a b"],
                       env=CLEAN)
    tap.equal(went.rc, 0, went.stderr)
    tap.contains(went.stdout, "main.main() ")
    tap.contains(went.stdout, "42\n")
    said = hello_report(went.stdout)
    tap.equal((said["GOMEMLIMIT"], said["GODEBUG"], said["args"]), (GO_LIMIT, "", ["a b"]))
    tap.true(any(":memory:" in line and "/dbgscope.dlv" in line for line in said["cgroup"]), said["cgroup"])


@tap.test("host", user="root")
def own_gomemlimit_is_kept():
    went = tap.run([tap.dbgscope, CAP, "dlv", *CLI, tap.program("hello")], input="continue\nexit\n",
                   env=CLEAN | {"GOMEMLIMIT": "64MiB"})
    tap.equal(hello_report(went.stdout)["GOMEMLIMIT"], "64MiB")
    above = tap.run([tap.dbgscope, CAP, "dlv", *CLI, tap.program("hello")], input="continue\nexit\n",
                    env=CLEAN | {"GOMEMLIMIT": "4GiB"})
    tap.equal(hello_report(above.stdout)["GOMEMLIMIT"], "4GiB")
    tap.true("4GiB" in above.stderr and "4GiB" not in went.stderr, f"warned of what is above the cap:\n{above.stderr}")
    bare = tap.run([tap.dbgscope, CAP, "gdb", "--version"], env=CLEAN)
    tap.true("GOMEMLIMIT" not in bare.stderr, bare.stderr)


@tap.test("host", user="root")
def dlv_debug_and_test_build_within_the_limit():
    for verb, function in (("debug", "main.answer"), ("test", "sample.TestAnswer")):
        with go_module() as folder, Headless(["--memory-max=512M"], verb, cwd=folder, env=CLEAN) as dlv:
            rpc = dlv.connect()
            rpc.break_at(function)
            tap.equal(rpc.run_on(), (function, False), verb)
            if verb == "debug":
                tap.equal(rpc.evaluate("n"), "41")
            dlv.debuggees.append(rpc.pid())
            check_held(dlv.pid, rpc.pid(), 512 * MIB, (512 + 1024) * MIB)
            tap.equal(kernel.environment(rpc.pid()).get("GOMEMLIMIT"), str(512 * MIB - 512 * MIB // 10))
            tap.equal(dlv.end(), 0)


@tap.test("host", "pidns", user="root")
def too_much_memory_kills_in_the_scope_and_nowhere_else():
    command = ["--memory-max=64M", "--memory-swap-max=0", "--fuse-action=off"]
    with Session([tap.program("leak"), "-max-mib=256", "-mib-per-step=256", "-step-ms=60000"]) as bystander:
        bystander.match("leak: 256 MiB")
        with Headless(command, "exec", "--accept-multiclient", "--continue", tap.program("leak"),
                      after=["-mib-per-step=4"], env=CLEAN) as dlv:
            directory = check_held(dlv.pid, dlv.debuggee(tap.program("leak")), 64 * MIB, 128 * MIB)
            tap.wait_until(lambda: kernel.oom_kills(directory / "debuggee"), session.PATIENCE_S, message="a kill")
            tap.equal(kernel.oom_kills(directory / "debugger"), 0, "kills on the debugger's side")
            tap.true(session.alive(dlv.pid), "the debugger lives")
            tap.true(session.alive(bystander.pid), "a larger process outside lives")
    said = tap.run([tap.dbgscope, "-q", *command, *session.GDB, "-ex", "run", "--args", tap.program("alloc"), "512"])
    tap.contains(said.stdout, "terminated with signal SIGKILL", said.stderr)


@tap.test("host", "pidns", user="root")
def gdbserver_on_a_pipe_has_a_clean_stdout():
    program = tap.program("leak")
    with tempfile.NamedTemporaryFile() as stream:
        server = f"{tap.dbgscope} -q {CAP} gdbserver - {program} -max-mib=1 | tee {stream.name}"
        said = session.gdb(f"target remote | {server}", "break main.leakForever", "continue", "print s.mibPerStep",
                           READ_CGROUP, "delete", "continue", program=program, env=CLEAN)
        sent = stream.read()
    for part in ("hit Breakpoint 1, main.leakForever", "$1 = 1\n", "exited normally", "gdbserver-"):
        tap.contains(said.stdout, part, said.stderr)
    tap.true("dbgscope: " not in said.stderr, said.stderr)
    # "+$PacketSize=47ff;...#2a", notifications begin with %; anything else is not the protocol's
    foreign = re.sub(rb"[$%][^#]*#[0-9a-f]{2}|[+-]", b"", sent)
    tap.equal((sent[:1], foreign), (b"+", b""), "what gdb was sent")


@tap.test("host", "pidns", user="root")
def gdb_itself_holds_its_program():
    commands = ["-ex", "run", "-ex", "quit 7"]
    said = tap.run([tap.dbgscope, CAP, *session.GDB, *commands, "--args", tap.program("hello"), "x"], env=CLEAN)
    tap.equal(said.rc, 7, said.stderr)
    report = hello_report(said.stdout)
    tap.equal((report["GOMEMLIMIT"], report["args"]), (GO_LIMIT, ["x"]))
    tap.true(any(":memory:" in line and "gdb-p" in line for line in report["cgroup"]), report["cgroup"])


@tap.test("host", user="root")
def output_and_status_are_the_debuggers_own():
    commands = "break main.leakForever\ncontinue\nprint s.mibPerStep\ncontinue\nexit\n"
    for words, rc in ((["dlv", "version"], 0), (["dlv", "dap", "--log-output=x"], 1), (["dlv", "exec", "/none"], 1),
                      (["dlv", *CLI, tap.program("leak"), "--", "-max-mib=1"], 0),
                      ([*session.GDB, "-ex", "quit 3"], 3)):
        bare, ours = (tap.run([*launcher, *words], input=commands, env=CLEAN) for launcher in ([], [tap.dbgscope]))
        scrub = [re.sub(r"goroutine\(\d+\)", "", r.stdout) for r in (bare, ours)]  # the scheduler's choice
        tap.equal((ours.rc, scrub[1]), (rc, scrub[0]), str(words))
        tap.equal(bare.rc, rc, str(words))
    quiet = tap.run([tap.dbgscope, "dlv", "version"], env=CLEAN)
    tap.equal(quiet.stderr, tap.run(["dlv", "version"]).stderr, "no debuggee, no word")


def descriptors(pid):
    kinds = {int(n): re.sub(r"\d+", "N", os.readlink(f"/proc/{pid}/fd/{n}")) for n in os.listdir(f"/proc/{pid}/fd")}
    return dict(sorted(kinds.items()))


@tap.test("host", user="root")
def dlv_has_no_descriptor_more_and_signals_reach_it():
    def sessions(number):
        read_end, write_end = os.pipe()
        for launcher in (["dlv"], [tap.dbgscope, CAP, "dlv"]):
            with Headless([], "exec", tap.program("leak"), launcher=launcher, env=CLEAN, pass_fds=(write_end,)) as dlv:
                target = dlv.connect().pid()
                dlv.debuggees.append(target)
                tap.equal(session.executable(dlv.pid), session.real("dlv"))
                open_now = descriptors(dlv.pid)
                dlv.process.send_signal(number)
                yield open_now, dlv.wait(), session.time_limited(lambda: session.alive(target), 0.3)
        os.close(read_end)
        os.close(write_end)
    for number in (signal.SIGINT, signal.SIGTERM):
        bare, ours = sessions(number)
        tap.equal(ours, bare, f"descriptors, status after {number.name}, debuggee alive")
        tap.equal(ours[2], False, "the debuggee lives on")


@tap.test("host", "pidns", user="root")
def attach_limits_nothing():
    target = subprocess.Popen([tap.program("leak"), "-mib-per-step=0"], env={"PATH": os.environ["PATH"]})
    before = kernel.memory_cgroup(target.pid)
    try:
        with Headless([CAP], "attach", target.pid, env=CLEAN) as dlv:
            rpc = dlv.connect()
            tap.equal(rpc.pid(), target.pid)
            tap.equal(kernel.memory_limit(dlv.pid), None)
            scope_of(dlv.pid)
            tap.equal(kernel.environment(dlv.pid).get("GOMEMLIMIT"), None)
            tap.equal(kernel.memory_cgroup(target.pid), before, "the cgroup of what it looks at")
            rpc.detach(kill=False)
            tap.equal(dlv.wait(), 0, dlv.said())
        tap.true(session.alive(target.pid), "it lives after the debugger has left")
    finally:
        target.kill()
        target.wait()


@tap.test("host", "pidns", user="root")
def inside_a_session_there_is_no_second_one():
    inner = [tap.dbgscope, CAP, "dlv", *CLI, tap.program("hello")]
    went = tap.run([tap.dbgscope, "run", "-q", "--memory-max=256M", "--", *inner], input="continue\nexit\n", env=CLEAN)
    report = hello_report(went.stdout)
    memory = [line for line in report["cgroup"] if ":memory:" in line]
    tap.equal(memory[0].count("run-p"), 1, str(memory))
    tap.true("dlv-" not in memory[0], memory[0])
    tap.true("dbgscope: " not in went.stderr, f"said by the inner one: {went.stderr}")


@tap.test("host", user="root")
def link_named_dlv_is_dlv_and_never_a_loop():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        os.symlink(tap.dbgscope, f"{folder}/dlv")
        env = CLEAN | {"PATH": f"{folder}:{os.environ['PATH']}", "DBGSCOPE_MEMORY_MAX": "128M"}
        with Headless([], "exec", tap.program("leak"), launcher=["dlv"], env=env) as dlv:
            rpc = dlv.connect()
            tap.equal(session.executable(dlv.pid), session.real("dlv"))
            check_held(dlv.pid, dlv.debuggee(tap.program("leak")))
            tap.equal(dlv.end(), 0)
        alone = tap.run([f"{folder}/dlv", "version"], env=env | {"PATH": folder})
        tap.equal((alone.rc, alone.stdout), (127, ""), alone.stderr)
        tap.contains(alone.stderr, "dlv")


@tap.test("host", user="root")
def required_limit_that_cannot_be_had_starts_nothing():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        started = pathlib.Path(folder, "started")
        command = [tap.dbgscope, "--backend=none", "--memory-max=128M"]
        debugger = [*session.GDB, "-ex", f"shell touch {started}"]
        hard = tap.run([*command, "--require=limit", *debugger])
        tap.equal((hard.rc, hard.stdout, started.exists()), (125, "", False), hard.stderr)
        soft = tap.run([*command, *debugger])
        tap.equal((soft.rc, started.exists()), (0, True), soft.stderr)
        tap.equal(len([s for s in soft.stderr.splitlines() if s.startswith("dbgscope: ")]), 1, soft.stderr)


@tap.test("host", user="root")
def directory_of_an_ended_session_goes_at_the_next_start():
    def scope():
        with Headless([CAP, "--no-watch"], "exec", tap.program("leak"), env=CLEAN) as dlv:
            dlv.connect()
            directory = scope_of(dlv.pid)
            dlv.end()
        return directory
    first, second = scope(), scope()
    tap.true(first != second and not first.exists(), f"{first} is still there")


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
