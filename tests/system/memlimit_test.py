# SPDX-License-Identifier: Apache-2.0
"""GOMEMLIMIT of a real Go program that runs: it follows the cap where no client has a command for it, and the collector goes by it."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import faults
import session
import tap
import watched
from dap import VsCode
from session import MIB, Session

CAP = 256 * MIB
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "GOGC": None, "DBGSCOPE_SESSION": None, "container": None}


def limit_under(cap):
    return cap - cap // 10


def gc_of(pid):
    return json.loads(tap.succeed([tap.dbgscope, "heap", "--pid", str(pid), "--json"]).stdout)["gc"]


def words(size):
    return f"{size / MIB:.1f}M".replace(".0M", "M")


def followed(name, pid, verb, before, after):
    """The verb says it, the runtime has it."""
    said = tap.succeed([tap.dbgscope, *verb, *([name] if verb == ["more"] else [])]).stdout
    tap.contains(said, f"GOMEMLIMIT of churn (pid {pid}): {words(before)} -> {words(after)}, from its next collection on\n")
    tap.true("gcController" not in said, said)
    tap.equal(gc_of(pid)["memory_limit_bytes"], after)


def goal_of(pid, above):
    """Of its last cycle, once that has one above so many bytes."""
    try:
        return tap.wait_until(lambda: (goal := gc_of(pid).get("goal_bytes", 0)) > above and goal, session.PATIENCE_S)
    except tap.Timeout:
        tap.fail(f"not above {above}: {gc_of(pid)}")


def more_is_what_it_collects_by(name, pid):
    """GOGC is off: a collector that goes by a limit has no goal above it."""
    tap.equal(gc_of(pid)["memory_limit_bytes"], limit_under(CAP))
    tap.true(goal_of(pid, 0) <= limit_under(CAP), gc_of(pid))
    followed(name, pid, ["more"], limit_under(CAP), limit_under(2 * CAP))
    tap.true(goal_of(pid, limit_under(CAP)) <= limit_under(2 * CAP), gc_of(pid))


@contextlib.contextmanager
def run(program, *after, options=("--go-memlimit=auto",)):
    """(name of the session, pid) of a program that is no debuggee of anybody's."""
    with Session([tap.dbgscope, "run", "--watch", f"--memory-max={CAP}", *options, "--", program, *after], env=CLEAN) as started:
        started.match("churn: ready")
        record = watched.wait_record(started.pid)
        yield record["id"], started.pid


def over_dap(before=()):
    """before: the words by which dbgscope is started."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        link = pathlib.Path(folder, "dlv")
        link.write_text("#!/bin/sh\nexec " + shlex.join([*before, tap.dbgscope, "dlv"]) + ' "$@"\n')
        link.chmod(0o755)
        with VsCode(str(link), env=CLEAN | {"DBGSCOPE_MEMORY_MAX": str(CAP)}, cwd=folder) as child, child.connect() as client:
            client.start(name="Launch", type="go", request="launch", mode="exec", program=tap.program("churn"))
            pid = tap.wait_until(lambda: watched.wait_record(child.pid)["debuggees"], session.PATIENCE_S)[0]
            tap.wait_until(lambda: b"churn: ready" in child.output(2), session.PATIENCE_S, message=child.said())
            name = session.session_name(child.pid)
            more_is_what_it_collects_by(name, pid)
            followed(name, pid, ["more"], limit_under(2 * CAP), limit_under(4 * CAP))
            client.send("disconnect", terminateDebuggee=True)
            client.half_close()
            child.exited()


@tap.test("host", "pidns")
def over_dap_it_is_written_by_us():
    over_dap()


@tap.test("host", user="root")
def where_no_cgroup_can_be_made_too():
    over_dap(faults.READ_ONLY)


@tap.test("host", "pidns")
def a_command_without_a_debugger_has_it_written_too():
    with run(tap.program("churn")) as (name, pid):
        more_is_what_it_collects_by(name, pid)
        os.kill(pid, signal.SIGSTOP)  # what it uses stays below what it is lowered to
        followed(name, pid, ["more"], limit_under(2 * CAP), limit_under(4 * CAP))
        followed(name, pid, ["set", name, "memory.max=900M"], limit_under(4 * CAP), limit_under(900 * MIB))
        said = tap.succeed([tap.dbgscope, "set", name, "memory.max=infinity"]).stdout
        tap.contains(said, f"GOMEMLIMIT of churn (pid {pid}): 810M -> off, from its next collection on\n")
        tap.equal(gc_of(pid).get("memory_limit_bytes"), None)


@tap.test("host")
def one_that_the_program_or_the_user_has_set_stays():
    with run(tap.program("churn"), "-own-mib=100") as (name, pid):
        tap.contains(tap.succeed([tap.dbgscope, "more", name]).stdout,
                     f"GOMEMLIMIT of churn (pid {pid}) stays at 100M: the program, or its launch configuration, has set its own\n")
        tap.equal(gc_of(pid)["memory_limit_bytes"], 100 * MIB)
    with run(tap.program("churn"), options=["--go-memlimit=200M"]) as (name, pid):
        tap.true("GOMEMLIMIT" not in tap.succeed([tap.dbgscope, "more", name]).stdout)
        tap.equal(gc_of(pid)["memory_limit_bytes"], 200 * MIB)


@tap.test("host")
def where_it_cannot_be_written_it_is_said_why():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        bare = f"{folder}/churn"
        subprocess.run(["strip", "-o", bare, tap.program("churn")], check=True)
        with run(bare) as (name, pid):
            said = tap.succeed([tap.dbgscope, "more", name]).stdout
            tap.contains(said, "limit of the session 256M -> 512M\n")
            tap.contains(said, f"GOMEMLIMIT of churn (pid {pid}) stays, so it goes on collecting as under the old cap: cannot look into ")


@tap.test("host", user="root")
def without_the_rights_the_cap_is_raised_and_the_program_left_alone():
    bare = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
    with run(tap.program("churn")) as (name, pid):
        said = tap.succeed([*bare, tap.dbgscope, "more", name]).stdout
        tap.contains(said, "limit of the session 256M -> 512M\n")
        tap.true(re.search(rf"GOMEMLIMIT of churn \(pid {pid}\) stays, so it goes on collecting as under the old cap: cannot .*"
                           "(not permitted|ermission denied)", said), said)
        tap.equal(gc_of(pid)["memory_limit_bytes"], limit_under(CAP))


if __name__ == "__main__":
    tap.main()
