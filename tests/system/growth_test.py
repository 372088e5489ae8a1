# SPDX-License-Identifier: Apache-2.0
"""Who grows the memory of real C, C++ and cgo programs, built in several ways, alone, in a session, and as an ordinary
user."""

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
import session
import tap
import watched
from session import MIB, Session

SOURCES = pathlib.Path(__file__).resolve().parents[1] / "support/growth"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
MALLOC_LINE = next(n for n, line in enumerate((SOURCES / "leak.c").read_text().splitlines(), 1) if "malloc(sizeof" in line)
LEAK_LINES = (MALLOC_LINE, MALLOC_LINE + 1)  # malloc writes its own words first, memset the rest
LEAK = rf"leak_node leak\.c:({MALLOC_LINE}|{MALLOC_LINE + 1})\n"


def build(folder, source, *flags):
    out = f"{folder}/{pathlib.Path(source).stem}"
    compiler = "g++" if source.endswith(".cpp") else "gcc"
    subprocess.run([compiler, *flags, "-pthread", "-o", out, SOURCES / source], check=True)
    return out


def growth(pid, *words, before=(), seconds=2):
    return tap.succeed([*before, tap.dbgscope, "growth", "--pid", str(pid), "--seconds", str(seconds), *words]).stdout


def watched_growth(program, *arguments, ready, words=()):
    with Session([program, *arguments]) as started:
        started.match(ready)
        return json.loads(growth(started.pid, "--json", *words))


def grew(found):
    return found["now_bytes"] - found["before_bytes"]


def share_of(found, function):
    """Of all its lines: malloc writes a block's size into its first page, memset the others."""
    return sum(site["share"] for site in found["sites"] if site["function"] == function)


def check_leak(found, how):
    top = found["sites"][0]
    lines = [site for site in found["sites"] if (site["function"], os.path.basename(site["file"])) == ("leak_node", "leak.c")]
    tap.true(top in lines and all(site["line"] in LEAK_LINES for site in lines), f"{how}: {found['sites']}")
    others = sum(site["bytes"] for site in found["sites"] if site not in lines)
    tap.true(others < 4 * MIB, f"{how}: {found['sites']}")  # of one MiB that is taken anew all the time
    tap.equal([frame["function"] for frame in top["callers"]][:2], ["handle", "main"], how)
    tap.true(grew(found) > 4 * MIB and abs(found["sampled_bytes"] - grew(found)) < max(0.15 * grew(found), 3 * MIB),
             f"{how}: {found['sampled_bytes'] / MIB:.1f} of {grew(found) / MIB:.1f} MiB")


@tap.test("host")
def the_leaking_function_comes_first_in_c_however_it_was_built():
    with tempfile.TemporaryDirectory() as folder:
        for flags in (["-g", "-O2"], ["-g", "-O0", "-fno-omit-frame-pointer"], ["-g", "-O2", "-static"]):
            found = watched_growth(build(folder, "leak.c", *flags), ready="leak: ready")
            check_leak(found, " ".join(flags))


@tap.test("host")
def without_debug_information_the_function_is_named_and_without_symbols_the_place():
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder, "leak.c", "-O2")
        top = watched_growth(program, ready="leak: ready")["sites"][0]
        tap.equal((top["function"], top["file"], top["line"]), ("leak_node", "", 0))
        subprocess.run(["strip", program], check=True)
        found = watched_growth(program, ready="leak: ready")
        tap.true(re.fullmatch(r"leak\+0x[0-9a-f]+", found["sites"][0]["function"]), f"{found['sites'][0]}")
        tap.true(len(found["sites"][0]["callers"]) >= 2, f"{found['sites'][0]}")


@tap.test("host")
def containers_of_the_library_are_skipped_in_cpp():
    with tempfile.TemporaryDirectory() as folder:
        found = watched_growth(build(folder, "remember.cpp", "-g", "-O2"), ready="remember: ready")
        top = found["sites"][0]
        tap.equal((top["function"], os.path.basename(top["file"])), ("shop::Server::remember", "remember.cpp"))
        tap.true(share_of(found, "shop::Server::remember") > 0.9, f"{found['sites']}")
        tap.equal(top["callers"][0]["function"], "work")


@tap.test("host")
def threads_that_end_after_a_few_faults_are_seen():
    """Each of them counts to the period by itself: it has to be noticed that little is seen."""
    with tempfile.TemporaryDirectory() as folder:
        with Session([build(folder, "leak.c", "-g", "-O1"), "threads"]) as started:
            started.match("leak: ready")
            found = json.loads(growth(started.pid, "--json", seconds=4))
        tap.equal(found["sites"][0]["function"], "leak_node")
        tap.true(0.3 * grew(found) < found["sampled_bytes"] < 1.3 * grew(found), f"{found['sampled_bytes']} {grew(found)}")
        tap.equal(found["period"], 4)


