# SPDX-License-Identifier: Apache-2.0
"""--rlimit-data where the cgroup is read-only: the debuggee is bounded, its debugger is not."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
import watched
from faults import READ_ONLY
from session import MIB, Headless, Session

EVERYWHERE = ("host", "vm:v2")
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None, "container": None}


def limits(pid):
    """The soft and the hard limit."""
    line = re.search(r"^Max data size +(\S+) +(\S+)", pathlib.Path(f"/proc/{pid}/limits").read_text(), re.M)
    return line[1], line[2]


@tap.test(*EVERYWHERE, user="root")
def the_debuggee_is_bounded_and_the_debugger_is_not():
    with Headless([], "exec", tap.program("leak"), after=["-mib-per-step=1", "-max-mib=8", "-step-ms=1000"], env=CLEAN,
                  launcher=[*READ_ONLY, tap.dbgscope, "--memory-max=128M", "--rlimit-data=auto", "dlv"]) as dlv:
        rpc = dlv.connect()
        target = dlv.debuggee(tap.program("leak"))
        dlv.match(r"soft fuse: .*; hard cap: each debuggee may map 224M \(--rlimit-data\)")
        tap.equal(limits(target), (str(224 * MIB), limits(dlv.pid)[1]))
        tap.equal(limits(dlv.pid), limits("self"))
        name = watched.wait_record(dlv.pid)["id"]
        tap.wait_until(lambda: watched.record(dlv.pid)["debuggees"] == [target], session.PATIENCE_S)
        tap.succeed([tap.dbgscope, "more", name, "256M"])
        tap.wait_until(lambda: limits(target)[0] == str(384 * MIB), session.PATIENCE_S, message=f"{limits(target)}")
        rpc.detach(kill=True)


@tap.test(*EVERYWHERE, user="root")
def a_go_program_that_is_refused_memory_is_stopped_by_dlv():
    with Headless([], "exec", tap.program("leak"), after=["-mib-per-step=2", "-step-ms=1"], env=CLEAN,
                  launcher=[*READ_ONLY, tap.dbgscope, "--memory-max=1G", "--rlimit-data=192M", "dlv"]) as dlv:
        rpc = dlv.connect()
        state = rpc.call("Command", name="continue")["State"]
        tap.true(not state.get("exited", False), f"{state}")
        tap.contains(str(state["currentThread"]["breakPoint"]), "runtime-fatal-throw")
        mapped = int(watched.status_field(rpc.pid(), "VmData").split()[0]) * 1024 # a little of it is not held against it
        tap.true(100 * MIB < mapped < 224 * MIB, f"{mapped}")
        dlv.match(r"leak \(pid \d+\) has mapped \S+ of the 192M that --rlimit-data lets it")
        rpc.detach(kill=True)


@tap.test(*EVERYWHERE, user="root")
def a_c_program_is_told_that_there_is_no_memory():
    commands = ["set confirm off", "run 256", "print 6*7", "quit"]
    words = [word for command in commands for word in ("-ex", command)]
    command = [*READ_ONLY, tap.dbgscope, "--memory-max=1G", "--rlimit-data=96M", "gdb", *session.GDB[1:], *words]
    with Session([*command, tap.program("alloc")], env=CLEAN) as gdb:
        gdb.match(r"exited with code 01") # what it does when malloc has nothing for it
        gdb.match(r"\$1 = 42")
        gdb.wait()


@tap.test("host", "pidns", user="root")
def where_a_cgroup_bounds_the_debuggee_nothing_is_set():
    def notes(option):
        planned = tap.succeed([tap.dbgscope, "--dry-run", "--memory-max=128M", option, "dlv", "exec", tap.program("hello")])
        return [line for line in planned.stdout.splitlines() if "rlimit" in line]
    tap.equal(notes("--rlimit-data=auto"), [])
    tap.equal(notes("--rlimit-data=1G"), ["note: --rlimit-data has no effect: a cgroup bounds the debuggee"])
    wrong = tap.run([tap.dbgscope, "--rlimit-data=lots", "dlv", "exec", tap.program("hello")])
    tap.equal((wrong.rc, wrong.stdout), (125, ""))
    tap.contains(wrong.stderr, "it can be auto, off or a size like 400M")


if __name__ == "__main__":
    tap.main()
