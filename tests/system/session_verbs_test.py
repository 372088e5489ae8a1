# SPDX-License-Identifier: Apache-2.0
"""ps, stop and set on live sessions, as a second terminal uses them."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import dap
import faults
import kernel
import session
import tap
import watched
from session import MIB

NATIVE = ("host", "pidns")
EVERYWHERE = (*NATIVE, "vm:v2")
COLUMNS = ["ID", "DEBUGGER", "AGE", "STATE", "MEMORY", "PEAK", "COMMAND"]


def verb(*words, **options):
    return tap.run([tap.dbgscope, *words], env=faults.CLEAN, timeout=session.PATIENCE_S, **options)


def ps_json():
    return {entry["id"]: entry for entry in json.loads(tap.succeed([tap.dbgscope, "ps", "--json"]).stdout)}


def state(name):
    return ps_json()[name]["now"]["state"]


def recorded(dlv):
    """The session's name, once ps can know of it."""
    watched.wait_record(dlv.pid)
    return session.session_name(dlv.pid)


@tap.test(*NATIVE)
def ps_shows_a_session_and_its_memory():
    with faults.leak() as dlv:
        target, scope = faults.stopped_leak(dlv)
        name = recorded(dlv)
        tap.wait_until(lambda: target in ps_json()[name]["debuggees"], 10, message=f"{target} among the debuggees")
        lines = tap.succeed([tap.dbgscope, "ps"]).stdout.splitlines()
        tap.equal(lines[0].split(), COLUMNS)
        row = next(line for line in lines if line.startswith(name + " "))
        shape = rf"^{name} +dlv {dlv.pid} +\d+s +stopped +[\d.]+[KM]/128M +\S+ +dlv exec .*leak -- "
        tap.true(re.search(shape, row), row)
        shown = ps_json()[name]
        tap.equal((shown["debugger"]["pid"], shown["split"], shown["cap_bytes"]), (dlv.pid, True, 128 * MIB))
        tap.equal(shown["scope_directory"], str(scope))
        now = shown["now"]
        tap.equal((now["state"], now["debugger_alive"], now["watcher_alive"], now["frozen"], now["cap_bytes"]),
                  ("stopped", True, True, False, 128 * MIB))
        used = kernel.memory_used(scope / "debuggee")
        tap.true(abs(now["memory_bytes"] - used) <= 2 * MIB, f"{now['memory_bytes']}, the kernel says {used}")
        dlv.end()
    tap.wait_until(lambda: name not in ps_json(), 10, message=f"{name} is not listed any more")


@tap.test(*EVERYWHERE)
def ps_names_the_states():
    with faults.leak("--fuse-action=hold", after=["-mib-per-step=4"],
                     verb_words=["--accept-multiclient", "--continue"]) as dlv:
        name = recorded(dlv)
        dlv.match(watched.HELD)
        tap.wait_until(lambda: state(name) in ("throttled", "held"), session.PATIENCE_S, message="throttled or held")
        watcher = watched.watcher_pid(dlv.pid)
        os.kill(watcher, signal.SIGKILL)
        tap.wait_until(lambda: state(name).startswith("unwatched"), 10, message="unwatched")
        tap.true(ps_json()[name]["now"]["debugger_alive"], "the debugger lives on without its watcher")
        tap.equal(verb("stop", name).rc, 0)
        tap.true(not session.alive(dlv.pid) and name not in ps_json(), "stop ended it")


@tap.test(*EVERYWHERE)
def stop_ends_the_session_and_nothing_else():
    with faults.leak() as dlv, faults.leak() as other:
        target, scope = faults.stopped_leak(dlv)
        faults.stopped_leak(other)
        name = recorded(dlv)
        went = verb("stop", name)
        tap.equal((went.rc, went.stdout, went.stderr), (0, f"{name} has ended\n", ""))
        tap.true(not session.alive(dlv.pid) and not session.alive(target), "it is all gone when stop returns")
        tap.true(name not in ps_json(), "ps still shows it")
        faults.cleaned_up(scope, target)
        tap.true(session.alive(other.pid), "the other session lives")
        again = verb("stop", name)
        tap.equal((again.rc, again.stdout), (125, ""))
        tap.contains(again.stderr, f'"{name}"')
        other.end()


@tap.test(*NATIVE)
def beginning_of_a_name_is_enough_where_it_is_one():
    with faults.leak("--name-prefix=first-of-two") as dlv, faults.leak("--name-prefix=second-of-two") as other:
        names = [recorded(dlv), recorded(other)]
        tap.true(names[0].startswith("first-of-two-p"), names[0])
        several = verb("stop", "first-of-two", "second-of-three")
        tap.equal(several.rc, 125, "one of the words names nothing")
        tap.true(session.alive(dlv.pid), "nothing is stopped when a word is wrong")
        tap.equal(verb("stop", "-q", "first-of-two", "second-of-two").rc, 0)
        tap.true(not session.alive(dlv.pid) and not session.alive(other.pid), "both have ended")


