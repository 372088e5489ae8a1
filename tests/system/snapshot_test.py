# SPDX-License-Identifier: Apache-2.0
"""What is kept of the moment the memory ran out: who held it, in the verdict, and a snapshot that the real pprof reads."""

import json
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import inside
import session
import tap
import watched
from recorded import kept_recording, live_recording, report
from session import Headless, MIB

EVERYWHERE = ("host", "pidns", "vm:v2")
CAP = "--memory-max=128M"
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
FILES = ["cgroup.json", "gc.json", "goroutines.json", "goroutines.pb.gz", "heap.json", "heap.pb.gz", "maps",
         "session.json", "status", "summary.txt"]
HELD = r"debuggee held: (\S+) of its 128M cap cannot be reclaimed"
# The kernel's log, which is root's, says who was killed and how large it was.
PROBABLY, SIZED = ("", r", \S+") if os.geteuid() == 0 else ("(?:probably )?", "")
HELD_BY = r"main\.leakForever main\.go:(\d+) (\S+)M \((\d+) %\)"


def leak(*options):
    return Headless([CAP, *options], "exec", "--accept-multiclient", tap.program("leak"), after=["-mib-per-step=2"],
                    env=CLEAN)


def run_on(dlv):
    inside.run_on(dlv.match(r"API server listening at: (\S+)")[1])


def seen(pattern, text):
    found = re.search(pattern, text)
    tap.true(found, f"{pattern} in {text}")
    return found


def whole(directory):
    """A snapshot of the leak: complete, and read by the real pprof."""
    directory = pathlib.Path(directory)
    tap.equal(sorted(os.listdir(directory)), FILES)
    tap.equal(directory.stat().st_mode & 0o777, 0o700)
    top = inside.pprof_top(tap.program("leak"), directory / "heap.pb.gz")
    tap.true(top["main.leakForever"] > 40 * MIB, f"{top}")  # as of the last collection
    tap.true(json.loads((directory / "cgroup.json").read_text())["current_bytes"] > 100 * MIB, "cgroup.json")
    groups = json.loads((directory / "goroutines.json").read_text())["groups"]
    tap.true(groups, "no goroutines")
    return (directory / "summary.txt").read_text()


def snapshots(found):
    return [event for event in found["events"] if event["what"] == "snapshot"]


@tap.test("host", "vm:v2")
def one_taken_by_hand_is_in_the_recording():
    with Headless([CAP], "exec", "--accept-multiclient", tap.program("leak"), after=["-mib-per-step=48", "-max-mib=96", "-step-ms=60000"],
                  env=CLEAN) as dlv, tempfile.TemporaryDirectory() as folder:
        dlv.connect()
        name = session.session_name(dlv.pid)
        run_on(dlv)
        dlv.match("leak: 48 MiB")
        tap.wait_until(lambda: live_recording(name), session.PATIENCE_S, message="its recording")
        tap.succeed([tap.dbgscope, "snapshot", name, "-o", "taken"], cwd=folder)
        (taken,) = snapshots(report(name))
        tap.equal(taken["text"], os.path.join(os.path.realpath(folder), "taken"))
        tap.true("main.leakForever" in [site["function"] for site in taken["sites"]], f"{taken}")
        tap.true(all(0 < site["share"] <= 1 and site["bytes"] > 0 for site in taken["sites"]), f"{taken}")
        tap.equal(live_recording(name).stat().st_mode & 0o777, 0o600)
        dlv.process.kill()
        dlv.wait()
        kept_recording(name)
        found = report(name)
        tap.equal((snapshots(found), found["ended"], found["notes"]), ([taken], True, []))
        text = tap.succeed([tap.dbgscope, "report", name]).stdout
        tap.true(re.search(r"P a snapshot was taken.*snapshot   /\S+/taken\n +\S+ +\d+ %  main\.\w+ main\.go:\d+\n", text, re.S), text)


@tap.test(*EVERYWHERE)
def a_hold_keeps_a_snapshot_of_one_instant():
    with leak() as dlv:
        dlv.connect()
        run_on(dlv)
        dlv.match(HELD)
        record = tap.wait_until(lambda: (now := watched.wait_record(dlv.pid))["snapshots"] and now, session.PATIENCE_S,
                                message="a snapshot in the record")
        seen(HELD_BY, record["held_by"])
        directory = record["snapshots"][0]
        try:
            tap.equal(os.path.basename(directory), record["id"])
            summary = whole(directory)
            tap.true("all of one instant" in summary or "what allocates waited at the limit" in summary, summary)
            tap.equal(json.loads(pathlib.Path(directory, "session.json").read_text())["id"], record["id"])
            tap.true("snapshot" not in dlv.stderr, "nobody has asked for one: not a line")
            taken = next(each for each in snapshots(report(record["id"])) if each["text"] == directory)
            tap.equal(taken["mark"], "a snapshot was taken")
            held = [site["bytes"] for site in taken["sites"] if site["function"] == "main.leakForever"]
            tap.true(held and max(held) > 40 * MIB, f"{taken}")
        finally:
            shutil.rmtree(directory)


