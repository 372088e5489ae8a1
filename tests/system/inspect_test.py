# SPDX-License-Identifier: Apache-2.0
"""Looking inside real Go programs: who holds the memory of one that the fuse holds, sites held against the truth,
profiles read by the real pprof, goroutines, core files, and programs that cannot be looked into."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
import watched
from inside import by_function, look, pprof_top, run_on
from session import MIB, Headless, Session

EVERYWHERE = ("host", "pidns", "vm:v2", "vm:hybrid")
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
HELD = r"debuggee held: (\S+) of its 128M cap cannot be reclaimed"


def sites_program():
    started = Session([tap.program("sites")], env=CLEAN)
    started.match("sites: ready")
    return started


def leak_held(*options):
    dlv = Headless(["--memory-max=128M", *options], "exec", "--accept-multiclient", tap.program("leak"),
                   after=["-mib-per-step=2"], env=CLEAN)
    return dlv


@tap.test(*EVERYWHERE)
def a_held_leak_is_named_with_its_line():
    with leak_held() as dlv:
        rpc = dlv.connect()
        pid = rpc.pid()
        run_on(dlv.match(r"API server listening at: (\S+)")[1])
        dlv.match(HELD)
        record = watched.wait_record(dlv.pid)
        tap.equal(record["heap_profile"], "on")
        who = dlv.match(r"dbgscope: who holds it: main\.leakForever main\.go:(\d+) (\S+)M \((\d+) %\)")
        tap.true(int(who[3]) >= 80 and float(who[2]) > 80, who[0])
        found = json.loads(look("heap", session.session_name(dlv.pid), "--json"))
        tap.equal(found["pid"], pid)
        top = found["sites"][0]
        tap.equal(str(top["line"]), who[1])
        tap.equal((top["function"], os.path.basename(top["file"])), ("main.leakForever", "main.go"))
        source = pathlib.Path(__file__).resolve().parents[1] / "support/programs/leak/main.go"
        tap.contains(source.read_text().splitlines()[top["line"] - 1], "make([]byte, 1<<20)")
        tap.true(top["share"] >= 0.8, f"{top['share']:.2f} of it")
        held = top["live_bytes"] + top["recent_bytes"]
        tap.true(90 * MIB < held < 140 * MIB, f"{held / MIB:.0f} MiB")
        tap.equal(top["callers"][-1]["function"], "runtime.goexit")
        text = look("heap", "--pid", str(pid))
        tap.contains(text, f"main.leakForever main.go:{top['line']}")


@tap.test(*EVERYWHERE)
def a_program_that_has_only_just_started_is_found():
    for verb in (["heap"], ["goroutines"], ["snapshot", "-o", "taken"], ["more"]):
        with leak_held() as dlv, tempfile.TemporaryDirectory() as folder:
            dlv.connect()  # its program runs from here on, and waits
            name = watched.wait_record(dlv.pid)["id"]
            asked = tap.run([tap.dbgscope, verb[0], name, *verb[1:]], cwd=folder)
            tap.true("it has none now" not in asked.stderr, asked.stderr)
            if verb[0] in ("snapshot", "more"):
                tap.equal(asked.rc, 0, asked.stderr)


@tap.test(*EVERYWHERE)
def a_program_that_has_not_begun_to_run_has_no_profile_yet():
    with leak_held() as dlv:
        dlv.connect()
        asked = tap.run([tap.dbgscope, "heap", watched.wait_record(dlv.pid)["id"]])
        tap.equal(asked.rc, 125)
        tap.contains(asked.stderr, "the program has not begun to run: its runtime is not set up yet (let it run first)")


def source_line(name, line):
    source = pathlib.Path(__file__).resolve().parents[1] / "support/programs" / name
    return source.read_text().splitlines()[int(line) - 1]


def check_who_waits(dlv):
    """False: Go's collector alone waits at the limit, and what allocates waits for it."""
    rpc = dlv.connect()
    pid = rpc.pid()
    run_on(dlv.match(r"API server listening at: (\S+)")[1])
    dlv.match(HELD)
    own, runtime = r"(main\.leakForever) main\.go:(\d+) \(thread (\d+)\)$", r"runtime\.\w+ \w+\.go:"
    waits = dlv.match(rf"dbgscope: who waits at the limit: (?:Go's collector|goroutine (\d+), (?:{own}|{runtime}))")
    if not waits[2]:
        return False
    tap.true(os.path.isdir(f"/proc/{pid}/task/{waits[4]}"), waits[0])
    tap.contains(source_line("leak/main.go", waits[3]), "block")
    second = session.Rpc(dlv.match(r"API server listening at: (\S+)")[1])
    second.call("Command", name="halt")
    threads = {one["id"]: one["threadID"] for one in second.call("ListGoroutines", Start=0, Count=0)["Goroutines"]}
    # Past memory.high it goes on, slowly, on this thread or another; at the limit of version 1 it waits.
    if kernel.memory_cgroup(pid)[0] == 1:
        tap.equal(threads[int(waits[1])], int(waits[4]), waits[0])
    second.close()
    return True


