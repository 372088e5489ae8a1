# SPDX-License-Identifier: Apache-2.0
"""`on:`: what a held, killed, grown or drifted session of a real debugger leads to, and what may not be in the way of it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
import watched
from own_events import eater, environment, notes
from session import MIB


@tap.test("host", "pidns", timeout=120)
def a_hold_runs_the_users_command_with_the_event_in_its_environment():
    with notes() as own:
        own.configure(held=[own.exec("'two words'", "end")], growth=[own.exec("grown")])
        with eater(own) as gdb:
            held = gdb.match(watched.HELD)[0]
            note = own.wait("held")[0]
            own.wait("growth")
            name = session.session_name(gdb.pid)
            found = environment(note)
            tap.equal((found["DBGSCOPE_EVENT"], found["DBGSCOPE_SESSION"]), ("held", name))
            tap.contains(held, found["DBGSCOPE_EVENT_TEXT"])
            tap.equal(found["DBGSCOPE_EVENT_PROGRAM"], os.path.realpath(tap.program("eater")))
            tap.equal(found["DBGSCOPE_EVENT_CAP_BYTES"], str(128 * MIB))
            tap.true(int(found["DBGSCOPE_EVENT_LINE_BYTES"]) < 128 * MIB, "a line below the cap")
            tap.true(64 * MIB < int(found["DBGSCOPE_EVENT_MEMORY_BYTES"]) <= 129 * MIB, found["DBGSCOPE_EVENT_MEMORY_BYTES"])
            debuggee = int(found["DBGSCOPE_EVENT_PID"])
            tap.equal(os.path.basename(session.executable(debuggee)), "eater")
            tap.equal((note / "words").read_text().splitlines(), ["two words", "end"])
            tap.true("/debuggee" not in (note / "cgroup").read_text(), (note / "cgroup").read_text())
            targets = {target for target in (note / "descriptors").read_text().split() if str(own.folder / "got") not in target}
            tap.equal(targets, {"/dev/null", str(own.script)})
            tap.true("noted" not in gdb.stdout + gdb.stderr, "its output is the debugger's")
            gdb.process.send_signal(signal.SIGKILL)


@tap.test("host", "pidns", timeout=120)
def a_command_that_hangs_delays_nobody_and_is_ended():
    with notes() as own:
        hang = own.folder / "hang"
        hang.write_text(f"#!/bin/sh\nsleep 300 &\necho $$ $! >{own.folder}/pids.new\n"
                        f"mv {own.folder}/pids.new {own.folder}/pids\nwait\n")
        hang.chmod(0o755)
        own.configure(held=[f"exec {hang}"], deadline="8s")
        with eater(own) as gdb:
            gdb.match(watched.HELD)
            tap.wait_until(lambda: (own.folder / "pids").exists(), session.PATIENCE_S, message="the command")
            name = session.session_name(gdb.pid)
            pids = [int(pid) for pid in (own.folder / "pids").read_text().split()]
            tap.succeed([tap.dbgscope, "more", name])
            gdb.match("no longer held")
            gdb.wait()
        tap.wait_until(lambda: not any(session.alive(pid) for pid in pids), session.PATIENCE_S, message="the command's end")


@tap.test("host", "pidns", timeout=120)
def stop_ends_the_session_and_a_kill_is_told():
    with notes() as own:
        own.configure(held=["stop"], killed=[own.exec()])
        with eater(own) as gdb:
            gdb.match(watched.HELD)
            gdb.wait()
        tap.equal(own.got("killed"), [])
        with eater(own, "--fuse-action=off") as gdb:
            gdb.match("killed for memory")
            tap.contains(environment(own.wait("killed")[0])["DBGSCOPE_EVENT_TEXT"], "killed for memory")
            gdb.wait()
        tap.equal(len(own.got("killed")), 1)


@tap.test("host", timeout=120)
def growth_is_told_where_nothing_is_held():
    with notes() as own:
        own.configure(growth=["say", own.exec()])
        with eater(own, "--fuse-action=off", mib=122, stays=True) as gdb:
            gdb.match("near its cap")
            own.wait("growth")
            gdb.process.kill()
        own.configure(growth=[own.exec()])
        with eater(own, "--fuse-action=off", mib=110, stays=True) as gdb:
            own.wait("growth", 2)
            gdb.process.kill()
            gdb.wait()
            tap.true("near its cap" not in gdb.stderr, gdb.stderr)


@tap.test("host")
def a_projects_file_a_variable_and_an_option_run_nothing():
    with notes() as own:
        own.configure(killed=["stop"])
        project = own.folder / "project"
        project.mkdir()
        (project / ".dbgscope.yaml").write_text("on:\n  held: [exec /bin/true]\n")
        command = [tap.dbgscope, "--memory-max=128M", "run", "--", "/bin/echo", "started"]
        for place, extra, options in (
                (".dbgscope.yaml:2:3: on.held is not taken from a project file", {}, {"cwd": project}),
                ("from DBGSCOPE_ON_HELD: a command to be run is taken from configuration files alone",
                 {"DBGSCOPE_ON_HELD": "exec /bin/true"}, {}),
                ("from --on-held: a command to be run is taken from configuration files alone", {}, {"option": True})):
            words = command if not options.pop("option", None) else [command[0], "--on-held=exec /bin/true", *command[1:]]
            done = tap.run(words, env={**own.env, **extra}, **options)
            tap.equal((done.rc, done.stdout), (125, ""), done.stderr)
            tap.contains(done.stderr, place)


@tap.test("host")
def the_plan_the_profile_and_the_check_show_them():
    with notes() as own:
        own.configure(held=[own.exec("x"), "stop"], deadline="3s")
        plan = tap.succeed([tap.dbgscope, "--dry-run", "--memory-max=128M", "gdb", tap.program("eater")], env=own.env).stdout
        tap.contains(plan, f"when it is held: {own.exec('x')}, stop")
        tap.contains(plan, "end such a command after 3s")
        shown = tap.succeed([tap.dbgscope, "profile", "show", "--origin"], env=own.env).stdout
        tap.true(re.search(r'held: \["exec .* x", stop\] +# .*config\.yaml:2:9', shown), shown)
        file = own.folder / "config/dbgscope/config.yaml"
        tap.contains(tap.succeed([tap.dbgscope, "profile", "check", str(file)]).stdout, "ok, 2 settings")
        file.write_text("on:\n  held: [snapshot]\n")
        for verb in (["profile", "check"], ["lint"]):
            checked = tap.run([tap.dbgscope, *verb, str(file)])
            tap.true(checked.rc != 0, f"{verb}")
            tap.contains(checked.stdout + checked.stderr, "config.yaml:2:10")


def past(own, program, mib):
    """Ends a session of that program, and returns its line of the history."""
    with eater(own, mib=mib, program=program) as gdb:
        name = tap.wait_until(lambda: session.session_name(gdb.pid), session.PATIENCE_S, message="the session's name")
        gdb.wait()
    return watched.ended_record(name)


@tap.test("host", "pidns", timeout=120)
def a_session_unlike_its_week_is_told_at_its_end():
    with notes() as own:
        log = own.folder / "log"
        program = own.folder / "eater"
        program.write_bytes(pathlib.Path(tap.program("eater")).read_bytes())
        program.chmod(0o755)
        own.configure(drift=[own.exec()])
        first = past(own, program, 20)
        with open(watched.history_file(), "a", encoding="utf-8") as history:
            for number in range(5):
                record = {**first, "id": f"{first['id']}-{number}",
                          "started_unix_s": first["started_unix_s"] - 3600 * (number + 1)}
                history.write(json.dumps(record, separators=(",", ":")) + "\n")
        past(own, program, 20)
        env = {name: value for name, value in {**os.environ, **own.env}.items() if value is not None}
        with open(log, "wb") as file:
            drifted = subprocess.run([tap.dbgscope, "--memory-max=128M", *session.GDB, "-ex", "run", "--args", program, "heap",
                                      "90", "1"], env=env, stdout=subprocess.DEVNULL, stderr=file, timeout=60, check=False)
        tap.equal(drifted.returncode, 0)
        tap.wait_until(lambda: "dbgscope: unlike the 7 sessions before: peak " in log.read_text(), session.PATIENCE_S,
                       message=log.read_text())
        tap.contains(log.read_text(), f"of {program}; dbgscope history --drift shows all")
        note = own.wait("drift")
        tap.equal(len(note), 1, "one that was like the others has drifted")
        found = environment(note[0])
        tap.contains(found["DBGSCOPE_EVENT_TEXT"], "unlike the 7 sessions before")
        history = tap.run([tap.dbgscope, "history", "--drift", "--program", str(program)], env=own.env)
        tap.equal(history.rc, 1, history.stdout)


@tap.test("host", "pidns", timeout=120)
def the_textfile_is_there_after_the_session_whole_and_readable():
    with notes() as own:
        folder = own.folder / "textfiles"
        folder.mkdir()
        own.configure(history={"textfile": str(folder)})
        past(own, tap.program("eater"), 20)
        file = folder / "dbgscope.prom"
        tap.wait_until(file.exists, session.PATIENCE_S, message="the textfile")
        text = file.read_text()
        tap.true(text.endswith("# EOF\n"), text[-200:])
        tap.true(re.search(r'^dbgscope_history_sessions\{program=".*/eater"\} [1-9]', text, re.M), text)
        tap.equal(file.stat().st_mode & 0o777, 0o644)
        tap.equal([entry.name for entry in folder.iterdir()], ["dbgscope.prom"])
        board = json.loads((pathlib.Path(__file__).resolve().parents[2] / "packaging/grafana/dbgscope.dashboard.json").read_text())
        queries = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
        tap.equal(set(re.findall(r"dbgscope_\w+", queries)) - set(re.findall(r"^# TYPE (\S+)", text, re.M)), set())


if __name__ == "__main__":
    import atexit
    main_pid = os.getpid()
    atexit.register(lambda: os.getpid() == main_pid and session.remove_dead_directories())
    tap.main()