@tap.test(*EVERYWHERE)
def a_kill_names_who_held_the_memory():  # on v1 nothing stops it for the look
    with Headless([CAP, "--fuse-action=off"], "exec", tap.program("leak"), after=["-mib-per-step=1", "-step-ms=60"],
                  env=CLEAN) as dlv:
        rpc = dlv.connect()
        record = watched.wait_record(dlv.pid)
        tap.equal(rpc.run_on(), (None, True))
        verdict = dlv.match(rf"dbgscope: debuggee {PROBABLY}killed for memory: leak .*")[0]
        found = seen(r" Who held it at the last look: " + HELD_BY, verdict)
        tap.true(50 < float(found[2]) < 128 and int(found[3]) >= 80, verdict)
        tap.true("held:" not in dlv.stderr and "Snapshot" not in dlv.stderr, dlv.stderr)
        tap.equal(record["fuse_bytes"], "infinity")
        tap.equal(dlv.end(), 0)


@tap.test(*EVERYWHERE)
def the_snapshot_action_lets_it_run_to_its_fate():
    with tempfile.TemporaryDirectory() as folder, \
            leak("--fuse-action=snapshot", f"--snapshot={folder}/kept") as dlv:
        rpc = dlv.connect()
        tap.equal(rpc.run_on(), (None, True))
        verdict = dlv.match(rf"dbgscope: debuggee {PROBABLY}killed for memory: leak .*")[0]
        seen(r"dbgscope: debuggee near its cap: .* A snapshot is taken, then it runs on up to its cap",
                  dlv.stderr)
        kept = dlv.match(r"dbgscope: snapshot: (\S+)")[1]
        tap.equal(os.path.dirname(kept), f"{folder}/kept")
        seen(HELD_BY, verdict)
        tap.true(verdict.endswith(f" Snapshot: {kept}"), verdict)
        whole(kept)
        tap.equal(dlv.end(), 0)


@tap.test("host")
def no_snapshot_where_none_is_wanted():
    with leak("--snapshot=off") as dlv:
        dlv.connect()
        run_on(dlv)
        dlv.match("who holds it: " + HELD_BY)
        tap.equal(watched.wait_record(dlv.pid)["snapshots"], [])


@tap.test(*EVERYWHERE)
def a_snapshot_that_cannot_be_written_is_said_and_holds_nothing_up():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "file").write_text("in the way")
        with leak(f"--snapshot={folder}/file/kept") as dlv:
            dlv.connect()
            run_on(dlv)
            dlv.match("dbgscope: who holds it: " + HELD_BY)
            dlv.match(r"dbgscope: no snapshot: .*file/kept.*Not a directory")
            tap.equal(watched.wait_record(dlv.pid)["snapshots"], [])



def run(folder, *command, options=()):
    return tap.run([tap.dbgscope, "run", "--watch", "--wait", CAP, f"--snapshot={folder}/kept", *options, "--", *command],
                   env={**CLEAN}, timeout=60)


@tap.test(*EVERYWHERE)
def a_command_without_a_debugger_leaves_a_snapshot_and_dies_as_it_would():
    with tempfile.TemporaryDirectory() as folder:
        done = run(folder, tap.program("leak"), "-mib-per-step=2")
        tap.equal(done.rc, 137, done.stderr)
        seen(r"dbgscope: the command near its cap: \S+ of its 128M cap .* A snapshot is taken, then it runs on", done.stderr)
        verdict = seen(rf"dbgscope: the command was killed for memory: leak \(pid \d+{SIZED}\) hit its cap of 128M .*", done.stderr)[0]
        seen(HELD_BY, verdict)
        kept = seen(r"dbgscope: snapshot: (\S+)", done.stderr)[1]
        tap.true(verdict.endswith(f" Snapshot: {kept}") and "--fuse-action" not in verdict, verdict)
        whole(kept)
        tap.equal(done.stderr.count("killed for memory"), 1)
        tap.true("SIGKILL without" not in done.stderr and "no longer held" not in done.stderr, done.stderr)


@tap.test(*EVERYWHERE)
def a_child_of_the_command_is_the_one_that_is_looked_at():
    with tempfile.TemporaryDirectory() as folder:
        done = run(folder, "sh", "-c", f"{tap.program('leak')} -mib-per-step=2; echo status $?")
        tap.equal(done.rc, 0, done.stderr)
        tap.contains(done.stdout, "status 137")
        whole(seen(r"dbgscope: snapshot: (\S+)", done.stderr)[1])


@tap.test("host", "pidns")
def a_command_that_stays_below_its_cap_is_left_alone():
    with tempfile.TemporaryDirectory() as folder:
        done = run(folder, "sh", "-c", "cat /proc/self/cgroup; exit 3")
        tap.equal((done.rc, done.stderr.count("napshot:")), (3, 0), done.stderr)
        tap.contains(done.stdout, "/debuggee")
        tap.true(not os.path.exists(f"{folder}/kept"), "made for nothing")


@tap.test("host")
def a_command_without_a_cap_is_told_that_there_is_no_snapshot():
    done = tap.run([tap.dbgscope, "run", "--watch", "--memory-max=infinity", "--snapshot=/nowhere", "true"])
    tap.equal(done.rc, 0)
    tap.contains(done.stderr, "no snapshot is taken: there is no --memory-max")


if __name__ == "__main__":
    tap.main()