@tap.test(*EVERYWHERE)
def who_waits_at_the_limit_is_named_with_goroutine_line_and_thread():
    for _ in range(4):
        with leak_held("--heap-profile=off") as dlv:
            if check_who_waits(dlv):
                return
    tap.fail("four times nobody but the collector")


def not_beside_the_collector(dlv):
    """The line where main waits, which begins the collections, or nobody runs beside the collector at that moment; "": checked."""
    dlv.connect()
    run_on(dlv.match(r"API server listening at: (\S+)")[1])
    dlv.match(HELD)
    waits = dlv.match(r"dbgscope: who waits at the limit: (.*)$")
    beside = re.match(r"Go's collector \(thread (\d+)\); beside it .*?goroutine \d+, main\.(\S+) main\.go:(\d+)( \(thread (\d+)\))?", waits[1])
    if not beside:
        return waits[1]
    tap.true(beside[1] != beside[5], waits[0])
    line = source_line("marks/main.go", beside[3])
    # in the midst of it there are no registers to be had: where it began
    tap.true(any(words in line for words in ("count++", "time.", "for ", "spin(", "runtime.GC()", "func main")), f"{waits[0]}: {line}")
    return ""


@tap.test("host")
def where_only_the_collector_waits_what_runs_beside_it_is_named():
    if not re.search(r"go1\.(19|2[0-5])\b", tap.succeed(["go", "version"]).stdout):
        tap.skip("from Go 1.26 on the collector queues other things")
    lines = []
    for _ in range(8):
        with Headless(["--memory-max=128M", "--heap-profile=off"], "exec", "--accept-multiclient", tap.program("marks"), env=CLEAN) as dlv:
            lines.append(not_beside_the_collector(dlv))
            if not lines[-1]:
                return
    tap.fail("nobody beside the collector: " + "; ".join(lines))


@tap.test(*EVERYWHERE)
def who_waits_of_a_c_program_is_named_with_function_line_and_thread():
    program = tap.program("eater")
    with Session([tap.dbgscope, "--memory-max=128M", "gdb", *session.GDB[1:], "-ex", "run heap 256 2", program], env=CLEAN) as gdb:
        gdb.match(HELD)
        target = gdb.debuggee(program)
        waits = gdb.match(r"dbgscope: who waits at the limit: (\w+)( eater\.c:\d+)? \(thread (\d+)\)")
        tap.true(waits[1] in ("touch", "eat"), waits[0])
        tap.true(waits[3] != str(target) and os.path.isdir(f"/proc/{target}/task/{waits[3]}"), waits[0])


@tap.test("vm:v2", user="root")  # the freezer of version 2
def of_a_program_that_was_frozen_in_its_sleep_it_is_said_that_nobody_waits():
    cgroup = kernel.memory_cgroup()[1] / f"asleep{os.getpid()}"
    cgroup.mkdir()
    program = subprocess.Popen([tap.program("eater"), "sleep", "300", "1"])
    try:
        tap.wait_until(lambda: "nanosleep" in pathlib.Path(f"/proc/{program.pid}/wchan").read_text(), session.PATIENCE_S)
        (cgroup / "cgroup.procs").write_text(str(program.pid))
        (cgroup / "cgroup.freeze").write_text("1")
        tap.wait_until(lambda: "frozen 1" in (cgroup / "cgroup.events").read_text(), session.PATIENCE_S)
        said = tap.run([tap.dbgscope, "held-by", str(program.pid), "none"]).stdout
        tap.true(re.search(r"nobody at this moment; main eater\.c:\d+ \(thread %d\) has taken the most$" % program.pid, said, re.M), said)
    finally:
        program.kill()
        program.wait()
        cgroup.rmdir()