@tap.test(*NATIVE)
def record_has_the_directory_the_debugger_works_in():
    with faults.leak("--working-directory=/usr") as dlv:
        tap.equal(watched.wait_record(dlv.pid)["directory"], "/usr")
        dlv.connect()
        dlv.end()


@tap.test(*NATIVE)
def port_names_its_session_before_and_after_its_client_came():
    for client in (False, True):
        with faults.leak() as dlv:
            port = dlv.match(r"API server listening at: \S+:(\d+)")[1]
            name = recorded(dlv)
            if client:
                dlv.connect()
                tap.wait_until(lambda: "0A" not in dap.listeners(int(port)), 10, message="dlv has its one client")
            went = verb("stop", "--port", port)
            tap.equal((went.rc, went.stdout), (0, f"{name} has ended\n"), went.stderr)
            tap.true(not session.alive(dlv.pid), "dlv has ended")
            free = verb("stop", "--port", port)
            tap.equal(free.rc, 125)
            tap.contains(free.stderr, "nothing listens there")


@tap.test(*NATIVE)
def port_a_debuggee_happens_to_call_from_is_not_its_sessions():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(session.PATIENCE_S)
        there = server.getsockname()[1]
        code = f"import socket, time; s = socket.create_connection(('127.0.0.1', {there})); time.sleep(60)"
        with faults.gdb("run", program=faults.python(code)) as gdb:
            peer, (_, port) = server.accept()
            with peer:
                watched.wait_record(gdb.pid)
                refused = verb("stop", "--port", str(port))
            tap.equal((refused.rc, refused.stdout), (125, ""), refused.stderr)
            tap.contains(refused.stderr, "nothing listens there")
            tap.true(session.alive(gdb.pid), "the session lives")


@tap.test(*NATIVE)
def port_of_somebody_else_is_named_and_left_alone():
    with socket.create_server(("127.0.0.1", 0)) as server:
        refused = verb("stop", "--port", str(server.getsockname()[1]))
    comm = pathlib.Path("/proc/self/comm").read_text().strip()
    tap.equal((refused.rc, refused.stdout), (125, ""))
    tap.contains(refused.stderr, f"it is {comm} (pid {os.getpid()}), and no session of yours")


@tap.test(*NATIVE, user="root")
def all_ends_every_session():
    faults.own_mounts("/run/dbgscope")  # other tests, and other people, have sessions here
    idle = verb("stop", "--all")
    tap.equal((idle.rc, idle.stdout), (0, "No session is running.\n"), idle.stderr)
    with faults.leak() as dlv, faults.leak() as other:
        places = [faults.stopped_leak(each) for each in (dlv, other)]
        names = [recorded(dlv), recorded(other)]
        went = verb("stop", "--all")
        tap.equal((went.rc, sorted(went.stdout.splitlines())), (0, sorted(f"{name} has ended" for name in names)))
        tap.equal([session.alive(each.pid) for each in (dlv, other)], [False, False])
        for target, scope in places:
            faults.cleaned_up(scope, target)


@tap.test(*NATIVE, user="root")
def heap_and_top_need_no_name_where_one_is_meant():
    faults.own_mounts("/run/dbgscope")
    none = verb("heap")
    tap.equal((none.rc, none.stdout), (125, ""))
    tap.contains(none.stderr, "no session of yours is running one")

    def looked_into():
        went = verb("heap", "--json")
        tap.equal((went.rc, went.stderr), (0, ""))
        return json.loads(went.stdout)["pid"]
    with faults.leak() as dlv:
        target, _ = faults.stopped_leak(dlv)
        name = recorded(dlv)
        tap.wait_until(lambda: target in ps_json()[name]["debuggees"], 10, message=f"{target} among the debuggees")
        tap.equal(looked_into(), target)
        with subprocess.Popen([tap.dbgscope, "top", "--json"], stdout=subprocess.PIPE, text=True) as top:
            seen = json.loads(top.stdout.readline())["sessions"]
            top.terminate()
        tap.equal([one["id"] for one in seen], [name])
        with faults.leak() as other:
            newest, _ = faults.stopped_leak(other)
            tap.wait_until(lambda: newest in ps_json()[recorded(other)]["debuggees"], 10, message=f"{newest} among the debuggees")
            tap.equal(looked_into(), newest, "of several the newest")
            tap.equal(json.loads(verb("heap", name, "--json").stdout)["pid"], target)
            other.end()
        dlv.end()


