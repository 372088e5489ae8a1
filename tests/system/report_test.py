# SPDX-License-Identifier: Apache-2.0
"""Recordings of real sessions and what `dbgscope report` makes of them: what is recorded, what it costs, what is left when
the watcher is killed."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
import watched
from dap import Dap
from recorded import kept_recording, live_recording, report
from session import MIB, Headless

EVERYWHERE = ("host", "pidns", "vm:v2", "vm:hybrid")
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
SLOWLY = ("-mib-per-step=2", "-step-ms=50")


def leak(*options, after=SLOWLY):
    return Headless(["--memory-max=128M", *options], "exec", "--accept-multiclient", tap.program("leak"),
                    after=list(after), env=CLEAN)


def run_on(dlv):
    """A `continue` on a connection of its own; nobody waits for its answer."""
    address = dlv.match(r"API server listening at: (\S+)")[1]

    def go():
        with contextlib.suppress(BaseException):  # the session ends meanwhile
            session.Rpc(address).call("Command", name="continue")
    threading.Thread(target=go, daemon=True).start()


def whats(found):
    return [event["what"] for event in found["events"]]


def column(found, name):
    at = found["columns"].index(name)
    return [point[at] for point in found["points"]]


@tap.test(*EVERYWHERE)
def what_a_held_session_did_is_recorded_and_told():
    with leak() as dlv:
        dlv.connect()
        name = session.session_name(dlv.pid)
        run_on(dlv)
        dlv.match(watched.HELD)
        tap.succeed([tap.dbgscope, "more", name, "160M"])
        dlv.match(r"debuggee no longer held")
        dlv.match(r"(?s)debuggee held: .*debuggee held: ")
        tap.true(not report(name)["ended"], "a session that runs has no end")
        tap.true(tap.succeed([tap.dbgscope, "report", name]).stdout.splitlines()[2].endswith("s, it runs"))
        file = live_recording(name)
        tap.equal(stat.S_IMODE(file.stat().st_mode), 0o600)
        dlv.process.kill()
        dlv.wait()
    kept = kept_recording(name)
    tap.equal(stat.S_IMODE(kept.stat().st_mode), 0o600)
    tap.equal(stat.S_IMODE(kept.parent.stat().st_mode), 0o700)
    tap.true(live_recording(name) is None, "it is still among the live records")
    found = report(name)
    tap.equal((found["ended"], found["notes"]), (True, []))
    # PIDFD_GET_INFO tells it after the debugger is reaped, too; before 6.15 it is known where the watcher was the sooner.
    always_told = tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (6, 15)
    tap.true(found["session"]["exit_status"] in ((-9,) if always_told else (-9, None)), str(found["session"]))
    memory = column(found, "current_bytes")
    tap.true(found["peak_bytes"] >= max(memory) > 120 * MIB, f"{memory}")
    rising = [bytes for bytes in memory if 20 * MIB < bytes < 110 * MIB]
    tap.true(len(rising) >= 5, f"the growth is not seen: {memory}")
    tap.true(max(column(found, "anon_bytes")) > 100 * MIB, "no anonymous memory")
    tap.equal([limits["cap_bytes"] for limits in found["limits"]], [128 * MIB, 160 * MIB])
    order = [what for what in whats(found) if what in ("started", "held", "cap", "killed", "over")]
    tap.equal(order[0], "started")
    tap.true(order.index("held") < order.index("cap") < order.index("over"), f"{order}")
    tap.true(any(state["state"] == "held" or state["state"] == "throttled" for state in found["states"]), "never held")
    text = tap.succeed([tap.dbgscope, "report", "--last"]).stdout
    for part in (name, "cap 160M", "H held", "M given more memory", "debuggee held: "):
        tap.contains(text, part)


@tap.test("host")
def other_logs_of_the_time_are_joined():
    with leak(after=["-max-mib=4"]) as dlv:
        rpc = dlv.connect()
        name = session.session_name(dlv.pid)
        watched.wait_record(dlv.pid)
        now = time.time()
        rpc.run_on()
        time.sleep(1)
        dlv.end()
    kept_recording(name)
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        log.write(f"{stamp} could not launch process: fork/exec /x: permission denied\n")
        log.flush()
        found = json.loads(tap.succeed([tap.dbgscope, "report", name, "--with", log.name, "--json"]).stdout)
        joined = [event for event in found["events"] if event["what"] == "log"]
        tap.equal((len(joined), found["notes"]), (1, []), f"{found['events']}")
        tap.contains(joined[0]["text"], "permission denied")
        tap.true(abs(joined[0]["unix_ms"] / 1000 - now) < 2, f"{joined[0]} and not {now}")


@tap.test("host", "pidns", "vm:v2")
def nothing_wakes_the_watcher_while_the_program_stands_or_sleeps():
    with leak(after=["-mib-per-step=16", "-max-mib=16", "-step-ms=60000"]) as dlv:
        rpc = dlv.connect()
        rpc.break_at("main.leakForever")
        tap.equal(rpc.run_on()[0], "main.leakForever")
        watched.sleeps(watched.watcher_pid(dlv.pid))
        rpc.clear_breakpoints()
        run_on(dlv)
        dlv.match("leak: 16 MiB")
        time.sleep(2)
        # another suite's kill for memory is a line of the kernel's log, which wakes it too
        tap.true(any(wake_ups(dlv.pid) <= 3 for _ in range(4)), "it is woken again and again by a program that sleeps")


def wake_ups(debugger):
    watcher = watched.watcher_pid(debugger)
    time.sleep(2)
    before = int(watched.status_field(watcher, "voluntary_ctxt_switches"))
    time.sleep(5)
    return int(watched.status_field(watcher, "voluntary_ctxt_switches")) - before


def killed_and_read(names):
    """How many seconds before the watcher was killed, in the midst of growth, the last point of its recording was made."""
    with leak("--fuse-action=off", after=["-mib-per-step=1", "-step-ms=50", "-max-mib=100"]) as dlv:
        dlv.connect()
        name = session.session_name(dlv.pid)
        watcher = watched.watcher_pid(dlv.pid)
        run_on(dlv)
        dlv.match("leak: 48 MiB")
        killed = time.clock_gettime(time.CLOCK_MONOTONIC)  # before, so that no point is younger for the kill's own time
        os.kill(watcher, signal.SIGKILL)
        file = live_recording(name)
        tap.wait_until(lambda: not session.alive(watcher), session.PATIENCE_S, message="the watcher's end")
        first, *lines = [json.loads(line) for line in file.read_text().splitlines()]  # each is whole
        last = [line["point"] for line in lines if "point" in line][-1]
        tap.equal(first["recording"]["columns"][0], "at_ms")
        with open(file, "a") as torn:
            torn.write('{"point":[99')
        found = report(name)
        tap.equal((found["ended"], found["notes"]), (False, ["its last line is not whole"]))
        tap.equal(column(found, "current_bytes")[-1], last[1], "what was written is what is read")
        dlv.process.kill()
        dlv.wait()
        names.append(name)
        return killed - (first["recording"]["monotonic_ms"] + last[0]) / 1000


@tap.test("host", "vm:v2", timeout=300)
def a_killed_watcher_leaves_all_but_the_end():
    names = []
    tap.within(1.0, lambda: killed_and_read(names), "the last second of a recording")
    with leak(after=["-max-mib=1"]) as dlv:  # the next start cleans up, and keeps it
        dlv.connect()
        watched.wait_record(dlv.pid)
        tap.true(kept_recording(names[-1]).stat().st_size > 0, "an empty recording")
        dlv.end()


@tap.test("host", "vm:v2")
def the_collector_of_a_go_program_is_recorded():
    with leak("--fuse-action=off", "--snapshot=off", after=["-mib-per-step=1", "-step-ms=50", "-max-mib=100"]) as dlv:
        dlv.connect()
        name = session.session_name(dlv.pid)
        run_on(dlv)
        tap.wait_until(lambda: live_recording(name), session.PATIENCE_S, message="its recording")
        tap.wait_until(lambda: max(column(report(name), "gc_heap_bytes"), default=0) > 16 * MIB, session.PATIENCE_S,
                       message="the heap in the recording")
        seen = json.loads(tap.succeed([tap.dbgscope, "heap", name, "--json"]).stdout)["gc"]
        found = report(name)
        heap, cycles = column(found, "gc_heap_bytes"), column(found, "gc_cycles")
        tap.true(heap[0] == 0 and cycles == sorted(cycles), f"{cycles}")
        tap.true(max(cycles) <= seen["cycles"] + 1 and max(heap) <= 2 * seen["heap_live_bytes"] + 16 * MIB, f"{seen} {heap}")
        tap.true(max(column(found, "gc_goal_bytes")) > 4 * MIB, "no goal")
        tap.true(0 < max(column(found, "gc_cpu_ppm")) <= 1e6, f"{column(found, 'gc_cpu_ppm')}")
        text = tap.succeed([tap.dbgscope, "report", name]).stdout
        tap.true(re.search(r"^Go heap .*\n +Go's heap [\d.]+M at most, \d+ collections?, [\d.]+ms stood still for them$", text, re.M),
                 text)
        tap.contains(tap.succeed([tap.dbgscope, "report", name, "--openmetrics"]).stdout, "dbgscope_go_heap_bytes{session=")
        dlv.process.kill()
        dlv.wait()


NEEDED = {  # "Trace Event Format", the kinds that are written
    "M": {"name": str, "args": dict}, "C": {"ts": int, "args": dict}, "X": {"ts": int, "dur": int, "tid": int, "cat": str},
    "i": {"ts": int, "tid": int, "s": str, "args": dict}}


@tap.test("host")
def a_second_reader_finds_all_of_it_in_the_trace():
    recordings = pathlib.Path(__file__).resolve().parents[1] / "report"
    for name in ("held", "older", "collector", "hostile", "torn", "newer"):
        with tempfile.TemporaryDirectory() as folder:
            tap.succeed([tap.dbgscope, "report", recordings / f"{name}.jsonl", "--trace", f"{folder}/trace.json"])
            trace = json.loads(pathlib.Path(folder, "trace.json").read_text("ascii"))
        found = report(recordings / f"{name}.jsonl")
        tap.equal(trace["displayTimeUnit"], "ms")
        kinds = {kind: [] for kind in NEEDED}
        for event in trace["traceEvents"]:
            kinds[event["ph"]].append(event)
            for field, kind in {"name": str, "pid": int, **NEEDED[event["ph"]]}.items():
                tap.equal(type(event[field]), kind, f"{name}: {event}")
            tap.true(event.get("ts", 0) >= 0 and event.get("dur", 0) >= 0 and event.get("s", "p") in "gpt", f"{name}: {event}")
        named = {event["tid"] for event in kinds["M"] if event["name"] == "thread_name"}
        tap.true({event["tid"] for event in kinds["X"] + kinds["i"]} <= named, f"{name}: {named}")
        for event in kinds["C"]:
            tap.true(event["args"] and all(type(value) is int for value in event["args"].values()), f"{name}: {event}")
        of = lambda counter, key: [(event["ts"] // 1000, event["args"][key]) for event in kinds["C"] if event["name"] == counter]
        tap.equal(of("memory in use", "bytes"), list(zip(column(found, "at_ms"), column(found, "current_bytes"))), name)
        live = [(at, heap) for at, heap in zip(column(found, "at_ms"), column(found, "gc_heap_bytes")) if heap]
        tap.equal(of("Go heap", "live"), live, name)
        slices = [(each["name"], each["ts"] // 1000, each["dur"] // 1000) for each in kinds["X"]]
        tap.equal(slices[0][1:], (0, found["length_ms"]), name)
        states = [(each["state"], each["from_ms"], each["to_ms"] - each["from_ms"]) for each in found["states"]]
        tap.equal(slices[1:], states, name)
        tap.equal([event["ts"] // 1000 for event in kinds["i"]], [event["at_ms"] for event in found["events"]], name)


@tap.test("host")
def only_what_is_wanted_is_recorded():
    with leak("--record=off", after=["-max-mib=1"]) as dlv:
        dlv.connect()
        watched.wait_record(dlv.pid)
        tap.true(live_recording(session.session_name(dlv.pid)) is None, "--record=off")
        dlv.end()
    run = tap.succeed([tap.dbgscope, "--watch", "--record=on", "run", "--", "sh", "-c",
                       'echo "$DBGSCOPE_SESSION"; exec python3 -c "x = bytes(48 << 20) + bytes(1); import time; time.sleep(1.5)"'],
                      env={**os.environ, "DBGSCOPE_SESSION": ""})
    name = run.stdout.strip()
    kept_recording(name)
    tap.true(max(column(report(name), "current_bytes")) > 40 * MIB, "the command's memory is not in it")
    unwatched = tap.succeed([tap.dbgscope, "--record=on", "--dry-run", "run", "true"])
    tap.contains(unwatched.stdout, "--record has no effect: there is no watcher")


@tap.test("host")
def what_is_no_recording_is_refused_with_words():
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "empty").write_text("")
        (place / "other").write_text("hello\n{}\n[]\n")
        os.mkfifo(place / "fifo")
        with open(place / "huge", "wb") as huge:
            huge.truncate(40 * MIB)
        for name, words in (("empty", "no line of it"), ("other", "no line of it"), ("fifo", "no regular file"),
                            ("huge", "larger than 32M"), ("none", "No such file")):
            run = tap.run([tap.dbgscope, "report", str(place / name)])
            tap.equal((run.rc, run.stdout), (125, ""), name)
            tap.contains(run.stderr, words)
        run = tap.run([tap.dbgscope, "report", "no-such-session"])
        tap.equal(run.rc, 125)
        tap.contains(run.stderr, "there is none of that name")
        run = tap.run([tap.dbgscope, "report", "--last", "x"])
        tap.equal(run.rc, 125)


def history(*words, expected=0):
    run = tap.run([tap.dbgscope, "history", *words])
    tap.equal(run.rc, expected, f"{words}: {run.stdout}{run.stderr}")
    return run.stdout


def short_session(program, mib):
    """One that ends by itself; its name."""
    with Headless(["--memory-max=256M"], "exec", program, after=[f"-max-mib={mib}", "-mib-per-step=2"], env=CLEAN) as dlv:
        rpc = dlv.connect()
        name = session.session_name(dlv.pid)
        tap.equal(rpc.run_on(), (None, True))
        dlv.end()
    watched.ended_record(name)
    return name


def peak_of(folder, before=(), after=()):
    """What the drift says of it. How fast a program starts and grows a busy machine decides, too."""
    words = [*before, "history", "--program", folder, "--drift", "--json", *after]
    found = json.loads(tap.run([tap.dbgscope, *words]).stdout)["programs"][0]
    return next(figure for figure in found["figures"] if figure["what"] == "peak")


@tap.test("host")
def a_program_that_has_got_a_leak_is_named():
    with tempfile.TemporaryDirectory(prefix="dbgscope-drift-") as folder:
        program = f"{folder}/leak"
        shutil.copy(tap.program("leak"), program)
        names = [short_session(program, 24) for _ in range(5)]
        tap.contains(history("--program", folder, "--drift"), "1 has fewer than 5 sessions there, too few to tell")
        names.append(short_session(program, 24))
        tap.true(not peak_of(folder)["drifted"], "one like the others")
        names.append(short_session(program, 72))
        text = history("--program", folder, "--drift", expected=1)
        tap.contains(text, f"{program}: last session {names[-1]}")
        tap.true(re.search(r"peak .*DRIFTED", text), text)
        peak = peak_of(folder)
        tap.true(peak["drifted"] and peak["change"] > 1, f"{peak}")
        tap.true(not peak_of(folder, after=["--history-drift=1000%"])["drifted"], "beyond ten times as much")
        tap.true(not peak_of(folder, before=["--history-drift=1000%"])["drifted"], "the same, before the verb")
        wrong = tap.run([tap.dbgscope, "history", "--history-drift=much"])
        tap.true(wrong.rc == 125 and '--history-drift "much"' in wrong.stderr, wrong.stderr)
        past = json.loads(history("--program", folder, "--since", "1h", "--json"))
        tap.true(all(each["launch_s"] > 0 for each in past), "a launch is not known")
        tap.equal([each["id"] for each in past], names)
        tap.true(all(os.path.exists(each["recording"]) for each in past), "a recording is missing")
        text = history("--program", folder)
        tap.equal(text.count("(recorded)"), 7)
        metrics = history("--program", folder, "--openmetrics")
        rules = (pathlib.Path(__file__).resolve().parents[2] / "packaging/prometheus/dbgscope.rules.yml").read_text()
        offered = set(re.findall(r"^# TYPE (\S+)", metrics, re.M))
        tap.equal(set(re.findall(r"dbgscope_\w+", rules)) - offered, set(), "the rules name what is not offered")
        tap.contains(metrics, f'dbgscope_history_sessions{{program="{program}"}} 7\n')


@contextlib.contextmanager
def logging_dlv(file):
    """A client of a real dlv dap that logs the protocol; at the end both are gone."""
    with open(file, "wb") as log:
        dlv = subprocess.Popen([session.real("dlv"), "dap", "--listen=127.0.0.1:0", "--log", "--log-output=dap"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
    try:
        with Dap(dlv.stdout.readline().decode().split()[-1]) as client:
            yield client
            time.sleep(0.5)  # for its last line
    finally:
        dlv.kill()
        dlv.wait()
        dlv.stdout.close()


def dap(file):
    return json.loads(tap.succeed([tap.dbgscope, "dap", file, "--json"]).stdout), tap.succeed([tap.dbgscope, "dap", file]).stdout


@tap.test("host", "vm:v2")
def a_real_dlv_and_its_client_are_listened_to():
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/dlv.log"
        with logging_dlv(file) as client:
            client.start(functions=["main.leakForever"], name="Launch", type="go", request="launch", mode="exec",
                         program=tap.program("leak"), args=["-mib-per-step=0"])
            client.stopped("breakpoint")
            client.ask("setBreakpoints", source={"path": "/nowhere/x.go"}, breakpoints=[{"line": 7}])
            client.response(client.send("evaluate", expression="nosuch", frameId=1))
            client.ask("disconnect", terminateDebuggee=True)
        found, text = dap(file)
        tap.equal((found["client"], found["waiting_for"]), ("vscode", []))
        commands = {request["command"]: request for request in found["requests"]}
        tap.true(all(commands[name]["success"] for name in ("initialize", "launch", "configurationDone", "disconnect")), text)
        tap.true(not commands["evaluate"]["success"] and commands["evaluate"]["message"], text)
        points = {point["place"]: point for point in found["breakpoints"]}
        tap.true(points["function main.leakForever"]["verified"], text)
        tap.equal((points["x.go:7"]["verified"], points["x.go:7"]["message"]), (False, "could not find file /nowhere/x.go"))
        tap.true(any("breakpoint" in stop["reason"] for stop in found["stops"]), text)
        with logging_dlv(file) as client:  # dlv builds, and the client goes away
            client.ask("initialize", clientID="nvim", adapterID="go")
            client.send("launch", request="launch", mode="debug", program=folder, buildFlags="-toolexec='sleep 5'")
        found, text = dap(file)
        tap.true(found["waiting_for"] == ["launch"] or "FAILED" in text, text)
        with logging_dlv(file) as client:
            client.ask("initialize", clientID="x", adapterID="go")
            tap.true(not client.response(client.send("launch", mode="exec", program="/nowhere/prog"))["success"], "launched")
        tap.contains(dap(file)[1], "FAILED: Failed to launch: ")
        run = tap.run([tap.dbgscope, "dap", "/etc/hostname"])
        tap.equal(run.rc, 125)
        tap.contains(run.stderr, "no message of the Debug Adapter Protocol")


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