@tap.test("host")
def pprof_reads_the_heap_profile_and_agrees():
    with sites_program() as program, tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/heap.pb.gz"
        found = json.loads(look("heap", "--pid", str(program.pid), "--json"))
        look("heap", "--pid", str(program.pid), "-o", file)
        tap.equal(os.stat(file).st_mode & 0o777, 0o600)
        top = pprof_top(tap.program("sites"), file)
        for function, held in by_function(found["sites"]).items():
            if held > MIB:
                tap.true(abs(top.get(function, 0) - held) < 0.02 * held, f"{function}: {top.get(function)} and {held}")


@tap.test("host")
def what_grew_since_an_earlier_profile_is_named():
    with tempfile.TemporaryDirectory() as folder:
        with Session([tap.program("grows"), f"{folder}/own"], env=CLEAN, stdin=subprocess.PIPE) as program:
            words = ["--pid", str(program.pid)]
            program.match("grows: ready 1")
            look("heap", *words, "-o", f"{folder}/then")
            program.process.stdin.write("\n")
            program.process.stdin.flush()
            program.match("grows: ready 2")
            look("heap", *words, "-o", f"{folder}/now")
            for base in ("then", "own.1"):  # dbgscope's, and the one that the program wrote itself
                found = json.loads(look("heap", *words, "--base", f"{folder}/{base}", "--json"))
                grew = by_function(found["sites"], "grew_bytes")
                for function, truth in {"main.grow": 16 * MIB, "main.comes": 4 * MIB, "main.frees": -6 * MIB}.items():
                    tap.true(abs(grew.get(function, 0) - truth) < 0.1 * abs(truth), f"{base}: {function} {grew}")
                tap.true("main.stays" not in grew, f"{base}: {grew}")
                tap.equal((found["sites"][0]["function"], found["strangers"]), ("main.grow", False))
                tap.true(0.7 < found["sites"][0]["share"] < 0.9, f"{found['sites'][0]}")
            text = look("heap", *words, "--base", f"{folder}/then", "--stacks")
            tap.true(re.search(r"^ +\+1[56](\.\d)?M .* main\.grow main\.go:\d+\n +< main\.main main\.go:", text, re.M), text)
            look("heap", *words, "--base", f"{folder}/then", "-o", f"{folder}/grew")
        ours = pprof_top(tap.program("grows"), f"{folder}/grew")
        theirs = pprof_top(tap.program("grows"), f"{folder}/now", "-base", f"{folder}/then")
        tap.equal({name: flat for name, flat in ours.items() if flat}, {name: flat for name, flat in theirs.items() if flat})
        tap.true(theirs["main.grow"] > 14 * MIB, f"{theirs}")


@tap.test("host")
def a_base_that_is_none_is_refused():
    with sites_program() as program, tempfile.TemporaryDirectory() as folder:
        def refused(*words):
            failed = tap.run([tap.dbgscope, "heap", "--pid", str(program.pid), *words])
            tap.equal((failed.rc, failed.stdout), (125, ""))
            return failed.stderr
        look("goroutines", "--pid", str(program.pid), "-o", f"{folder}/goroutines")
        tap.contains(refused("--base", f"{folder}/goroutines"), "no heap profile of Go: its samples are goroutine")
        whole = pathlib.Path(folder, "goroutines").read_bytes()
        pathlib.Path(folder, "cut").write_bytes(whole[:-20])
        tap.contains(refused("--base", f"{folder}/cut"), "damaged, or cut off")
        tap.contains(refused("--base", f"{folder}/none"), f"{folder}/none")
        look("heap", "--pid", str(program.pid), "-o", f"{folder}/other")
        with Session([tap.program("grows")], env=CLEAN, stdin=subprocess.PIPE) as other:
            other.match("grows: ready 1")
            text = look("heap", "--pid", str(other.pid), "--base", f"{folder}/other")
            tap.contains(text, "the two have no site in common")