@tap.test(*NATIVE)
def debugger_that_ignores_sigterm_is_ended_too():
    with faults.gdb("shell sleep 60") as gdb:
        watched.wait_record(gdb.pid)
        # At work, so with gdb's own handler of SIGTERM in place, and really stopped: a signal sent before either ends it.
        tap.wait_until(lambda: kernel.children(gdb.pid), session.PATIENCE_S, message="gdb's shell command")
        os.kill(gdb.pid, signal.SIGSTOP)  # hears of nothing but SIGKILL
        tap.wait_until(lambda: (watched.status_field(gdb.pid, "State") or "").startswith("T"), session.PATIENCE_S,
                       message="gdb stopped")
        went = verb("stop", session.session_name(gdb.pid))
        tap.equal(went.rc, 0, went.stderr)
        gdb.process.wait(10)
        tap.equal(gdb.process.returncode, -signal.SIGKILL)


@tap.test(*EVERYWHERE)
def set_raises_and_lowers_the_cap():
    with faults.leak("--fuse-action=hold") as dlv:
        _, scope = faults.stopped_leak(dlv)
        name = recorded(dlv)
        v1 = kernel.memory_cgroup()[0] == 1
        file = "memory.limit_in_bytes" if v1 else "memory.max"

        def check(size, said, cap, fuse, total):
            went = verb("set", name, f"memory.max={size}")
            tap.equal((went.rc, went.stderr), (0, ""))
            tap.contains(went.stdout, f"{name}: {said}\n")
            go_limit = cap - max(cap // 10, 16 * MIB)
            tap.contains(went.stdout, f"\n    set runtime.gcController.memoryLimit.value = {go_limit}\n")
            tap.equal(int((scope / file).read_text()), total, "limit of the whole session")
            in_force = int((scope / "debuggee" / file).read_text())
            tap.true(in_force == cap or v1 and in_force == fuse, f"{in_force} in force, not {cap}")
            tap.wait_until(lambda: ps_json()[name]["now"]["cap_bytes"] == cap, 10, message=f"ps shows {cap}")
            if not v1:
                high = scope / "debuggee/memory.high"
                tap.wait_until(lambda: int(high.read_text()) == fuse, 10, message=f"{high} is {fuse}")

        check("256M", "cap 128M -> 256M, fuse at 243.2M, whole session 192M -> 320M", 256 * MIB,
              (256 * MIB - 256 * MIB // 20) // 4096 * 4096, 320 * MIB)
        check("64M", "cap 256M -> 64M, fuse at 56M", 64 * MIB, 56 * MIB, 320 * MIB)
        dlv.end()


@tap.test("host")
def set_refuses_what_cannot_be_and_changes_nothing():
    with faults.leak() as dlv:
        _, scope = faults.stopped_leak(dlv)
        name = recorded(dlv)
        for words, part in ((["memory.max=1M"], "below 8M nothing in it could run"),
                            (["memory.max=+1G"], "not a number"), (["memory.maxx=1G"], "did you mean memory.max=?"),
                            (["cpu.weight=20"], "only memory.max"), ([], "too few words")):
            went = verb("set", name, *words)
            tap.equal((went.rc, went.stdout), (125, ""), str(words))
            tap.contains(went.stderr, part)
        unknown = verb("set", "no-such-session", "memory.max=1G")
        tap.equal((unknown.rc, unknown.stdout), (125, ""))
        tap.contains(unknown.stderr, '"no-such-session"')
        tap.equal(kernel.memory_limit(dlv.debuggees[0]), 128 * MIB, "the cap is as it was")
        tap.true(scope.exists() and session.alive(dlv.pid), "and so is the session")
        dlv.end()


@tap.test("host")
def wrong_words_are_refused():
    for words, part in ((["more", "a", "1G", "x"], 'unexpected word "x"'), (["stop", "--all", "x"], "more than one way"),
                        (["stop", "--port", "0"], "is no port"), (["stop", "--port", "http"], "is no port"),
                        (["stop", "no-such-session"], '"no-such-session"'), (["ps", "x"], 'unexpected word "x"')):
        went = verb(*words)
        tap.equal((went.rc, went.stdout), (125, ""), str(words))
        tap.contains(went.stderr, part)
        tap.equal(len(went.stderr.splitlines()), 1, went.stderr)
    # In a /run of its own: `stop` alone ends the only session there is, whoever's test made it.
    alone = tap.run(["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run && exec "$0" stop', tap.dbgscope])
    tap.equal((alone.rc, alone.stdout), (125, ""))
    tap.contains(alone.stderr, "no session of yours is running")


@tap.test(*NATIVE)
def follow_prints_again_every_second():
    process = subprocess.Popen([tap.dbgscope, "ps", "-w", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        tap.true(all(isinstance(line, list) for line in lines), str(lines))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
    process.stdout.close()


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
