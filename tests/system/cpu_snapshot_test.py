# SPDX-License-Identifier: Apache-2.0
"""What a real program worked on, held and waited for at one instant: `dbgscope snapshot --cpu`, read back by pprof."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import inside
import session
import tap
import watched
from session import Headless, MIB, Session

SOURCES = pathlib.Path(__file__).resolve().parents[1] / "support/growth"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
FILES = ["cgroup.json", "cpu.json", "cpu.pb.gz", "gc.json", "goroutines.json", "goroutines.pb.gz", "heap.json",
         "heap.pb.gz", "maps", "status", "summary.txt"]
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
GAP_S = 1  # of five tries; what is aimed at is 10 ms, and ./dev bench inside measures that


def snapshot(folder, *words, span="1500ms"):
    """What --json prints."""
    return json.loads(tap.succeed([tap.dbgscope, "snapshot", "--cpu", span, "--json", "-o", folder, *words],
                                  timeout=session.PATIENCE_S).stdout)


def by_name(cpu):
    return {one["function"]: one for one in cpu["functions"]}


def pprof(file, folder):
    """(the head, {function: flat share in percent}) as the real tool reads it."""
    text = tap.succeed(["go", "tool", "pprof", "-top", "-nodecount=100", file], timeout=60,
                       env={**os.environ, "HOME": folder}).stdout
    rows = re.findall(r"^\s*\S+\s+([\d.]+)%\s+\S+%\s+\S+\s+\S+%\s+(\S+)", text, re.M)
    return text, {name: float(share) for share, name in rows}


def check_burn(cpu):
    found = by_name(cpu)
    burn, hold, wait = found["main.burn"], found["main.hold"], found["main.waitForWork"]
    tap.true(cpu["samples"] > 5 and burn["cpu_share"] > 0.8, f"{cpu['samples']} {burn}")
    tap.true(hold["heap_bytes"] > 50 * MIB and hold["samples"] == 0, f"{hold}")
    tap.equal((wait["goroutines"], wait["waits"]), (8, {"chan receive": 8}))
    tap.equal(cpu["joined_by"], "function")
    window, instant = cpu["window"], cpu["instant"]
    for clock in ("unix_ns", "monotonic_ns"):
        tap.true(window["begin"][clock] < window["end"][clock] <= instant["begin"][clock] <= instant["end"][clock],
                 f"{window} {instant}")
    until = instant["begin" if instant["still"] else "end"]["monotonic_ns"]
    tap.equal(cpu["gap_us"], (until - window["end"]["monotonic_ns"]) // 1000)
    return burn


@tap.test("host", "pidns")
def work_heap_and_goroutines_of_one_instant_meet_in_functions():
    with tempfile.TemporaryDirectory() as folder, Session([tap.program("burn")]) as started:
        started.match("burn: ready")
        kept = f"{folder}/kept"
        answer = snapshot(kept, "--pid", str(started.pid))
        tap.equal((answer["directory"], sorted(answer["files"])), (kept, FILES))
        tap.equal(sorted(os.listdir(kept)), FILES)
        cpu = answer["cpu"]
        burn = check_burn(cpu)
        tap.equal((cpu["instant"]["still"], burn["goroutines"], burn["waits"]), (True, 1, {"running": 1}))
        tap.equal(json.loads(pathlib.Path(kept, "cpu.json").read_text()), cpu)
        text, shares = pprof(f"{kept}/cpu.pb.gz", folder)
        tap.contains(text, "Type: cpu")
        tap.true(re.search(r"Duration: 1\.\d+s", text) and shares["main.burn"] > 80, text)
        tap.true(inside.pprof_top(tap.program("burn"), f"{kept}/heap.pb.gz")["main.hold"] > 50 * MIB, "heap.pb.gz")
        summary = pathlib.Path(kept, "summary.txt").read_text()
        tap.contains(summary, "functions, not goroutines")
        tap.contains(summary, "while its threads were stopped: all of one instant")
        gap = lambda: snapshot(f"{folder}/{os.urandom(4).hex()}", "--pid", str(started.pid), span="50ms")["cpu"]["gap_us"]
        tap.within(GAP_S, lambda: gap() / 1e6, "the gap")
        used = lambda: int(pathlib.Path(f"/proc/{started.pid}/stat").read_text().rpartition(")")[2].split()[11])
        before = used()
        tap.wait_until(lambda: used() > before, session.PATIENCE_S, message="it goes on afterwards")


@tap.test("host", "pidns")
def a_debuggee_is_read_while_its_debugger_traces_it():
    with tempfile.TemporaryDirectory() as folder, \
            Headless([], "exec", "--accept-multiclient", tap.program("burn"), env=CLEAN) as dlv:
        address = dlv.match(r"API server listening at: (\S+)")[1]
        dlv.connect()
        inside.run_on(address)
        dlv.match("burn: ready")
        record = tap.wait_until(lambda: (now := watched.wait_record(dlv.pid))["debuggees"] and now, session.PATIENCE_S,
                                message="a debuggee in the record")
        cpu = snapshot(f"{folder}/kept", record["id"])["cpu"]
        check_burn(cpu)
        tap.equal(cpu["instant"]["still"], record["cgroup_version"] == 2)


@tap.test("host")
def nothing_is_sampled_of_what_stands_still():
    with tempfile.TemporaryDirectory() as folder, Session([tap.program("burn")]) as started:
        started.match("burn: ready")
        os.kill(started.pid, signal.SIGSTOP)
        status = pathlib.Path(f"/proc/{started.pid}/status")
        tap.wait_until(lambda: "State:\tT" in status.read_text(), session.PATIENCE_S, message="stopped")
        failed = tap.run([tap.dbgscope, "snapshot", "--cpu", "10s", "--pid", str(started.pid), "-o", f"{folder}/kept"])
        tap.equal((failed.rc, failed.stdout, os.listdir(folder)), (125, "", []))
        tap.contains(failed.stderr, "it is held or stopped: nothing of it runs")


@tap.test("host")
def nothing_is_sampled_of_what_the_fuse_holds():
    with tempfile.TemporaryDirectory() as folder, \
            Headless(["--memory-max=128M", "--snapshot=off"], "exec", "--accept-multiclient", tap.program("leak"),
                     after=["-mib-per-step=2"], env=CLEAN) as dlv:
        address = dlv.match(r"API server listening at: (\S+)")[1]
        dlv.connect()
        inside.run_on(address)
        dlv.match(r"debuggee held: (\S+) of its 128M cap cannot be reclaimed")
        identity = watched.wait_record(dlv.pid)["id"]

        def refused():
            failed = tap.run([tap.dbgscope, "snapshot", "--cpu", "50ms", identity, "-o", f"{folder}/{os.urandom(4).hex()}"],
                             timeout=session.PATIENCE_S)
            return failed.rc == 125 and "it is held or stopped: nothing of it runs" in failed.stderr
        tap.wait_until(refused, session.PATIENCE_S, 0.2, "refused once it waits at its limit")


@tap.test("host")
def c_is_named_by_its_own_functions():
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/spin"
        subprocess.run(["gcc", "-g", "-O2", "-o", program, SOURCES / "spin.c"], check=True)
        with Session([program]) as started:
            started.match("spin: ready")
            cpu = snapshot(f"{folder}/kept", "--pid", str(started.pid))["cpu"]
            found = by_name(cpu)
            tap.true(cpu["instant"]["still"] and found["spin_hard"]["cpu_share"] > 0.8, f"{cpu}")
            tap.true(found["serve"]["with_callees_share"] > 0.8 and found["main"]["with_callees_share"] > 0.8, f"{cpu}")
            tap.true("heap_bytes" not in found["spin_hard"] and "goroutines" not in found["spin_hard"], f"{found}")
            text, shares = pprof(f"{folder}/kept/cpu.pb.gz", folder)
            tap.true(shares["spin_hard"] > 80, text)
            tap.contains(pathlib.Path(folder, "kept/summary.txt").read_text(), "Without the heap")


@tap.test("host")
def an_ordinary_user_sees_his_own_without_the_kernel():
    paranoid = int(pathlib.Path("/proc/sys/kernel/perf_event_paranoid").read_text())
    if paranoid > 2:
        tap.skip(f"kernel.perf_event_paranoid is {paranoid}")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        program = f"{folder}/spin"
        subprocess.run(["gcc", "-g", "-O2", "-o", program, SOURCES / "spin.c"], check=True)
        with Session([*NOBODY, program]) as started:
            started.match("spin: ready")
            done = tap.succeed([*NOBODY, tap.dbgscope, "snapshot", "--cpu", "1s", "--pid", str(started.pid), "-o", f"{folder}/kept"],
                               timeout=session.PATIENCE_S)
            cpu = json.loads(pathlib.Path(folder, "kept/cpu.json").read_text())
            tap.true(by_name(cpu)["spin_hard"]["cpu_share"] > 0.8 and cpu["instant"]["still"], f"{cpu}")
            tap.equal(cpu["with_kernel"], False)
            tap.contains(done.stdout, "time in system calls is seen by root alone")
        with Session([program]) as others:
            others.match("spin: ready")
            failed = tap.run([*NOBODY, tap.dbgscope, "snapshot", "--cpu", "1h", "--pid", str(others.pid), "-o", f"{folder}/none"])
            tap.equal((failed.rc, failed.stdout, os.path.exists(f"{folder}/none")), (125, "", False), failed.stderr)


def start(folder, pid):
    """A snapshot whose window is open: it samples, and waits in poll(2)."""
    taking = subprocess.Popen([tap.dbgscope, "snapshot", "--cpu", "10min", "--json", "--pid", str(pid), "-o", f"{folder}/kept"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def waits():
        own = pathlib.Path(f"/proc/{taking.pid}")
        names = [os.readlink(entry) for entry in (own / "fd").iterdir()]
        return any("perf_event" in name for name in names) and (own / "syscall").read_text().startswith("7 ")
    tap.wait_until(waits, session.PATIENCE_S, message="the window is open")
    return taking


@tap.test("host")
def what_ends_or_becomes_another_program_is_told():
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/spin"
        subprocess.run(["gcc", "-g", "-O2", "-o", program, SOURCES / "spin.c"], check=True)
        for becomes, message in ((["true"], "it ended before the time was over"),
                                 (["sleep", "300"], "it has become another program")):
            with Session([program, *becomes]) as started:
                started.match("spin: ready")
                taking = start(folder, started.pid)
                os.kill(started.pid, signal.SIGUSR1)
                if becomes[0] == "sleep":
                    tap.wait_until(lambda: session.executable(started.pid) == os.path.realpath("/usr/bin/sleep"),
                                   session.PATIENCE_S, message="it is sleep now")
                    taking.send_signal(signal.SIGINT)
                out, err = taking.communicate(timeout=session.PATIENCE_S)
                tap.equal((taking.returncode, out, os.path.exists(f"{folder}/kept")), (125, "", False), err)
                tap.contains(err, message)


@tap.test("host")
def ctrl_c_ends_the_window_and_the_snapshot_is_taken():
    with tempfile.TemporaryDirectory() as folder, Session([tap.program("burn")]) as started:
        started.match("burn: ready")
        taking = start(folder, started.pid)
        taking.send_signal(signal.SIGINT)
        out, err = taking.communicate(timeout=session.PATIENCE_S)
        tap.equal((taking.returncode, json.loads(out)["directory"]), (0, f"{folder}/kept"), err)


@tap.test("host")
def bad_words_are_refused_at_once():
    with tempfile.TemporaryDirectory() as folder:
        for words, message in ((["--cpu", "soon", "--pid", "1"], '--cpu "soon": not a time between 1ms and 24h'),
                               (["--cpu", "0", "--pid", "1"], "not a time between 1ms and 24h"),
                               (["--cpu", "1h", "--pid", str(os.getpid()), "-o", folder], "a directory of its own"),
                               (["--json", "--pid", str(os.getpid()), "-o", folder], "a directory of its own")):
            failed = tap.run([tap.dbgscope, "snapshot", *words], cwd=folder)
            tap.equal((failed.rc, failed.stdout, os.listdir(folder)), (125, "", []), failed.stderr)
            tap.contains(failed.stderr, message)


if __name__ == "__main__":
    tap.main()