@tap.test("host")
def goroutines_are_listed_with_stacks_and_reasons():
    with sites_program() as program:
        found = json.loads(look("goroutines", "--pid", str(program.pid), "--json"))
        groups = [g for g in found["groups"] if not g["of_runtime"]]

        def group(function, inside=0):
            named = [g for g in groups if function in (names := [f["function"] for f in g["stack"]]) and
                     names.count("main.deep") == inside]
            tap.equal(len(named), 1, f"groups in {function}")
            return named[0]
        mutex = group("main.waitForLock")
        tap.equal(mutex["count"], 20)
        tap.true(mutex["reason"] in ("semacquire", "sync.Mutex.Lock"), mutex["reason"])  # from Go 1.20 on
        plain = group("main.receive")
        tap.equal((plain["count"], plain["reason"]), (30, "chan receive"))
        nested = group("main.receive", inside=7)
        tap.equal(nested["count"], 5)
        tap.equal(nested["created_by"]["function"], "main.main")
        tap.equal(groups[0]["count"], 30, "the largest group comes first")
        with tempfile.TemporaryDirectory() as folder:
            look("goroutines", "--pid", str(program.pid), "-o", f"{folder}/g.pb.gz")
            top = pprof_top(tap.program("sites"), f"{folder}/g.pb.gz", "-cum")
            tap.true("runtime.gopark" in top or "main.receive" in top, f"{top}")
        text = look("goroutines", "--pid", str(program.pid))
        tap.contains(text, "30 waiting: chan receive")


@tap.test("host")
def a_core_file_tells_the_same():
    if not shutil.which("gcore"):
        tap.skip("gcore is not installed")
    with sites_program() as program, tempfile.TemporaryDirectory() as folder:
        live = by_function(json.loads(look("heap", "--pid", str(program.pid), "--json"))["sites"])
        tap.run(["gcore", "-o", f"{folder}/core", str(program.pid)], timeout=60)
        core = f"{folder}/core.{program.pid}"
        words = ["--core", core, "--exe", tap.program("sites")]
        dead = by_function(json.loads(look("heap", *words, "--json"))["sites"])
        tap.equal(dead, live)
        groups = json.loads(look("goroutines", *words, "--json"))["groups"]
        tap.true(any(g["count"] == 30 and g.get("reason") == "chan receive" for g in groups), f"{groups}")
        other = tap.run([tap.dbgscope, "heap", "--core", core, "--exe", tap.program("leak")])
        tap.equal(other.rc, 125)
        tap.contains(other.stderr, "is not the program that ran")


@tap.test("host")
def what_cannot_be_looked_into_is_explained():
    def refusal(*command, pid=None):
        with Session(list(command), env=CLEAN) as started:
            failed = tap.run([tap.dbgscope, "heap", "--pid", str(pid or started.pid)])
            tap.equal(failed.rc, 125)
            return failed.stderr
    with tempfile.TemporaryDirectory() as folder:
        stripped = f"{folder}/leak"
        subprocess.run(["strip", "-o", stripped, tap.program("leak")], check=True)
        tap.contains(refusal(stripped, "-max-mib=1", "-step-ms=5000"), "symbols were taken away")
        no_dwarf = f"{folder}/nodwarf"
        subprocess.run(["strip", "-g", "-o", no_dwarf, tap.program("leak")], check=True)
        tap.contains(refusal(no_dwarf, "-max-mib=1", "-step-ms=5000"), "without debug information")
    tap.contains(refusal(tap.program("leak"), "-step-ms=5000"), "it is switched off")
    tap.contains(refusal("sleep", "5"), "not a Go program")
    tap.contains(tap.run([tap.dbgscope, "heap", "--pid", "999999999"]).stderr, "no such process")