@tap.test("host")
def a_round_number_of_pages_taken_anew_needs_no_more_samples():
    """One fault of 128 meets the same pages in each round: they stand for all of what is there when it is looked at."""
    with tempfile.TemporaryDirectory() as folder:
        found = watched_growth(build(folder, "leak.c", "-g", "-O1"), "round", ready="leak: ready")
    tap.equal(found["period"], 128)
    tap.true(found["sampled_bytes"] < 64 * MIB, f"{found}")


@tap.test("host")
def what_c_grew_under_go_is_told_from_what_go_took():
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/cgo"
        subprocess.run(["go", "build", "-o", program, "main.go"], check=True, cwd=SOURCES / "cgo",
                       env={**os.environ, "CGO_ENABLED": "1", "GOPROXY": "off", "GOFLAGS": ""})
        with Session([program]) as started:
            started.match("cgo: ready")
            found = json.loads(growth(started.pid, "--json"))
        tap.equal(found["sites"][0]["function"], "leak_in_c")
        tap.true(share_of(found, "leak_in_c") > 0.9 and found["go_bytes"] > MIB, f"{found['sites']} {found['go_bytes']}")


@tap.test("host")
def pprof_opens_it():
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder, "leak.c", "-g", "-O2")
        with Session([program]) as started:
            started.match("leak: ready")
            growth(started.pid, "-o", f"{folder}/growth.pb.gz")
        text = tap.succeed(["go", "tool", "pprof", "-top", "-unit=B", f"{folder}/growth.pb.gz"],
                           env={**os.environ, "HOME": folder}).stdout
        tap.contains(text, "Type: growth_space")
        row = re.search(r"^\s*(\d+)B\s+(\S+)%.*leak_node", text, re.M)
        tap.true(row and int(row[1]) > 4 * MIB and float(row[2]) > 50, text)


@tap.test("host")
def an_ordinary_user_sees_what_is_his():
    paranoid = int(pathlib.Path("/proc/sys/kernel/perf_event_paranoid").read_text())
    if paranoid > 2:
        tap.skip(f"kernel.perf_event_paranoid is {paranoid}")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = build(folder, "leak.c", "-g", "-O2")
        with Session([*NOBODY, program]) as started:
            started.match("leak: ready")
            found = json.loads(growth(started.pid, "--json", before=NOBODY))
            check_leak(found, "nobody")
            tap.equal(found["with_kernel"], False)
        with Session([program]) as others:
            others.match("leak: ready")
            failed = tap.run([*NOBODY, tap.dbgscope, "growth", "--pid", str(others.pid)])
            tap.equal((failed.rc, failed.stdout), (125, ""))
            tap.contains(failed.stderr, "another user's")
        with Session([*NOBODY, program, "read"]) as started:
            started.match("leak: ready")
            tap.contains(growth(started.pid, before=NOBODY), "is seen by root alone")


@tap.test("host")
def root_sees_what_the_kernel_touched_first():
    with tempfile.TemporaryDirectory() as folder:
        found = watched_growth(build(folder, "leak.c", "-g", "-O1"), "read", ready="leak: ready")
        tap.equal(found["sites"][0]["function"], "read_zeros")
        tap.true(found["with_kernel"] and found["sampled_bytes"] > 0.8 * grew(found), f"{found}")


@tap.test("host")
def ctrl_c_and_the_end_of_the_process_end_it_with_its_answer():
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder, "leak.c", "-g", "-O2")
        with Session([program, "fast"]) as started:
            started.match("leak: ready")
            command = [tap.dbgscope, "growth", "--pid", str(started.pid), "--seconds", "60"]
            first = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            second = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True)
            time.sleep(1)
            first.send_signal(signal.SIGINT)
            text = first.communicate(timeout=20)[0]
            tap.equal(first.returncode, 0)
            tap.true(re.search(LEAK, text), text)
            tap.true("until it ended" not in text, text)
            found = json.loads(second.communicate(timeout=30)[0])
            tap.equal((found["ended"], found["sites"][0]["function"]), (True, "leak_node"))


@tap.test("host")
def a_sessions_debuggee_is_found_and_may_be_traced():
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder, "leak.c", "-g", "-O2")
        command = [tap.dbgscope, "--memory-max=512M", *session.GDB, "-ex", "run", "--args", program]
        with Session(command, env={"DBGSCOPE_SESSION": None}) as gdb:
            gdb.match("leak: ready")
            tap.wait_until(lambda: watched.wait_record(gdb.pid)["debuggees"], session.PATIENCE_S)
            text = tap.succeed([tap.dbgscope, "growth", session.session_name(gdb.pid), "--seconds=1"]).stdout
            tap.true(re.search(LEAK, text), text)


@tap.test("host")
def what_cannot_be_watched_is_said():
    for words, said in ((["--pid=999999999"], "no such process"), (["--seconds=0"], "not a time between"),
                        (["--seconds=soon"], "not a time between"), (["one", "--pid=1"], "both a session and --pid")):
        failed = tap.run([tap.dbgscope, "growth", *words])
        tap.equal((failed.rc, failed.stdout), (125, ""))
        tap.contains(failed.stderr, said)


if __name__ == "__main__":
    tap.main()
