# SPDX-License-Identifier: Apache-2.0
"""The place a session goes to, and the one it leaves: slices of a real systemd with limits of their own."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import inside
import session
import tap
import watched
from session import Headless

SYSTEMD = ("pidns", "vm:v2", "vm:hybrid")
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}


class Slice:
    """A slice of 200M, running or only defined."""

    def __init__(self, name, running=True):
        self.name = f"dbgscopetest{os.getpid()}{name}.slice"
        self.running = running

    def __enter__(self):
        if self.running:
            tap.succeed(["systemctl", "start", self.name])
        self.limit("200M")
        return self

    def limit(self, size):
        tap.succeed(["systemctl", "set-property", "--runtime", self.name, f"MemoryMax={size}"])

    def __exit__(self, *_):
        tap.run(["systemctl", "stop", self.name])
        tap.run(["systemctl", "revert", self.name])


def dbgscope(*words):
    return tap.run([tap.dbgscope, "--backend=systemd-system", *words], env=CLEAN)


@tap.test(*SYSTEMD, user="root")
def a_cap_is_below_the_limit_of_its_slice_and_the_fuse_holds_there():
    with Slice("run") as slice:
        with Headless(["--quiet=no", f"--slice={slice.name}", "--memory-max=1G", "--backend=systemd-system"], "exec",
                      "--accept-multiclient", tap.program("leak"),
                      after=["-mib-per-step=2"], env=CLEAN) as dlv:
            line = dlv.match(r"dbgscope: running in \S+, cap (\d+)M for the debuggee .*")
            tap.true(100 <= int(line[1]) <= 140, line[0])
            tap.true(line[0].endswith(f"below the 200M of /{slice.name}") or f"below the 200M of /{slice.name}," in line[0], line[0])
            tap.contains(dlv.stderr, f"instead of 1G (--memory-max): /{slice.name} is limited to 200M")
            dlv.connect()
            inside.run_on(dlv.match(r"API server listening at: (\S+)")[1])
            dlv.match(rf"debuggee held: \S+ of its {line[1]}M cap")


@tap.test(*SYSTEMD, user="root")
def the_fuse_follows_a_limit_that_is_lowered_meanwhile():
    with Slice("low") as slice:
        slice.limit("1G")
        with Headless([f"--slice={slice.name}", "--memory-max=256M", "--backend=systemd-system"], "exec",
                      "--accept-multiclient", tap.program("leak"), after=["-mib-per-step=1"], env=CLEAN) as dlv:
            dlv.connect()
            watched.wait_record(dlv.pid)
            slice.limit("160M")
            lowered = dlv.match(rf"dbgscope: the debuggee's cap is (\d+)M: \S+/{slice.name} is limited to 160M now")
            inside.run_on(dlv.match(r"API server listening at: (\S+)")[1])
            dlv.match(rf"debuggee held: \S+ of its {lowered[1]}M cap")
            slice.limit("infinity")
            dlv.match(r"dbgscope: the debuggee's cap is 256M: nothing around it is limited any more")


@tap.test(*SYSTEMD, user="root")
def a_slice_that_does_not_run_yet_is_asked_for_its_limit():
    with Slice("new", running=False) as slice:
        plan = dbgscope(f"--slice={slice.name}", "--memory-max=1G", "--dry-run", "dlv", "exec", tap.program("leak"))
        tap.contains(plan.stdout, f"/{slice.name} is limited to 200M")


@tap.test(*SYSTEMD, user="root")
def the_limit_of_the_place_it_leaves_is_not_claimed():
    with Slice("old") as slice:
        done = tap.run(["systemd-run", "--scope", "-q", f"--slice={slice.name}", tap.dbgscope, "run",
                        "--backend=systemd-system", "--memory-max=1G", "true"], env=CLEAN)
        tap.equal(done.rc, 0, done.stderr)
        tap.contains(done.stderr, f"the session leaves /{slice.name} and its limit of 200M: it runs in /system.slice")
        tap.true("is hit before" not in done.stderr, done.stderr)


@tap.test(*SYSTEMD, user="root")
def the_limit_of_what_is_attached_to_is_said():
    with Slice("there") as slice:
        scope = ["systemd-run", "--scope", "-q", f"--slice={slice.name}"]
        with subprocess.Popen([*scope, tap.program("eater"), "sleep", "60", "1"], env={**os.environ, "DBGSCOPE_SESSION": ""}) as there:
            try:
                place = pathlib.Path(f"/proc/{there.pid}/cgroup")
                tap.wait_until(lambda: slice.name in place.read_text(), session.PATIENCE_S, message=f"{there.pid} in {slice.name}")
                words = f"process {there.pid} is limited to 200M where it is (/{slice.name}/"
                for debugger in (["dlv", "attach", str(there.pid)], ["gdb", "-p", str(there.pid)]):
                    tap.contains(tap.succeed([tap.dbgscope, "--dry-run", *debugger], env=CLEAN).stdout, words)
                beside = tap.succeed([tap.dbgscope, "--dry-run", "gdb", "-p", str(os.getpid())], env=CLEAN).stdout
                tap.true("is limited to" not in beside, beside)
            finally:
                there.kill()


if __name__ == "__main__":
    tap.main()