@tap.test("vm:v2", user="root")
def other_users_yama_and_paranoid_kernels():
    """Each refusal names what is in the way; growth does not mind yama, and heap does not mind perf_event_paranoid."""
    yama, paranoid = (pathlib.Path("/proc/sys/kernel", name) for name in ("yama/ptrace_scope", "perf_event_paranoid"))
    before = yama.read_text(), paranoid.read_text()
    dev = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"]
    leak = [tap.program("leak"), "-max-mib=512", "-mib-per-step=2", "-step-ms=50"]

    def refusal(verb, program, *prefix):
        failed = tap.run([*prefix, tap.dbgscope, verb, "--pid", str(program.pid), *(["--seconds=1"] if verb == "growth" else [])])
        tap.equal((failed.rc, failed.stdout), (125, ""))
        return failed.stderr
    try:
        paranoid.write_text("2")
        with Session([*dev, *leak], env=CLEAN) as own, Session(leak, env=CLEAN) as roots:
            for scope, said in (("0", "it is switched off"), ("1", "ptrace_scope is 1"), ("2", "ptrace_scope is 2")):
                yama.write_text(scope)
                tap.contains(refusal("heap", own, *dev), said)
                tap.contains(refusal("heap", own), "it is switched off")  # root may
            grown = tap.succeed([*dev, tap.dbgscope, "growth", "--pid", str(own.pid), "--seconds=2"], timeout=120).stdout
            tap.contains(grown, "for Go itself")
            yama.write_text("0")
            for verb in ("heap", "growth"):
                tap.contains(refusal(verb, roots, *dev), "another user's")
            paranoid.write_text("3")
            tap.contains(refusal("growth", own, *dev), "perf_event_paranoid is 3")
            tap.contains(refusal("heap", own, *dev), "it is switched off")
    finally:
        yama.write_text(before[0])
        paranoid.write_text(before[1])


@tap.test("host")
def a_snapshot_is_a_directory_of_its_own():
    with sites_program() as program, tempfile.TemporaryDirectory() as folder:
        target = f"{folder}/taken"
        look("snapshot", "--pid", str(program.pid), "-o", target)
        tap.equal(os.stat(target).st_mode & 0o777, 0o700)
        tap.equal(sorted(os.listdir(target)), ["cgroup.json", "gc.json", "goroutines.json", "goroutines.pb.gz", "heap.json",
                                               "heap.pb.gz", "maps", "status", "summary.txt"])
        tap.contains(pathlib.Path(target, "summary.txt").read_text(), "main.huge main.go:")
        tap.contains(pathlib.Path(target, "summary.txt").read_text(), "while it ran: the parts differ by that much")
        cgroup = json.loads(pathlib.Path(target, "cgroup.json").read_text())
        tap.true(cgroup["current_bytes"] > 0 and cgroup["stat"], f"{cgroup}")
        again = tap.run([tap.dbgscope, "snapshot", "--pid", str(program.pid), "-o", target])
        tap.equal(again.rc, 125)
        tap.contains(again.stderr, "directory of its own")


@tap.test("host")
def a_program_without_a_profile_is_held_without_its_line():
    with leak_held("--heap-profile=off") as dlv:
        dlv.connect()
        run_on(dlv.match(r"API server listening at: (\S+)")[1])
        dlv.match(HELD)
        tap.equal(watched.wait_record(dlv.pid)["heap_profile"], "")
        time.sleep(1)
        tap.true("who holds it" not in dlv.stderr, dlv.stderr)


@tap.test("host")
def at_dlvs_own_prompt_a_person_switches_it_on():
    """What the plan advises where yama keeps the watcher from it."""
    with tempfile.TemporaryDirectory() as folder:
        words = pathlib.Path(folder, "init")
        words.write_text("set runtime.disableMemoryProfiling = false\ncontinue\n")
        command = [tap.dbgscope, "--memory-max=256M", "--heap-profile=off", "dlv", "exec", "--allow-non-terminal-interactive=true",
                   "--init", words, tap.program("leak"),
                   "--", "-max-mib=64", "-step-ms=10"]
        with Session(command, env=CLEAN, stdin=subprocess.PIPE) as dlv:
            record = tap.wait_until(lambda: (r := watched.wait_record(dlv.pid))["debuggees"] and r, session.PATIENCE_S)
            dlv.debuggees += record["debuggees"]

            def named():
                found = tap.run([tap.dbgscope, "heap", record["id"], "--json"])
                sites = json.loads(found.stdout)["sites"] if found.rc == 0 else []
                return [site for site in sites if site["function"] == "main.leakForever"]
            tap.true(tap.wait_until(named, session.PATIENCE_S, interval=0.3)[0]["share"] > 0.5, f"{named()}")


@tap.test("host")
def off_leaves_the_program_as_it_is():
    with leak_held("--heap-profile=off") as dlv:
        rpc = dlv.connect()
        tap.equal(rpc.evaluate("runtime.disableMemoryProfiling"), "true")
    with leak_held() as dlv:
        rpc = dlv.connect()
        rpc.break_at("main.main")
        rpc.run_on()
        tap.equal(rpc.evaluate("runtime.disableMemoryProfiling"), "false")


if __name__ == "__main__":
    tap.main()
